import { literal } from './body.js';
import type { Placeholders } from './placeholders.js';

/** A secret that stood in a command, by the name it has from now on. Its value is nowhere. */
export interface NamedSecret {
  readonly name: string;
  /** What it is: “password of ivr”, “header X-Api-Key”. */
  readonly what: string;
}

/** Gives the secrets of one command their names. */
export class SecretNames {
  readonly named: NamedSecret[] = [];
  readonly #byValue = new Map<string, string>();

  /** @param host of the URL; its telling part begins every name */
  constructor(
    private readonly host: string,
    private readonly places: Pick<Placeholders, 'holds' | 'keep'>,
  ) {}

  /** `$secret.NAME` in the place of a value; the same value has the same name. */
  take(value: string, kind: string, what: string): string {
    if (this.places.holds(value)) {
      // The command left it open: it has its name there already.
      this.places.keep(value);
      return literal(value);
    }
    const known = this.#byValue.get(value);
    if (known !== undefined) return `$secret.${known}`;
    const base = `${label(this.host)}-${kind}`
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/gu, '-')
      .slice(0, 60);
    let name = base;
    for (let n = 2; this.named.some((one) => one.name === name); n++) name = `${base}-${n}`;
    this.#byValue.set(value, name);
    this.named.push({ name, what });
    return `$secret.${name}`;
  }
}

/** `api.shop.example.com` → `shop`: the first part that says more than “api” and the like. */
function label(host: string): string {
  const parts = host.replace(/^\[|\]$/gu, '').split('.');
  const telling = parts.slice(0, Math.max(1, parts.length - 1)).find((part) => !/^(?:www|api|app|apis|v\d+|\d*)$/iu.test(part));
  return (telling ?? parts[0] ?? '').replace(/[^A-Za-z0-9]+/gu, '-').replace(/^-|-$/gu, '') || 'service';
}
