import { isBranch, isNumber, type Json } from '../../lib/json/json.js';
import { MASK } from '../../lib/mask.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { SecretReader } from '../ports.js';
import { spellingsOf } from './spellings.js';
import type { SecretText } from '../../model/webhook.js';

/** A text with its secrets put in, beside the form that may be shown. */
export interface Revealed {
  readonly text: string;
  readonly shown: string;
  /** True when a secret is inside. */
  readonly secret: boolean;
}

/**
 * Puts the secrets into a text. The error names the secret that is not set, never a value.
 *
 * @param encode applied to each secret's value, with the text that stands before it
 */
export function reveal(
  parts: SecretText,
  secrets: SecretReader,
  encode: (value: string, before: string) => string = (value) => value,
): Result<Revealed, string> {
  let text = '';
  let shown = '';
  let secret = false;
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      shown += part;
      continue;
    }
    const value = secrets(part.secret);
    if (value === undefined) return err(`the secret ${part.secret} is not set`);
    text += encode(value, text);
    shown += MASK;
    secret = true;
  }
  return ok({ text, shown, secret });
}

/** Shorter values are not searched for in other text: they would blot out half of it. Characters. */
const MIN_SEARCHED = 4;

/** Values a flow goes on with are changed only where that cannot be chance: shorter secrets must be the whole value. Characters. */
const MIN_SEARCHED_IN_VALUES = 8;

/** A reader that knows what it gave out, so that texts from outside (errors, answers) can be cleaned of it. */
export interface WatchedSecrets {
  readonly read: SecretReader;
  /** Masks this value too: one that was not read by name, such as an access token. */
  readonly hide: (value: string) => void;
  /** The text with every value given out so far masked, in every spelling of `secret-spellings.ts`. For what is only shown. */
  readonly mask: (text: string) => string;
  /** The same for a value out of an answer, however deep, that a flow goes on with. */
  readonly maskValue: (value: Json) => Json;
}

/** Watches a reader for the time of one request. */
export function watchSecrets(secrets: SecretReader): WatchedSecrets {
  const given = new Map<string, readonly string[]>();
  const masked = (text: string, atLeast: number): string => {
    const searched = [...given].flatMap(([value, spellings]) => (value.length >= atLeast ? spellings : []));
    const longestFirst = searched.sort((a, b) => b.length - a.length);
    return longestFirst.reduce((left, spelling) => left.replaceAll(spelling, MASK), text);
  };
  const maskValue = (value: Json): Json => {
    if (typeof value === 'string') return given.has(value) ? MASK : masked(value, MIN_SEARCHED_IN_VALUES);
    if (isNumber(value)) return given.has(String(value)) ? MASK : value;
    if (!isBranch(value)) return value;
    if (Array.isArray(value)) return value.map(maskValue);
    return Object.fromEntries(
      Object.entries(value).map(([key, member]: [string, Json]) => [masked(key, MIN_SEARCHED_IN_VALUES), maskValue(member)]),
    );
  };
  const hide = (value: string): void => {
    if (value.length >= MIN_SEARCHED && !given.has(value)) given.set(value, spellingsOf(value));
  };
  return {
    read(name) {
      const value = secrets(name);
      if (value !== undefined) hide(value);
      return value;
    },
    hide,
    mask: (text) => masked(text, MIN_SEARCHED),
    maskValue: (value) => (given.size === 0 ? value : maskValue(value)),
  };
}

/** A reader that goes on giving what it gave first: a request that is under way keeps the secrets it began with. */
export function steadySecrets(secrets: SecretReader): SecretReader {
  const given = new Map<string, string | undefined>();
  return (name) => {
    if (!given.has(name)) given.set(name, secrets(name));
    return given.get(name);
  };
}

/** Reads configuration text in which `$secret.NAME` stands for a secret, into parts; `$$secret.NAME` is that text itself. */
export function secretParts(template: string): SecretText {
  return template
    .split(/(\$?\$secret\.[A-Za-z0-9_-]+)/u)
    .filter((part) => part !== '')
    .map((part) => {
      if (part.startsWith('$$secret.')) return part.slice(1);
      return part.startsWith('$secret.') ? { secret: part.slice('$secret.'.length) } : part;
    });
}

/** Text from outside as configuration text: whatever it says, it names no secret. */
export function withoutSecrets(text: string): string {
  return text.replaceAll('$secret.', () => '$$secret.');
}
