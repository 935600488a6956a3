import { createHash } from 'node:crypto';

/** What a signature covers: a request as it goes out, secrets in place. */
export interface SignedMessage {
  readonly method: string;
  readonly url: string;
  readonly contentType: string;
  /** As sent; null without one. */
  readonly body: string | null;
}

/**
 * How a payload is chosen when a request has both query and body (docs/behaviour.md#payload-hash). `body`: the body alone.
 * `merge`: the query's parameters, then the body's members, in one object; a body that is no JSON object is covered as with
 * `body`.
 */
export type PayloadRule = 'body' | 'merge';

/** Without anything to cover. */
const NOTHING = '{}';

/**
 * `payload_hash` (docs/behaviour.md#payload-hash): SHA-256 in lower-case hex over the JSON text, without blanks, of the query
 * (GET and HEAD, and whatever has no body) or of the body. Bodies are covered byte for byte: JSON goes out without blanks,
 * everything else is its own text.
 */
export function payloadHash(message: SignedMessage, rule: PayloadRule): string {
  return sha256(payloadText(message, rule));
}

function payloadText({ method, url, contentType, body }: SignedMessage, rule: PayloadRule): string {
  const query = queryObject(url);
  // A GET is signed over its query, also when it carries a body.
  const covered = method === 'GET' || method === 'HEAD' ? null : body;
  if (rule === 'merge' && body !== null) {
    const members = isJson(contentType) ? objectOf(body) : null;
    if (members !== null) return JSON.stringify(merged(query, members));
  }
  if (covered !== null) return covered;
  return query === null ? NOTHING : JSON.stringify(query);
}

/**
 * The query as receivers see it: text by name in the order of the request, a list where a name is repeated. Null without a query.
 * As in any object of JavaScript, names that are whole numbers come first.
 */
function queryObject(url: string): Record<string, string | string[]> | null {
  const values = new Map<string, string | string[]>();
  const query = /\?([^#]*)/u.exec(url)?.[1] ?? '';
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values.get(name);
    if (before === undefined) values.set(name, value);
    else if (Array.isArray(before)) before.push(value);
    else values.set(name, [before, value]);
  }
  // Not by assignment: a parameter may be called `__proto__`.
  return values.size === 0 ? null : Object.fromEntries(values);
}

function merged(query: Record<string, unknown> | null, members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(new Map([...Object.entries(query ?? {}), ...Object.entries(members)]));
}

function objectOf(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isJson(contentType: string): boolean {
  return /^[^;]*\/(?:[^;]*\+)?json\s*(?:;|$)/iu.test(contentType.trim());
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
