import type { Json, JsonObject } from '../../lib/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import { headerProblem } from '../http/headers.js';
import { bodyOfData, type ImportedBody, joinedData, literal, multipartBody } from './body.js';
import { type CurlOption, curlOptions } from './options.js';
import { type NamedSecret, SecretNames } from './secret-names.js';
import { shellWords } from './words.js';

/** A webhook widget made of a curl command. */
export interface ImportedWebhook {
  /** Passes the check of flows once its secrets are set. */
  readonly widget: JsonObject;
  /** Credentials that stood in the command; their values have to be set under these names. */
  readonly secrets: readonly NamedSecret[];
  /** What the widget does differently, and what was left out. */
  readonly warnings: readonly string[];
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const MAX_URL = 4096;
const MAX_HEADERS = 100;
const MAX_HEADER_VALUE = 4096;
/** Headers that are credentials under another name. */
const KEY_HEADER = /^(?:x-)?(?:api-?key|auth|auth-?token|access-?token|csrf-?token|xsrf-?token|functions-key|goog-api-key)$/iu;
/** Query parameters that are. */
const KEY_PARAMETER =
  /^(?:api[_-]?key|key|access[_-]?token|auth[_-]?token|token|secret|client[_-]?secret|password|passwd|pwd|sig|signature)$/iu;
/** What the client does by itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['accept-encoding', 'host', 'content-length', 'connection']);
/** Of a browser, about itself: of no use to a service. */
const BROWSER_HEADER = /^(?:sec-|priority$|dnt$|upgrade-insecure-requests$|:)/iu;

/** What is gathered while the options are read. */
interface Draft {
  readonly options: readonly CurlOption[];
  readonly secrets: SecretNames;
  readonly warnings: string[];
  auth: JsonObject | null;
}

/** Makes a webhook widget of a curl command in bash’s quoting. Nothing is run, sent or read. The error is a sentence. */
export function importCurl(command: string): Result<ImportedWebhook, string> {
  const line = shellWords(command.replace(/^\s*\$\s+(?=curl)/u, ''));
  if (!line.ok) return line;
  const [program = '', ...words] = line.value.words;
  if (!/^(?:.*[/\\])?curl(?:\.exe)?$/iu.test(program)) return err('the command does not begin with curl');
  const options = curlOptions(words);
  if (!options.ok) return options;
  const warnings = line.value.rest === '' ? [] : [`What follows curl is left out: ${line.value.rest.slice(0, 60)}`];
  return widgetOf(options.value, warnings);
}

function widgetOf(options: readonly CurlOption[], warnings: string[]): Result<ImportedWebhook, string> {
  const [address, ...others] = options.filter(({ kind }) => kind === 'url');
  if (address === undefined) return err('the command names no URL');
  if (others.length > 0) warnings.push('Only the first URL is taken.');
  const url = readUrl(address.value, warnings);
  if (!url.ok) return url;
  const draft: Draft = { options, secrets: new SecretNames(url.value.hostname), warnings, auth: null };
  const body = readBody(options);
  if (!body.ok) return body;
  const headers = readHeaders(draft, body.value?.body ?? null);
  if (!headers.ok) return headers;
  readUser(draft, url.value);
  const query = readQuery(draft, url.value);
  if (!query.ok) return query;
  const method = methodOf(options, body.value !== null);
  if (!METHODS.has(method)) return err(`the method ${method} cannot be sent`);
  warnings.push(...notTaken(options), ...(body.value?.warnings ?? []));
  const widget: JsonObject = {
    type: 'webhook',
    method,
    url: literal(bare(url.value) + query.value.inUrl),
    ...(query.value.rows.length > 0 && { query: query.value.rows }),
    ...(headers.value.length > 0 && { headers: headers.value }),
    ...(draft.auth !== null && { auth: draft.auth }),
    ...bodyFields(body.value, method),
    ...limits(draft, method),
    exits: { success: null, failed: null },
  };
  return ok({ widget, secrets: draft.secrets.named, warnings: [...new Set(warnings)] });
}

function notTaken(options: readonly CurlOption[]): readonly string[] {
  return options.flatMap(({ kind, name }) => {
    if (kind === 'insecure') return [`${name} is not taken over: the certificate of the server is always checked.`];
    return kind === 'unknown' || kind === 'unknown-value' ? [`${name} is not taken over.`] : [];
  });
}

function bodyFields(imported: ImportedBody | null, method: string): JsonObject {
  if (imported === null || imported.body['type'] === 'none') return {};
  return { body: imported.body, ...((method === 'GET' || method === 'HEAD') && { sendBodyWithGet: true }) };
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
  return ok(url);
}

/** The URL without user, query and fragment; the query becomes rows. */
function bare({ origin, pathname }: URL): string {
  return origin + pathname;
}

/** `-G` sends the data in the query. */
function readBody(options: readonly CurlOption[]): Result<ImportedBody | null, string> {
  const isForm = has(options, 'form') || has(options, 'form-string');
  const data = joinedData(options);
  if (!data.ok) return data;
  if (isForm && data.value !== null) return err('it has both -F and -d, of which curl takes one only');
  if (isForm) return multipartBody(options);
  if (data.value === null || has(options, 'get')) return ok(null);
  const given = options.filter(({ kind }) => kind === 'header').map(({ value }) => splitHeader(value));
  const type = given.find((header) => header?.name.toLowerCase() === 'content-type')?.value ?? null;
  return bodyOfData(data.value, type ?? (has(options, 'json') ? 'application/json' : null));
}

/** Query of the URL, of `--url-query` and of `-G`, in this order. */
function readQuery(draft: Draft, url: URL): Result<{ readonly inUrl: string; readonly rows: readonly JsonObject[] }, string> {
  const { options, secrets } = draft;
  const data = has(options, 'get') ? joinedData(options) : ok(null);
  if (!data.ok) return data;
  const texts = [
    url.search.slice(1),
    ...options.filter(({ kind }) => kind === 'url-query').map(({ value }) => value),
    data.value ?? '',
  ];
  if (texts.some((text) => text.startsWith('@') || text.startsWith('+@'))) return err('a query cannot be read from a file');
  const rows = texts.flatMap((text) => [...new URLSearchParams(text)]).filter(([key]) => key !== '');
  if (rows.length > MAX_HEADERS || rows.some(([key, value]) => key.length > 256 || value.length > MAX_HEADER_VALUE)) {
    return err('the query is too long');
  }
  // A key is no template: one with a dollar stands in the URL, where it is encoded.
  const odd = rows.filter(([key]) => key.includes('$'));
  const usual = rows.filter(([key]) => !key.includes('$'));
  const value = (key: string, text: string): string =>
    KEY_PARAMETER.test(key) && text !== '' ? secrets.take(text, key, `query parameter ${key}`) : literal(text);
  return ok({
    inUrl: odd.length === 0 ? '' : `?${new URLSearchParams(odd).toString()}`,
    rows: usual.map(([key, text]) => ({ key, value: value(key, text) })),
  });
}

interface Header {
  readonly name: string;
  readonly value: string;
}

/** `Name: value`, `Name;` for one without a value; null for `Name:`, which takes a header away. */
function splitHeader(text: string): Header | null {
  const [, name = '', value = ''] = /^([^:;]+)[:;](.*)$/su.exec(text) ?? [];
  const empty = /^[^:;]+;\s*$/u.test(text);
  return name === '' || (value.trim() === '' && !empty) ? null : { name: name.trim(), value: value.trim() };
}

function readHeaders(draft: Draft, body: JsonObject | null): Result<JsonObject[], string> {
  const rows: JsonObject[] = [];
  for (const { name: option, value: text } of headerOptions(draft.options)) {
    if (text.startsWith('@')) return err(`${option} reads headers from a file, which cannot be imported`);
    const header = splitHeader(text);
    if (header === null || isDropped(header, body, draft)) continue;
    const problem = header.name.includes('$') ? 'its name holds a dollar' : headerProblem(header.name, header.value);
    if (problem !== null || header.name.length > 256 || header.value.length > MAX_HEADER_VALUE) {
      draft.warnings.push(`The header ${header.name.slice(0, 60)} is left out: ${problem ?? 'it is too long'}.`);
      continue;
    }
    const value = headerValue(header, draft);
    if (value !== null) rows.push({ key: header.name, value });
  }
  return rows.length > MAX_HEADERS ? err('there are too many headers') : ok(rows);
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
function isDropped({ name, value }: Header, body: JsonObject | null, { warnings }: Draft): boolean {
  const key = name.toLowerCase();
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
      draft.auth = basic(login, secrets);
      return null;
    }
    return secrets.take(value, 'authorization', `header ${name}`);
  }
  if (!KEY_HEADER.test(name) || value === '') return literal(value);
  const named = secrets.take(value, 'key', `header ${name}`);
  if (draft.auth !== null || draft.options.some(({ kind }) => kind === 'user' || kind === 'bearer')) return named;
  draft.auth = { type: 'apiKey', name, value: named, in: 'header' };
  return null;
}

