import { isExact } from '../../lib/number/exact-number.js';
import type { Json } from '../../lib/json/json.js';
import { jsonText } from '../../lib/json/json-text.js';
import { percentEncode, wellFormed } from '../../lib/percent-encode.js';
import type { TemplateMode } from '../widget.js';

/**
 * A value as text: strings as they are, numbers with their digits, null and undefined as nothing, objects and lists as compact
 * JSON (docs/behaviour.md#values-in-text).
 */
export function asText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'object' && !isExact(value) ? jsonText(value) : String(value);
}

/** One value of `application/x-www-form-urlencoded`. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

const XML_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Escapes for element text and attribute values; characters XML 1.0 does not allow at all are dropped. */
function xmlEscape(text: string): string {
  return wellFormed(text)
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '')
    .replace(/[&<>"']/g, (char) => XML_ENTITIES[char] ?? char);
}

/**
 * How values go into a template of one mode. Modes see the literal text before each value, because JSON needs to know whether a
 * token stands inside a string (docs/behaviour.md#escaping) and a URL whether it stands at its very beginning.
 */
export class Escaper {
  #inString = false;
  #escaped = false;
  #empty = true;
  /** Behind the `=` of a pair of cookies, up to the next `;`. */
  #inCookie = false;

  constructor(private readonly mode: TemplateMode) {}

  /** Notes literal text of the template. */
  literal(text: string): void {
    if (text === '') return;
    this.#empty = false;
    if (this.mode === 'cookie') this.#pair(text);
    if (this.mode !== 'json') return;
    for (const char of text) {
      if (this.#escaped) this.#escaped = false;
      else if (char === '\\' && this.#inString) this.#escaped = true;
      else if (char === '"') this.#inString = !this.#inString;
    }
  }

  /** The value as it goes into the template here. */
  value(value: Json | undefined): string {
    const first = this.#empty;
    this.#empty = false;
    switch (this.mode) {
      case 'text':
        return asText(value);
      case 'cookie':
        return this.#cookie(asText(value));
      case 'url':
        // A variable that begins the URL holds its scheme and host: encoding it would make it a path.
        return first ? asText(value) : percentEncode(asText(value));
      case 'form':
        return formEncode(asText(value));
      case 'xml':
        return xmlEscape(asText(value));
      case 'json':
        return this.#inString ? JSON.stringify(asText(value)).slice(1, -1) : jsonText(value ?? null);
    }
  }

  /** A value inside a pair ends it nowhere (RFC 6265 §4.1.1); one that stands for whole pairs goes as it is. */
  #cookie(text: string): string {
    if (this.#inCookie) return text.replaceAll(';', '%3B');
    this.#pair(text);
    return text;
  }

  /** Whether the pair that is written now has its name. */
  #pair(text: string): void {
    const last = text.lastIndexOf(';');
    this.#inCookie = text.includes('=', last + 1) || (last < 0 && this.#inCookie);
  }

  /** True when the next value goes in with its own type: an unquoted token of a JSON template. */
  get typed(): boolean {
    return this.mode === 'json' && !this.#inString;
  }
}
