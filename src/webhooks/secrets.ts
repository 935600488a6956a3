import { err, ok, type Result } from '../lib/result.js';
import type { SecretReader } from './ports.js';
import type { SecretText } from './types.js';

/** What stands for a secret, or any masked value, in everything that is shown or kept (decision D9). */
export const MASK = '***';

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

/** A reader that knows what it gave out, so that texts from outside (errors, answers) can be cleaned of it. */
export interface WatchedSecrets {
  readonly read: SecretReader;
  /** The text with every value given out so far masked. */
  readonly mask: (text: string) => string;
}

/** Watches a reader for the time of one request. */
export function watchSecrets(secrets: SecretReader): WatchedSecrets {
  const given = new Set<string>();
  return {
    read(name) {
      const value = secrets(name);
      if (value !== undefined && value.length >= MIN_SEARCHED) given.add(value).add(encodeURIComponent(value));
      return value;
    },
    mask(text) {
      const longestFirst = [...given].sort((a, b) => b.length - a.length);
      return longestFirst.reduce((masked, value) => masked.replaceAll(value, MASK), text);
    },
  };
}

/** Reads configuration text in which `$secret.NAME` stands for a secret, into parts. */
export function secretParts(template: string): SecretText {
  return template
    .split(/(\$secret\.[A-Za-z0-9_-]+)/u)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('$secret.') ? { secret: part.slice('$secret.'.length) } : part));
}