function basic(login: string, secrets: SecretNames): JsonObject {
  const colon = login.indexOf(':');
  const username = login.slice(0, colon < 0 ? undefined : colon);
  const password = colon < 0 ? '' : login.slice(colon + 1);
  const shown = literal(username.slice(0, 500));
  return {
    type: 'basic',
    username: shown,
    password: password === '' ? '' : secrets.take(password, 'password', `password of ${username}`),
  };
}

/** `-u`, `--oauth2-bearer`, or user and password in the URL. */
function readUser(draft: Draft, url: URL): void {
  const { options, secrets, warnings } = draft;
  const last = options.filter(({ kind }) => kind === 'user' || kind === 'bearer').at(-1);
  const inUrl = url.username === '' ? null : `${decoded(url.username)}:${decoded(url.password)}`;
  const login = last?.kind === 'user' ? last.value : inUrl;
  if (last?.kind === 'bearer' && draft.auth === null)
    draft.auth = { type: 'bearer', token: secrets.take(last.value, 'token', 'bearer token') };
  else if (login !== null && draft.auth === null) draft.auth = basic(login, secrets);
  else if (last !== undefined || inUrl !== null)
    warnings.push('The command has credentials twice; those of its Authorization header are taken.');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function methodOf(options: readonly CurlOption[], hasBody: boolean): string {
  const given = options.filter(({ kind }) => kind === 'method').at(-1);
  if (given !== undefined) return given.value.toUpperCase();
  if (has(options, 'head')) return 'HEAD';
  return hasBody ? 'POST' : 'GET';
}

/** Time, redirects and tries, inside what a widget may have. */
function limits({ options, warnings }: Draft, method: string): JsonObject {
  const held = (kind: CurlOption['kind'], low: number, high: number): number | null => {
    const option = options.filter((one) => one.kind === kind).at(-1);
    const value = Number(option?.value);
    if (option === undefined || option.value.trim() === '' || !Number.isFinite(value)) return null;
    const inside = Math.min(Math.max(value, low), high);
    if (inside !== value) warnings.push(`${option.name} ${option.value} becomes ${inside}, the nearest that is possible.`);
    return inside;
  };
  const timeout = held('max-time', 1, 60);
  const connectTimeout = held('connect-timeout', 0.1, 60);
  const retries = held('retry', 0, 3);
  const repeatable = method !== 'POST' && method !== 'PATCH';
  if (retries !== null && !repeatable)
    warnings.push(`--retry is not taken over: ${method} is only tried again with an \`idempotencyKey\`.`);
  const redirects = has(options, 'location') ? (held('max-redirs', 0, 5) ?? 5) : 0;
  const fields: Record<string, Json> = {
    ...(timeout !== null && { timeout: Math.ceil(timeout) }),
    ...(connectTimeout !== null && { connectTimeout }),
    ...(retries !== null && repeatable && { retries: Math.floor(retries) }),
    ...(redirects > 0 && { redirects: Math.floor(redirects) }),
  };
  return fields;
}

function has(options: readonly CurlOption[], kind: CurlOption['kind']): boolean {
  return options.some((option) => option.kind === kind);
}
