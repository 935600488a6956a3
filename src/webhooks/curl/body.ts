import { isExact } from '../../lib/number/exact-number.js';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { parseExact } from '../../lib/json/json-text.js';
import { isBranch, type Json, type JsonObject } from '../../lib/json/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { CurlOption } from './options.js';

/** A body as a webhook widget has it, beside the content type curl would have sent. */
export interface ImportedBody {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** Longest text of a body, and most rows, as the widget takes them. */
const MAX_TEXT = 65_536;
const MAX_ROWS = 100;
/** A JSON body deeper than that is kept as text: a flow file has its own limit. */
const MAX_DEPTH = 30;

/** `$` that is meant as it is. */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** The data of all `-d` and the like, joined as curl does. The error is a sentence. */
export function joinedData(options: readonly CurlOption[]): Result<string | null, string> {
  const parts: string[] = [];
  let json = '';
  for (const { kind, name, value } of options) {
    if (kind !== 'data' && kind !== 'data-raw' && kind !== 'data-urlencode' && kind !== 'json') continue;
    if (kind !== 'data-raw' && readsFile(kind, value))
      return err(`${name} reads a file, which cannot be imported: put its content in the place of ${value}`);
    if (kind === 'json') json += value;
    // curl leaves line breaks out of -d only when it reads them from a file.
    else parts.push(kind === 'data-urlencode' ? urlencoded(value) : value);
  }
  if (json !== '') return ok([...parts, json].join(parts.length > 0 ? '&' : ''));
  return ok(parts.length === 0 ? null : parts.join('&'));
}

/** True for a value that names a file: `@file`, or `name@file` where curl encodes. */
export function readsFile(kind: CurlOption['kind'], value: string): boolean {
  return value.startsWith('@') || ((kind === 'data-urlencode' || kind === 'url-query') && /^[^=]*@/u.test(value));
}

/** What curl sends of `content`, `=content` or `name=content`. */
export function urlencoded(value: string): string {
  const [, name = '', content = value] = /^([^=]*)=(.*)$/su.exec(value) ?? [];
  const encoded = encodeURIComponent(content);
  return name === '' ? encoded : `${name}=${encoded}`;
}

/** The body that sends this data under this content type (null: none was given). The error is a sentence. */
export function bodyOfData(data: string, contentType: string | null): Result<ImportedBody, string> {
  if (data.length > MAX_TEXT / 2) return err(`the body is longer than ${MAX_TEXT / 2} characters`);
  const type = contentType?.toLowerCase() ?? '';
  if (/^[^;]*[/+]json/u.test(type)) return jsonBody(data, []);
  if (/^[^;]*[/+]xml/u.test(type)) return ok({ body: { type: 'xml', content: literal(data) }, warnings: [] });
  if (type.startsWith('text/html')) return ok({ body: { type: 'html', content: literal(data) }, warnings: [] });
  if (contentType === null && /^\s*[{[]/u.test(data) && parsed(data) !== undefined) {
    return jsonBody(data, [
      'The body is JSON, but the command names no Content-Type: curl would have sent it as a form. It is sent as JSON.',
    ]);
  }
  if (contentType === null || type.startsWith('application/x-www-form-urlencoded')) return formBody(data);
  return ok({ body: { type: 'text', content: literal(data) }, warnings: [] });
}

/** As JSON where nothing of it is lost that way, else as text. */
function jsonBody(data: string, warnings: readonly string[]): Result<ImportedBody, string> {
  const value = parsed(data) ?? parsed(quotedPlaces(data));
  if (value === undefined) return err('the body is not valid JSON, although its Content-Type says so');
  const exact = isBranch(value) && depthOf(value) <= MAX_DEPTH && !data.includes('__proto__') && !hasExact(value);
  return ok({ body: { type: 'json', content: exact ? literals(value) : literal(data) }, warnings });
}

/** Places to fill in that stand for a value of their own become texts: `{"id": {{id}}}`. */
function quotedPlaces(data: string): string {
  return data.replace(/(?<=[:,[]\s*)(zqplace\d+zq)(?=\s*[,}\]])/gu, '"$1"');
}

function parsed(text: string): Json | undefined {
  if (jsonTooBig(text) !== null) return undefined;
  try {
    return parseExact(text) as Json;
  } catch {
    return undefined;
  }
}

/** True for a number that would be written with other digits in a flow file: `12.50`. */
function hasExact(value: Json): boolean {
  return isBranch(value) ? Object.values<Json>(value as JsonObject).some(hasExact) : isExact(value);
}

function depthOf(value: Json): number {
  if (!isBranch(value)) return 0;
  return 1 + Math.max(0, ...Object.values<Json>(value as JsonObject).map(depthOf));
}

function literals(value: Json): Json {
  if (typeof value === 'string') return literal(value);
  if (!isBranch(value)) return value;
  if (Array.isArray(value)) return value.map((member: Json) => literals(member));
  return Object.fromEntries(Object.entries(value).map(([name, member]: [string, Json]) => [name, literals(member)]));
}

/** Rows where rows say the same, else the text as it is. */
function formBody(data: string): Result<ImportedBody, string> {
  const pairs = [...new URLSearchParams(data)];
  // A key is no template: one with a dollar can only be written in the text of the form.
  const plain = data.split('&').every((part) => /^[^=$]+=/u.test(part)) && pairs.every(([key]) => !key.includes('$'));
  const fits =
    pairs.length > 0 && pairs.length <= MAX_ROWS && pairs.every(([key, value]) => key.length <= 256 && value.length <= 4096);
  if (plain && fits && !data.includes('\uFFFD')) {
    return ok({
      body: { type: 'urlencoded', fields: pairs.map(([key, value]) => ({ key, value: literal(value) })) },
      warnings: [],
    });
  }
  if (data === '') return ok({ body: { type: 'none' }, warnings: [] });
  return ok({ body: { type: 'urlencoded', content: literal(data) }, warnings: [] });
}

/** `-F` fields as rows; files are refused. The error is a sentence. */
export function multipartBody(options: readonly CurlOption[]): Result<ImportedBody, string> {
  const warnings: string[] = [];
  const fields: JsonObject[] = [];
  for (const { kind, name, value } of options) {
    if (kind !== 'form' && kind !== 'form-string') continue;
    const [, key = '', content = ''] = /^([^=]*)=(.*)$/su.exec(value) ?? [];
    if (key === '' || key.includes('$') || key.length > 256 || content.length > 4096)
      return err(`what ${name} says is not of the form name=value`);
    if (kind === 'form' && /^[@<]/u.test(content)) return err(`${name} sends a file, which a webhook cannot: ${key}`);
    const [text = ''] = kind === 'form' ? content.split(/;(?=(?:type|filename|headers|encoder)=)/u) : [content];
    if (text !== content) warnings.push(`What ${name} says of the field ${key} beside its value is left out.`);
    fields.push({ key, value: literal(text) });
  }
  if (fields.length > MAX_ROWS) return err(`there are more than ${MAX_ROWS} form fields`);
  return ok({ body: { type: 'multipart', fields }, warnings });
}
