import type { Json, JsonObject } from '../../lib/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import { headerProblem } from '../http/headers.js';
import { bodyOfData, type ImportedBody, joinedData, literal, multipartBody } from './body.js';
import { cmdWords, isCmd, powerShellProblem } from './cmd-words.js';
import { lineOf } from './done.js';
import { type CurlOption, curlOptions } from './options.js';
import { type Opened, Placeholders } from './placeholders.js';
import { type NamedSecret, SecretNames } from './secret-names.js';
import { isSecret, looksSecret } from './secret-shape.js';
import { secretsInBody } from './body-secrets.js';
import { halfOf, shellWords } from './words.js';

/** A webhook widget made of a curl command. */
export interface ImportedWebhook {
  /** Passes the check of flows once its secrets are set and its variables are declared. */
  readonly widget: JsonObject;
  /** Credentials that stood in the command; their values have to be set under these names. */
  readonly secrets: readonly NamedSecret[];
  /** What the command left open, and credentials in its body, where no secret can stand: the flow gives these variables their values. */
  readonly variables: readonly Opened[];
  /** What became of each part of the command, line by line, without values. */
  readonly done: readonly string[];
  /** What the widget does differently, and what was left out. */
  readonly warnings: readonly string[];
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const MAX_URL = 4096;
const MAX_HEADERS = 100;
const MAX_HEADER_VALUE = 4096;
/** What the client does by itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['accept-encoding', 'host', 'content-length', 'connection']);
/** Of a browser, about itself: of no use to a service. */
const BROWSER_HEADER = /^(?:sec-|priority$|dnt$|upgrade-insecure-requests$|:)/iu;

/** What is gathered while the options are read. */
interface Draft {
  readonly options: readonly CurlOption[];
  readonly secrets: SecretNames;
  readonly warnings: string[];
  readonly places: Placeholders;
  /** What became of the parts. */
  readonly done: string[];
  auth: JsonObject | null;
}

/**
 * Makes a webhook widget of a curl command in the quoting of bash or of cmd. Nothing is run, sent or read. A command that is not whole,
 * or of which a part would be lost, is refused. The error is a sentence part.
 */
export function importCurl(command: string): Result<ImportedWebhook, string> {
  const powerShell = powerShellProblem(command);
  if (powerShell !== null) return err(powerShell);
  const text = command.replace(/^\s*[$>]\s+(?=curl)/u, '');
  const line = isCmd(text) ? cmdWords(text) : shellWords(text);
  if (!line.ok) return line;
  const [program = '', ...words] = line.value.words;
  if (!/^(?:.*[/\\])?curl(?:\.exe)?$/iu.test(program)) return err('the command does not begin with curl');
  const half = halfOf(line.value.rest);
  if (half !== null) return err(half);
  const options = curlOptions(words);
  if (!options.ok) return options;
  const lost = options.value.find(({ kind }) => kind === 'not-whole');
  if (lost !== undefined) return err(`${lost.name} ${NOT_WHOLE[lost.name.replace(/^-+/u, '')] ?? 'cannot be imported'}`);
  const rest = /^\W*\w+/u.exec(line.value.rest)?.[0];
  const places = new Placeholders();
  const marked = options.value.map((option) => ({ ...option, value: places.mark(option.value) }));
  return widgetOf(marked, places, rest === undefined ? [] : [`What follows curl is left out: ${rest} …`]);
}

/** Why a request without this option would be another one, by name without dashes. */
const NOT_WHOLE: Readonly<Record<string, string>> = {
  next: 'begins a second request; import one request at a time',
  ':': 'begins a second request; import one request at a time',
  'upload-file': 'sends a file, which a webhook cannot',
  T: 'sends a file, which a webhook cannot',
  config: 'reads options from a file, which cannot be imported',
  K: 'reads options from a file, which cannot be imported',
  'aws-sigv4': 'signs the request as AWS wants it, which a webhook cannot',
  parallel: 'makes several requests; import one request at a time',
  Z: 'makes several requests; import one request at a time',
};

function widgetOf(options: readonly CurlOption[], places: Placeholders, warnings: string[]): Result<ImportedWebhook, string> {
  const address = onlyUrl(options);
  const url = address.ok ? readUrl(address.value, warnings) : address;
  if (!url.ok) return url;
  const host = places.holds(url.value.hostname) ? '' : url.value.hostname;
  const secrets = new SecretNames(host, places);
  const draft: Draft = { options, secrets, warnings, places, done: [], auth: null };
  const body = readBody(options);
  if (!body.ok) return body;
  const headers = readHeaders(draft, body.value?.body ?? null);
  if (!headers.ok) return headers;
  readUser(draft, url.value);
  const query = readQuery(draft, url.value);
  if (!query.ok) return query;
  const method = places.unmarked(methodOf(options, body.value !== null));
  if (!METHODS.has(method)) return err(`the method ${method} cannot be sent`);
  warnings.push(...notTaken(options), ...(body.value?.warnings ?? []));
  const inBody = secretsInBody(body.value?.body ?? null);
  const widget: JsonObject = {
    type: 'webhook',
    method,
    url: literal(url.value.origin) + readPath(draft, url.value.pathname) + literal(query.value.inUrl),
    ...(query.value.rows.length > 0 && { query: query.value.rows }),
    ...(headers.value.length > 0 && { headers: headers.value }),
    ...(draft.auth !== null && { auth: draft.auth }),
    ...bodyFields(body.value && { ...body.value, body: inBody.body ?? body.value.body }, method),
    ...limits(draft, method),
    exits: { success: null, failed: null },
  };
  warnings.push(...inBody.variables.map(noSecretInBody));
  return ok({
    ...filled(widget, draft, inBody.variables),
    warnings: [...new Set(warnings.map((text) => places.unmarked(text)))],
  });
}

function onlyUrl(options: readonly CurlOption[]): Result<string, string> {
  const [address, ...others] = options.filter(({ kind }) => kind === 'url');
  if (address === undefined) return err('the command names no URL');
  if (others.length === 0) return ok(address.value);
  const unknown = options.find(({ kind }) => kind === 'unknown');
  const why = unknown === undefined ? '' : `, or ${unknown.name}, which is not known here, takes a value`;
  return err(`the command has several URLs${why}; import one request at a time`);
}

function noSecretInBody({ name, source }: Opened): string {
  const why = `${source} looks like a credential. A body takes no secrets, so ${name} stands there`;
  return `${why}: give it its value in the flow, or send it in a header, the query or \`auth\`.`;
}

/** The widget with what the command left open as secrets and variables, and the list of both. */
function filled(
  marked: JsonObject,
  { places, secrets, done, options, warnings }: Draft,
  inBody: readonly Opened[],
): Omit<ImportedWebhook, 'warnings'> {
  const widget = places.fill(marked);
  const named = [...secrets.named];
  for (const { name, source } of places.secrets.values())
    if (named.every((one) => one.name !== name)) named.push({ name, what: `${source} of the command` });
  for (const { name, source } of places.variables.values())
    warnings.push(`${source} is a place to fill in: it became ${name}, which the flow has to set.`);
  const shown = [...done, ...options.flatMap((option) => lineOf(option))];
  return {
    widget,
    secrets: named,
    variables: [...places.variables.values(), ...inBody],
    done: shown.map((text) => places.unmarked(text)),
  };
}

/** The path with what looks like a key by name; the rest as it is. */
function readPath({ secrets, done, warnings, places }: Draft, path: string): string {
  return path
    .split('/')
    .map((segment) => {
      const text = decoded(segment);
      if (/^:[a-z][A-Za-z_]+$/u.test(text))
        warnings.push(`${text} in the path looks like a place to fill in; it stays as it is.`);
      if (places.holds(text) || !looksSecret(text, 'path')) return literal(segment);
      done.push('a part of the path → a secret');
      return secrets.take(text, 'path', 'a part of the path of the URL');
    })
    .join('/');
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
  const parts = texts.flatMap((text) => text.split('&')).filter((part) => part !== '');
  // `?singleWsdl` is not `?singleWsdl=`: it stays in the URL.
  const bare = parts.filter((part) => !part.includes('='));
  const rows = [...new URLSearchParams(parts.filter((part) => part.includes('=')).join('&'))].filter(([key]) => key !== '');
  const named = rows.find(([key]) => draft.places.holds(key));
  if (named !== undefined) return err(`a place to fill in is the name of a parameter: ${draft.places.unmarked(named[0])}`);
  if (rows.length > MAX_HEADERS || rows.some(([key, value]) => key.length > 256 || value.length > MAX_HEADER_VALUE)) {
    return err('the query is too long');
  }
  // A key is no template: one with a dollar stands in the URL, where it is encoded.
  const odd = rows.filter(([key]) => key.includes('$'));
  const usual = rows.filter(([key]) => !key.includes('$'));
  const value = (key: string, text: string): string =>
    isSecret(key, text, 'query') ? secrets.take(text, key, `query parameter ${key}`) : literal(text);
  const inUrl = [...bare.map(encodedOnce), ...(odd.length === 0 ? [] : [new URLSearchParams(odd).toString()])].join('&');
  if (bare.some((part) => looksSecret(decoded(part), 'query')))
    draft.warnings.push('A part of the query without a name looks like a credential; it stays in the URL in plain.');
  for (const [key, text] of usual)
    draft.done.push(`query ${key} → ${isSecret(key, text, 'query') ? 'a secret in the query' : 'query'}`);
  return ok({
    inUrl: inUrl === '' ? '' : `?${inUrl}`,
    rows: usual.map(([key, text]) => ({ key, value: value(key, text) })),
  });
}

/** What is not encoded yet, encoded; what is, as it is. */
function encodedOnce(text: string): string {
  return text.replace(/[^\w\-.~%!$'()*+,;:@/?]/gu, (char) => encodeURIComponent(char));
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
    if (draft.places.holds(header.name))
      return err(`a place to fill in is the name of a header: ${draft.places.unmarked(header.name)}`);
    const problem = header.name.includes('$') ? 'its name holds a dollar' : headerProblem(header.name, header.value);
    if (problem !== null || header.name.length > 256 || header.value.length > MAX_HEADER_VALUE) {
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
      draft.auth = basic(login, draft);
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

function basic(login: string, { secrets, places, warnings }: Draft): JsonObject {
  const colon = login.indexOf(':');
  const username = login.slice(0, colon < 0 ? undefined : colon);
  const password = colon < 0 ? '' : login.slice(colon + 1);
  if (colon < 0) warnings.push('curl would ask for a password, which the command does not hold; it is empty here.');
  // With an empty password the name is the key, as Stripe has it.
  const isKey = (colon >= 0 && password === '') || places.holds(username) || looksSecret(username, 'header');
  return {
    type: 'basic',
    username: isKey && username !== '' ? secrets.take(username, 'user', 'user name') : literal(username.slice(0, 500)),
    password: password === '' ? '' : secrets.take(password, 'password', isKey ? 'password' : `password of ${username}`),
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
  else if (login !== null && draft.auth === null) draft.auth = basic(login, draft);
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
  if (given !== undefined) return /^[A-Za-z]+$/u.test(given.value) ? given.value.toUpperCase() : given.value;
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
