import type { Json, JsonObject } from '../../lib/json/json.js';

/*
 * Places that a command leaves for its user to fill: variables of the shell, `{contactId}`, `<YOUR_TOKEN>`, `{{postman}}`. They are
 * marked before the command is read, so that they come through URLs and JSON whole, and become secrets and variables at the end.
 */

/** A place as it was written. */
interface Place {
  readonly source: string;
  readonly name: string;
  /** Becomes a secret: a variable of the shell, or what stands where a credential does. */
  secret: boolean;
}

/** What the command left open, by the name it has from now on. */
export interface Opened {
  readonly name: string;
  readonly source: string;
}

/** In order: `${{ x }}`, `${x}`, `$(…)` of a command, `$NAME`, `{{x}}`, `{x}`, `<X>`, `YOUR_X`, `%X%`. */
const PLACES = new RegExp(
  [
    String.raw`\$\{\{\s*(?<action>[\w.-]+)\s*\}\}`,
    String.raw`\$\{(?<braced>[A-Za-z_]\w*)(?:[-:?+=#%/^,@][^}]*)?\}`,
    String.raw`\$\((?<command>(?=\s*[A-Za-z./<])(?:[^()]|\([^()]*\))*)\)`,
    String.raw`\$(?<shell>[A-Z_][A-Z0-9_]{2,})`,
    String.raw`\{\{\s*(?<double>[$\w.-]{2,64})\s*\}\}`,
    String.raw`\{(?<single>[A-Za-z_][\w.-]{1,63})\}`,
    String.raw`<(?<angled>(?![BH]R>)[A-Z][A-Z0-9_ -]{1,60}|(?:[a-z]+[-_ ])+[a-z]+|token|key|secret|password|id)>`,
    String.raw`(?<![A-Za-z0-9])(?<yours>(?:YOUR|MY|INSERT|REPLACE)(?:[_-][A-Z0-9]+)+|(?:your|my|insert)[_-](?:[A-Za-z]+[_-])*(?:token|key|secret|id|password|sid|domain|username|email))(?![A-Za-z0-9])`,
    String.raw`%(?<percent>[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{5,})%`,
  ].join('|'),
  'gu',
);

/** `<x>` outside of a body, whatever its name. */
const ANGLED = /<[A-Za-z][\w.]{0,60}(?:[ -][\w.]{1,30}){0,6}>/gu;

/** A mark: letters and digits only, lower case, so that hosts, paths and JSON keep it. */
const MARK = /zqplace(\d+)zq/gu;

export class Placeholders {
  readonly #places: Place[] = [];
  readonly secrets = new Map<string, Opened>();
  readonly variables = new Map<string, Opened>();

  /** The text with every place marked; in a body an element such as `<id>…</id>` is none. */
  mark(text: string, isBody = false): string {
    const plain = isBody ? text : text.replace(ANGLED, (source: string) => this.#mark(source, source, false));
    return plain.replace(PLACES, (source: string, ...rest: unknown[]) => {
      const groups = rest.at(-1) as Record<string, string | undefined>;
      const [kind = '', name = ''] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
      if (kind === 'angled' && text.includes(`</${name}`)) return source;
      const fromShell = ['action', 'braced', 'command', 'shell', 'percent'].includes(kind);
      return this.#mark(source, kind === 'command' ? this.#commandName(source) : name, fromShell);
    });
  }

  #mark(source: string, shown: string, secret: boolean): string {
    const known = this.#places.findIndex((place) => place.source === source);
    if (known >= 0) return `zqplace${known}zq`;
    const name = shown.replace(/[^A-Za-z0-9]+/gu, '_').replace(/^_+|_+$/gu, '') || 'value';
    this.#places.push({ source, name, secret });
    return `zqplace${this.#places.length - 1}zq`;
  }

  /** Each command has an output of its own. */
  #commandName(source: string): string {
    const others = this.#places.filter((place) => place.source !== source && place.source.startsWith('$(')).length;
    return others === 0 ? 'command-output' : `command-output-${others + 1}`;
  }

  /** True when a place is marked in the text. */
  holds(text: string): boolean {
    return text.search(MARK) >= 0;
  }

  /** The mark of a place at the beginning of an address that holds scheme and host by its name: `{{baseUrl}}`. */
  baseOf(address: string): string | null {
    const [mark, index] = /^zqplace(\d+)zq(?=[/?#]|$)/u.exec(address) ?? [];
    return mark !== undefined && /ur[li]$|^(?:base|endpoint|server)/iu.test(this.#places[Number(index)]?.name ?? '')
      ? mark
      : null;
  }

  /** The text without marks, for what is only shown. */
  unmarked(text: string): string {
    return text.replace(MARK, (_, index: string) => this.#places[Number(index)]?.source ?? '');
  }

  /** Everything marked in this text is a credential. */
  keep(text: string): void {
    for (const [, index] of text.matchAll(MARK)) {
      const place = this.#places[Number(index)];
      if (place !== undefined) place.secret = true;
    }
  }

  /** A widget with its places filled: secrets where they are legal, variables elsewhere. */
  fill(widget: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(widget).map(([field, value]: [string, Json]) => [field, this.#filled(value, field !== 'body')]),
    );
  }

  #filled(value: Json, secretsLegal: boolean): Json {
    if (typeof value === 'string') return this.#text(value, secretsLegal);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((member: Json) => this.#filled(member, secretsLegal));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]: [string, Json]) => [name, this.#filled(member, secretsLegal)]),
    );
  }

  #text(text: string, secretsLegal: boolean): string {
    return text.replace(MARK, (mark: string, index: string, at: number) => {
      const place = this.#places[Number(index)];
      if (place === undefined) return mark;
      const braced = /^[A-Za-z0-9_-]/u.test(text.slice(at + mark.length));
      const inHost = /^[a-z]+:\/\/[^/?#]*$/iu.test(text.slice(0, at));
      const { source } = place;
      if (secretsLegal && (place.secret || inHost)) {
        const name = place.name.toLowerCase().replaceAll('_', '-');
        this.secrets.set(name, { name, source });
        return braced ? `$secret.{${name}}` : `$secret.${name}`;
      }
      // Under `variables` of a flow, names in capitals are those of `$NAME`.
      const name = /^[A-Z0-9_]+$/u.test(place.name) ? place.name.toLowerCase() : place.name;
      this.variables.set(name, { name: `$flow.key.${name}`, source });
      return braced ? `$flow.key.{${name}}` : `$flow.key.${name}`;
    });
  }
}
