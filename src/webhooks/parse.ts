import type { Json } from '../lib/json.js';
import { err, ok, type Result } from '../lib/result.js';
import { findInJson } from './paths.js';
import { isJsonType } from './request.js';
import { jsonTooBig } from './scan.js';
import type { Mapped, ResponseType, WebhookCall } from './types.js';
import { parseXml, type XmlDocument } from './xml.js';

/** A body understood. */
export type ParsedBody =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'xml'; readonly document: XmlDocument }
  | { readonly kind: 'text'; readonly text: string };

/**
 * Reads a body as the call says: `json` and `xml` whatever the server labels it, `auto` by its content type.
 * The error is the sentence of INVALID_RESPONSE.
 */
export function parseBody(
  text: string,
  contentType: string,
  call: Pick<WebhookCall, 'responseType' | 'xmlPaths'>,
): Result<ParsedBody, string> {
  switch (effectiveType(text, contentType, call.responseType)) {
    case 'json':
      return parseJson(text);
    case 'xml': {
      const xml = parseXml(text, call.xmlPaths);
      return xml.ok ? ok({ kind: 'xml', document: xml.value }) : xml;
    }
    default:
      return ok({ kind: 'text', text });
  }
}

/** `auto` goes by the content type; only a server that names none is judged by the first character. */
function effectiveType(text: string, contentType: string, wanted: ResponseType): Exclude<ResponseType, 'auto'> {
  if (wanted !== 'auto') return wanted;
  if (isJsonType(contentType)) return 'json';
  if (/^[^;]*\/(?:[^;]*\+)?xml\s*(?:;|$)/iu.test(contentType.trim())) return 'xml';
  if (contentType.trim() !== '') return 'text';
  const first = text.trimStart()[0] ?? '';
  return first === '{' || first === '[' ? 'json' : first === '<' ? 'xml' : 'text';
}

function parseJson(text: string): Result<ParsedBody, string> {
  const tooBig = jsonTooBig(text);
  if (tooBig !== null) return err(tooBig);
  try {
    return ok({ kind: 'json', value: withoutProto(text, JSON.parse(text) as Json) });
  } catch {
    return err('the body is not valid JSON');
  }
}

/** JSON.parse makes `__proto__` an own member; whoever copies it later by assignment would change a prototype. */
function withoutProto(text: string, value: Json): Json {
  if (!/__proto__|\\u005f/iu.test(text)) return value;
  return JSON.parse(text, (key, member: Json) => (key === '__proto__' ? undefined : member)) as Json;
}

/** Runs the mapping rows. Without a body (Q12) or in plain text nothing is found, but `$` and `data`, which are the text. */
export function mapBody(body: ParsedBody | null, call: Pick<WebhookCall, 'mapping' | 'pathRoot'>): readonly Mapped[] {
  return call.mapping.map(({ path }): Mapped => {
    switch (body?.kind) {
      case 'json':
        return findInJson(body.value, path, call.pathRoot);
      case 'xml':
        return body.document.find(path, call.pathRoot);
      case 'text':
        return path.trim() === '$' || path.trim() === 'data' ? { found: true, value: body.text } : { found: false };
      default:
        return { found: false };
    }
  });
}
