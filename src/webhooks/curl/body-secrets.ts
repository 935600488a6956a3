import type { Json, JsonObject } from '../../lib/json/json.js';
import type { Opened } from './placeholders.js';
import { isSecret, looksSecret } from './secret-shape.js';

/** A body without the credentials that stood in it, and the variables that stand there now. */
export interface CleanBody {
  readonly body: JsonObject | null;
  readonly variables: readonly Opened[];
}

/**
 * Takes credentials out of a body. Secrets are legal in headers, query and `auth` only (docs/decisions/0014-secrets-by-name.md),
 * so that a variable takes the place of each; the flow has to say what it holds.
 */
export function secretsInBody(body: JsonObject | null): CleanBody {
  if (body === null) return { body, variables: [] };
  const taking = new Taking();
  const { fields, content } = body;
  if (Array.isArray(fields)) {
    const rows = fields.map((row: Json) => {
      const { key, value } = row as { key: string; value: string };
      return { key, value: taking.value(key, value) };
    });
    return { body: { ...body, fields: rows }, variables: taking.variables };
  }
  if (typeof content === 'string') return { body: { ...body, content: taking.text(content) }, variables: taking.variables };
  if (typeof content !== 'object' || content === null) return { body, variables: [] };
  return { body: { ...body, content: taking.within('', content) }, variables: taking.variables };
}

/** A name, what is between it and its value, and the value: of an element, of a field in quotes, of an attribute, of `name=value`. */
const NAMED: readonly RegExp[] = [
  /(?<before><(?<name>[\w:.-]+)(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?)(?<value>[^<>\]]+)(?=\]\]>|<\/)/gu,
  /(?<before>(?<![\w.-])(?<name>[\w.-]+)["']?\s*[:=]\s*")(?<value>(?:[^"\\]|\\[\s\S])+)(?=")/gu,
  /(?<before>(?<![\w.-])(?<name>[\w.-]+)["']?\s*[:=]\s*')(?<value>(?:[^'\\]|\\[\s\S])+)(?=')/gu,
  /(?<before>(?<![\w.-])(?<name>[\w.-]+)=)(?<value>[^\s&;,<>"'$]+)/gu,
  /(?<before>^[^\S\n]*(?<name>[\w.-]+):[^\S\n]*)(?<value>[^\s"'{[<$][^\n]*)(?=\n|$)/gmu,
];

/** Runs of characters that may be a key which has no name. */
const RUN = /[\w\-+/=.~:]{16,}/gu;

/** Takes credentials, each under a name of its own. */
class Taking {
  readonly variables: Opened[] = [];
  readonly #byValue = new Map<string, string>();
  /** How many values stand under a name. */
  readonly #counts = new Map<string, number>();
  readonly #taken = new Set<string>();

  /** The value of a field without its credentials. */
  value(name: string, value: string): string {
    if (!/zqplace\d+zq/u.test(value) && isSecret(name, value, 'body')) return this.#variable(name, value);
    // A field may hold a document of its own.
    return /^\s*[{[<]/u.test(value) ? this.text(value) : value;
  }

  within(name: string, value: Json): Json {
    if (typeof value === 'string') return this.value(name, value);
    if (typeof value === 'number') return isSecret(name, String(value), 'body') ? this.#variable(name, String(value)) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((member: Json) => this.within(name, member));
    return Object.fromEntries(Object.entries(value).map(([key, member]: [string, Json]) => [key, this.within(key, member)]));
  }

  /** A text of whatever kind: what stands under the name of a credential, and what looks like one. */
  text(text: string): string {
    let left = text;
    for (const named of NAMED) {
      left = left.replace(named, (whole: string, ...rest: unknown[]) => {
        const { before = '', name = '', value = '' } = rest.at(-1) as Record<string, string | undefined>;
        const own = name.split(':').at(-1) ?? name;
        if (value.includes('$flow.key.') || /zqplace\d+zq/u.test(value) || !isSecret(own, value, 'body')) return whole;
        return before + braced(this.#variable(own, value), left.slice((rest.at(-3) as number) + whole.length));
      });
    }
    return left.replace(RUN, (run: string, at: number) =>
      run.includes('zqplace') || left.slice(0, at).endsWith('$flow.key.') || !looksSecret(run, 'body')
        ? run
        : braced(this.#variable('credential', run), left.slice(at + run.length)),
    );
  }

  /** The variable for this credential: the same value has the same name, another one another. */
  #variable(name: string, value: string): string {
    const plain = name.replace(/[^A-Za-z0-9]+/gu, '_').replace(/^_+|_+$/gu, '') || 'credential';
    const known = this.#byValue.get(`${plain}\n${value}`);
    if (known !== undefined) return known;
    let full = '';
    do {
      const count = (this.#counts.get(plain) ?? 0) + 1;
      this.#counts.set(plain, count);
      full = `$flow.key.${plain}${count === 1 ? '' : `_${count}`}`;
    } while (this.#taken.has(full));
    this.#taken.add(full);
    this.#byValue.set(`${plain}\n${value}`, full);
    this.variables.push({ name: full, source: name === 'credential' ? 'A part of the body' : `The field ${name} of the body` });
    return full;
  }
}

/** The variable in braces where what follows would go on with its name. */
function braced(variable: string, after: string): string {
  return /^[\w-]/u.test(after) || /^\.\w/u.test(after) ? variable.replace(/\.key\.(.+)$/u, '.key.{$1}') : variable;
}
