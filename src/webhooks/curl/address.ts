import { err, ok, type Result } from '../../lib/result.js';
import { literal } from './body.js';
import { decoded, type Draft } from './draft.js';
import type { CurlOption } from './options.js';
import type { Placeholders } from './placeholders.js';
import { looksSecret } from './secret-shape.js';

/** Where a command asks. */
export interface Address {
  readonly url: URL;
  /** The beginning of the widget's URL, in front of the path. */
  readonly origin: string;
}

/** Longest URL. */
const MAX_URL = 4096;

/** The one address of the command. The error is a sentence part. */
export function readAddress(options: readonly CurlOption[], places: Placeholders, warnings: string[]): Result<Address, string> {
  const text = onlyUrl(options);
  if (!text.ok) return text;
  const base = places.baseOf(text.value);
  // Which machine is asked belongs to the site.
  if (base !== null) places.keep(base);
  const url = readUrl(base === null ? text.value : `https://${text.value}`, warnings);
  return url.ok ? ok({ url: url.value, origin: base ?? literal(url.value.origin) }) : url;
}

function onlyUrl(options: readonly CurlOption[]): Result<string, string> {
  const [address, ...others] = options.filter(({ kind }) => kind === 'url');
  if (address === undefined) return err('the command names no URL');
  if (others.length === 0) return ok(address.value);
  const unknown = options.find(({ kind }) => kind === 'unknown');
  const why = unknown === undefined ? '' : `, or ${unknown.name}, which is not known here, takes a value`;
  return err(`the command has several URLs${why}; import one request at a time`);
}

function readUrl(text: string, warnings: string[]): Result<URL, string> {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//iu.test(text) ? text : `https://${text}`;
  if (whole !== text) warnings.push('The URL names no scheme; https is taken.');
  if (!URL.canParse(whole) || whole.length > MAX_URL) return err('the URL is not valid, or too long');
  const url = new URL(whole);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return err(`the scheme ${url.protocol} cannot be asked; only https and http`);
  if (url.protocol === 'http:')
    warnings.push('The URL is plain http: it is refused unless the configuration has webhooks.allowHttp.');
  const open = url.hostname
    .split('.')
    .find((label) => /^your(?:[-_]|[a-z]*(?:domain|site|store|shop|company|instance|tenant|server)$)/u.test(label));
  if (open !== undefined) warnings.push(`${open} in the host looks like a place to fill in; it stays as it is.`);
  return ok(url);
}

/** The path with what looks like a key by name; the rest as it is. */
export function readPath({ secrets, done, warnings, places }: Draft, path: string): string {
  return path
    .split('/')
    .map((segment) => {
      const text = decoded(segment);
      if (/^:[a-z][A-Za-z_]+$|^x{4,}$/iu.test(text))
        warnings.push(`${text} in the path looks like a place to fill in; it stays as it is.`);
      if (places.holds(text) || !looksSecret(text, 'path')) return literal(segment);
      done.push('a part of the path → a secret');
      return secrets.take(text, 'path', 'a part of the path of the URL');
    })
    .join('/');
}
