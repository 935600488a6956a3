import type { JsonObject } from '../../lib/json/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import { readAddress, readPath } from './address.js';
import { bodyOfData, type ImportedBody, joinedData, literal, multipartBody } from './body.js';
import { readCommand } from './command.js';
import { lineOf } from './done.js';
import type { CurlOption } from './options.js';
import { readQuery } from './query.js';
import { type Opened, Placeholders } from './placeholders.js';
import { type NamedSecret, SecretNames } from './secret-names.js';
import { type Draft, has } from './draft.js';
import { readHeaders, splitHeader } from './headers.js';
import { limits } from './limits.js';
import { readUser } from './login.js';
import { secretsInBody } from './body-secrets.js';

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

/**
 * Makes a webhook widget of a curl command in the quoting of bash or of cmd. Nothing is run, sent or read. A command that is not whole,
 * or of which a part would be lost, is refused. The error is a sentence part.
 */
export function importCurl(command: string): Result<ImportedWebhook, string> {
  const read = readCommand(command);
  if (!read.ok) return read;
  const { options, warnings } = read.value;
  const places = new Placeholders();
  const marked = options.map((option) => ({ ...option, value: places.mark(option.value, BODY_KINDS.has(option.kind)) }));
  return widgetOf(marked, places, [...warnings]);
}

/** Options whose values may hold markup, where `<name>` is an element. */
const BODY_KINDS: ReadonlySet<string> = new Set(['data', 'data-raw', 'data-urlencode', 'json', 'form', 'form-string']);

function widgetOf(options: readonly CurlOption[], places: Placeholders, warnings: string[]): Result<ImportedWebhook, string> {
  const address = readAddress(options, places, warnings);
  if (!address.ok) return address;
  const { url, origin } = address.value;
  const host = places.holds(url.hostname) ? '' : url.hostname;
  const secrets = new SecretNames(host, places);
  const draft: Draft = { options, host: url.host, secrets, warnings, places, done: [], auth: null };
  const body = readBody(options);
  if (!body.ok) return body;
  const headers = readHeaders(draft, body.value?.body ?? null);
  if (!headers.ok) return headers;
  readUser(draft, url);
  const query = readQuery(draft, url);
  if (!query.ok) return query;
  const method = places.unmarked(methodOf(options, body.value !== null));
  if (!METHODS.has(method)) return err(`the method ${method} cannot be sent`);
  warnings.push(...notTaken(options), ...(body.value?.warnings ?? []));
  const inBody = secretsInBody(body.value?.body ?? null);
  const widget: JsonObject = {
    type: 'webhook',
    method,
    url: origin + readPath(draft, url.pathname) + literal(query.value.inUrl),
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

function notTaken(options: readonly CurlOption[]): readonly string[] {
  return options.flatMap(({ kind, name }) => {
    if (kind === 'login-scheme') return [`${name} is not taken over: a user and a password are sent by Basic only.`];
    if (kind === 'insecure') return [`${name} is not taken over: the certificate of the server is always checked.`];
    return kind === 'unknown' || kind === 'unknown-value' ? [`${name} is not taken over.`] : [];
  });
}

function bodyFields(imported: ImportedBody | null, method: string): JsonObject {
  if (imported === null || imported.body['type'] === 'none') return {};
  return { body: imported.body, ...((method === 'GET' || method === 'HEAD') && { sendBodyWithGet: true }) };
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

function methodOf(options: readonly CurlOption[], hasBody: boolean): string {
  const given = options.filter(({ kind }) => kind === 'method').at(-1);
  if (given !== undefined) return /^[A-Za-z]+$/u.test(given.value) ? given.value.toUpperCase() : given.value;
  if (has(options, 'head')) return 'HEAD';
  return hasBody ? 'POST' : 'GET';
}
