import { jsonTooBig } from '../../lib/json/json-limits.js';
import { jsonText, parseExact } from '../../lib/json/json-text.js';
import { isJsonType } from '../../lib/json/json-type.js';
import { percentEncode } from '../../lib/percent-encode.js';
import { err, ok, type Result } from '../../lib/result.js';
import { type Proof, proofOf, type StaticAuth } from '../auth/static.js';
import { headerProblem } from '../../http/headers.js';
import type { SecretReader } from '../ports.js';
import { revealUrl } from '../secrets/reveal-url.js';
import { reveal, type Revealed } from '../secrets/secrets.js';
import type { RequestOptions, ResponseType, SecretText, WebhookCall, WebhookRow } from '../../model/webhook.js';

export interface RequestBody {
  readonly contentType: string;
  readonly text: string;
  /** Made by us and stored: sent as it stands, whatever its size. */
  readonly verbatim?: boolean;
}

/** A request before secrets are put in. */
export interface RequestParts extends Pick<WebhookCall, 'method' | 'url' | 'headers' | 'query'>, RequestOptions {
  readonly body: RequestBody | null;
  readonly auth: StaticAuth;
  /** What to say in `Accept`; `auto` when absent. */
  readonly responseType?: ResponseType;
}

/** A webhook call made ready for the client. */
export interface BuiltRequest {
  readonly method: WebhookCall['method'];
  readonly url: string;
  /** The URL with secrets masked. */
  readonly shownUrl: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly secretHeaders: ReadonlySet<string>;
  readonly body: string | null;
}

/** Longest request body, bytes; a variable that grew without bound must not leave the process. */
const MAX_BODY_BYTES = 1_048_576;

const ACCEPT: Readonly<Record<ResponseType, string>> = {
  auto: '*/*',
  json: 'application/json, */*;q=0.5',
  xml: 'application/xml, text/xml, */*;q=0.5',
  text: 'text/plain, */*;q=0.5',
};

/**
 * Builds a request: URL with its query rows, headers, credentials, body. Secrets are put in here and nowhere else.
 * The error is the sentence of INVALID_REQUEST.
 */
export function buildRequest(parts: RequestParts, secrets: SecretReader): Result<BuiltRequest, string> {
  const proof = proofOf(parts.auth, secrets);
  if (!proof.ok) return proof;
  const rows = proof.value.query === null ? parts.query : [...parts.query, proof.value.query];
  const url = buildUrl(parts.url, rows, secrets);
  if (!url.ok) return url;
  const headers = buildHeaders(parts, proof.value.header, secrets);
  if (!headers.ok) return headers;
  const body = parts.body === null ? ok(null) : buildBody(parts.body);
  if (!body.ok) return body;
  return ok({ method: parts.method, url: url.value.text, shownUrl: url.value.shown, ...headers.value, body: body.value });
}

/**
 * Query rows go behind the URL's own query, order and duplicates kept, each encoded exactly once (docs/behaviour.md#query-rows).
 */
function buildUrl(url: SecretText, query: readonly WebhookRow[], secrets: SecretReader): Result<Revealed, string> {
  const base = revealUrl(url, secrets);
  if (!base.ok) return base;
  let added = '';
  let shown = '';
  for (const row of query) {
    const value = reveal(row.value, secrets);
    if (!value.ok) return value;
    added += `&${percentEncode(row.key)}=${percentEncode(value.value.text)}`;
    shown += `&${percentEncode(row.key)}=${value.value.secret ? value.value.shown : percentEncode(value.value.text)}`;
  }
  return ok({ text: withQuery(base.value.text, added), shown: withQuery(base.value.shown, shown), secret: base.value.secret });
}

/** Puts `&a=1&b=2` behind the query of a URL, before its fragment (which never leaves, RFC 9110 §4.2.5). */
function withQuery(url: string, added: string): string {
  const bare = url.trim().replace(/#.*$/su, '');
  if (added === '') return bare;
  if (!bare.includes('?')) return `${bare}?${added.slice(1)}`;
  return bare.endsWith('?') || bare.endsWith('&') ? bare + added.slice(1) : bare + added;
}

/**
 * The flow's own rows come first and win: over the body's content type (docs/behaviour.md#content-type), over its authentication,
 * over our defaults.
 */
function buildHeaders(
  { headers: rows, body, responseType = 'auto' }: RequestParts,
  proof: Proof['header'],
  secrets: SecretReader,
): Result<Pick<BuiltRequest, 'headers' | 'secretHeaders'>, string> {
  const headers: (readonly [string, string])[] = [];
  const secretHeaders = new Set<string>();
  for (const row of rows) {
    const value = reveal(row.value, secrets);
    if (!value.ok) return value;
    const problem = headerProblem(row.key, value.value.text);
    if (problem !== null) return err(problem);
    headers.push([row.key, value.value.text]);
    if (value.value.secret) secretHeaders.add(row.key.toLowerCase());
  }
  const own = new Set(headers.map(([name]) => name.toLowerCase()));
  const fill = (name: string, value: string): void => {
    if (!own.has(name.toLowerCase())) headers.push([name, value]);
  };
  if (proof !== null) {
    const problem = headerProblem(...proof);
    if (problem !== null) return err(problem);
    fill(...proof);
    secretHeaders.add(proof[0].toLowerCase());
  }
  if (body !== null) fill('content-type', body.contentType);
  fill('accept', ACCEPT[responseType]);
  fill('user-agent', 'Offhook');
  return ok({ headers, secretHeaders });
}

/**
 * JSON is always sent re-serialised, its numbers with their digits, so that a hash over bytes and one over the parsed value agree
 * (docs/behaviour.md#json-is-rewritten).
 */
function buildBody(body: RequestBody): Result<string, string> {
  if (body.verbatim === true) return ok(body.text);
  if (Buffer.byteLength(body.text) > MAX_BODY_BYTES) return err('the request body is larger than 1 MiB');
  if (!isJsonType(body.contentType)) return ok(body.text);
  const tooBig = jsonTooBig(body.text);
  if (tooBig !== null) return err(`the request body cannot be sent: ${tooBig}`);
  try {
    return ok(jsonText(parseExact(body.text)));
  } catch {
    return err('the request body is not valid JSON after its variables were put in');
  }
}
