import type { JsonObject } from '../../lib/json/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import { headerProblem } from '../../http/headers.js';
import { loginOf } from './login.js';
import { literal } from './body.js';
import { type Draft, MAX_ROWS, MAX_VALUE } from './draft.js';
import type { CurlOption } from './options.js';
import { isSecret } from './secret-shape.js';

/** What the client does by itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['accept-encoding', 'content-length', 'connection']);
/** Of a browser, about itself: of no use to a service. */
const BROWSER_HEADER = /^(?:sec-|priority$|dnt$|upgrade-insecure-requests$|:)/iu;

interface Header {
  readonly name: string;
  readonly value: string;
}

/** `Name: value`, `Name;` for one without a value; null for `Name:`, which takes a header away. */
export function splitHeader(text: string): Header | null {
  const [, name = '', value = ''] = /^([^:;]+)[:;](.*)$/su.exec(text) ?? [];
  const empty = /^[^:;]+;\s*$/u.test(text);
  return name === '' || (value.trim() === '' && !empty) ? null : { name: name.trim(), value: value.trim() };
}

export function readHeaders(draft: Draft, body: JsonObject | null): Result<JsonObject[], string> {
  const rows: JsonObject[] = [];
  for (const { name: option, value: text } of headerOptions(draft.options)) {
    if (text.startsWith('@')) return err(`${option} reads headers from a file, which cannot be imported`);
    const header = splitHeader(text);
    if (header === null || isDropped(header, body, draft)) continue;
    if (draft.places.holds(header.name))
      return err(`a place to fill in is the name of a header: ${draft.places.unmarked(header.name)}`);
    const problem = header.name.includes('$') ? 'its name holds a dollar' : headerProblem(header.name, header.value);
    if (problem !== null || header.name.length > 256 || header.value.length > MAX_VALUE) {
      draft.warnings.push(`The header ${header.name.slice(0, 60)} is left out: ${problem ?? 'it is too long'}.`);
      continue;
    }
    const value = headerValue(header, draft);
    const hidden = value === null || value.startsWith('$secret.');
    draft.done.push(
      `header ${header.name} → ${value === null ? '`auth`, with a secret' : hidden ? 'headers, a secret' : 'headers'}`,
    );
    if (value !== null) rows.push({ key: header.name, value });
  }
  return rows.length > MAX_ROWS ? err('there are too many headers') : ok(rows);
}

/** `-b`, `-A` and `-e` are headers too. */
function headerOptions(options: readonly CurlOption[]): readonly { readonly name: string; readonly value: string }[] {
  return options.flatMap(({ kind, name, value }) => {
    switch (kind) {
      case 'header':
        return [{ name, value }];
      case 'cookie':
        return [{ name, value: value.includes('=') ? `Cookie: ${value}` : `@${value}` }];
      case 'agent':
        return [{ name, value: `User-Agent: ${value}` }];
      case 'referer':
        return [{ name, value: `Referer: ${value}` }];
      case 'json':
        return [{ name, value: 'Accept: application/json' }];
      default:
        return [];
    }
  });
}

/** What the widget sends by itself, or nobody needs. */
function isDropped({ name, value }: Header, body: JsonObject | null, { warnings, host }: Draft): boolean {
  const key = name.toLowerCase();
  if (key === 'host') {
    if (value.toLowerCase() !== host) warnings.push('The header Host is left out: it is always that of the URL.');
    return true;
  }
  if (OWN_HEADERS.has(key)) return true;
  if (BROWSER_HEADER.test(name)) {
    warnings.push('Headers that a browser sends about itself are left out.');
    return true;
  }
  if (key !== 'content-type' || body === null) return false;
  const own: Readonly<Record<string, RegExp>> = {
    json: /^application\/json\s*(?:;\s*charset="?utf-8"?)?$/iu,
    urlencoded: /^application\/x-www-form-urlencoded\b/iu,
    multipart: /^multipart\//iu,
    xml: /^application\/xml\s*(?:;\s*charset="?utf-8"?)?$/iu,
    text: /^text\/plain\s*(?:;\s*charset="?utf-8"?)?$/iu,
    html: /^text\/html\s*(?:;\s*charset="?utf-8"?)?$/iu,
  };
  const type = typeof body['type'] === 'string' ? body['type'] : '';
  return own[type]?.test(value) ?? false;
}

/** The value with credentials by name; null when the header became the widget's `auth`. */
function headerValue({ name, value }: Header, draft: Draft): string | null {
  const { secrets } = draft;
  const key = name.toLowerCase();
  if (key === 'cookie' || key === 'proxy-authorization') return secrets.take(value, key, `header ${name}`);
  if (key === 'authorization') {
    const [, scheme = '', rest = value] = /^(\S+)\s+(.+)$/su.exec(value) ?? [];
    if (draft.auth === null && scheme.toLowerCase() === 'bearer') {
      draft.auth = { type: 'bearer', token: secrets.take(rest, 'token', 'bearer token') };
      return null;
    }
    const login = scheme.toLowerCase() === 'basic' ? Buffer.from(rest, 'base64').toString('utf8') : '';
    if (draft.auth === null && login.includes(':')) {
      draft.auth = loginOf(login, draft);
      return null;
    }
    return secrets.take(value, 'authorization', `header ${name}`);
  }
  if (!isSecret(name, value, 'header')) return literal(value);
  const named = secrets.take(value, 'key', `header ${name}`);
  if (draft.auth !== null || draft.options.some(({ kind }) => kind === 'user' || kind === 'bearer')) return named;
  draft.auth = { type: 'apiKey', name, value: named, in: 'header' };
  return null;
}
