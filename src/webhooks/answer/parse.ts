import { jsonTooBig } from '../../lib/json/json-limits.js';
import { isBranch, type Json } from '../../lib/json/json.js';
import { parseExact } from '../../lib/json/json-text.js';
import { err, ok, type Result } from '../../lib/result.js';
import { findInJson } from './paths.js';
import { isJsonType } from '../../lib/json/json-type.js';
import type { Mapped, ResponseType, WebhookCall } from '../../model/webhook.js';
import type { XmlFindings, XmlQuery } from './xml.js';

/** Reads XML; see `xml-reader.ts`. */
export type QueryXml = (query: XmlQuery) => Promise<XmlFindings>;

/**
 * Reads a body as the call says (`json` and `xml` whatever the server labels it, `auto` by its content type) and runs paths
 * over it. The error is the sentence of INVALID_RESPONSE.
 */
export async function mapBody(
  text: string,
  contentType: string,
  call: Pick<WebhookCall, 'responseType' | 'xmlPaths' | 'pathRoot'> & { readonly paths: readonly string[] },
  queryXml: QueryXml,
): Promise<Result<readonly Mapped[], string>> {
  const { xmlPaths, pathRoot, paths } = call;
  switch (effectiveType(text, contentType, call.responseType)) {
    case 'json': {
      const json = parseJson(text);
      return json.ok ? ok(paths.map((path) => findInJson(json.value, path, pathRoot))) : json;
    }
    case 'xml':
      return queryXml({ text, xmlPaths, pathRoot, paths });
    case 'text':
      return ok(paths.map((path) => findInText(text, path)));
  }
}

/** `auto` goes by the content type; only a server that names none is judged by the first character. */
export function effectiveType(text: string, contentType: string, wanted: ResponseType): Exclude<ResponseType, 'auto'> {
  if (wanted !== 'auto') return wanted;
  if (isJsonType(contentType)) return 'json';
  if (/^[^;]*\/(?:[^;]*\+)?xml\s*(?:;|$)/iu.test(contentType.trim())) return 'xml';
  if (contentType.trim() !== '') return 'text';
  const first = text.trimStart()[0] ?? '';
  return first === '{' || first === '[' ? 'json' : first === '<' ? 'xml' : 'text';
}

/** A JSON body within the limits, every number with its digits; the error is a sentence part. */
export function parseJson(text: string): Result<Json, string> {
  const tooBig = jsonTooBig(text);
  if (tooBig !== null) return err(tooBig);
  try {
    return ok(withoutProto(text, parseExact(text) as Json));
  } catch {
    return err('the body is not valid JSON');
  }
}

/** JSON.parse makes `__proto__` an own member; code that copies it later by assignment would change a prototype. */
function withoutProto(text: string, value: Json): Json {
  return /__proto__|\\u005f/iu.test(text) ? clean(value) : value;
}

function clean(value: Json): Json {
  if (!isBranch(value)) return value;
  if (isList(value)) return value.map(clean);
  const members = Object.entries(value).filter(([key]) => key !== '__proto__');
  return Object.fromEntries(members.map(([key, member]) => [key, clean(member)]));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** In plain text there is only the whole. */
function findInText(text: string, path: string): Mapped {
  return path.trim() === '$' || path.trim() === 'data' ? { found: true, value: text } : { found: false };
}
