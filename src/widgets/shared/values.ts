import { asText } from '../../flow/variables/escape.js';
import { isExact, readNumber, type ExactNumber } from '../../lib/number/exact-number.js';
import { isNumber, type Json } from '../../lib/json/json.js';
import { parseExact } from '../../lib/json/json-text.js';

/* How a variable's value is read as a number or as a list, wherever a widget needs one of these. */

const NUMBER = /^[+-]?(?:\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})$/;

/** The value as a number with all its digits when it is one or is written as one (`12`, `-0.5`, ` 7 `), else null. `1e3` and `0x1f` are text. */
export function numericOf(value: Json | undefined): number | ExactNumber | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (isExact(value)) return value;
  if (typeof value !== 'string') return null;
  return NUMBER.test(value.trim()) ? readNumber(value) : null;
}

/** The same as the nearest JavaScript number; null when there is none, as for `1e400`. */
export function asNumber(value: Json | undefined): number | null {
  const number = numericOf(value);
  if (!isExact(number)) return number;
  return Number.isFinite(number.toNumber()) ? number.toNumber() : null;
}

/** The value as a list: a list itself, a text that holds a JSON list, or a text with commas. Nothing is the empty list. */
export function asList(value: Json | undefined): readonly Json[] {
  if (isList(value)) return value;
  const text = asText(value).trim();
  if (text === '') return [];
  if (text.startsWith('[')) {
    const parsed = parseJson(text);
    if (isList(parsed)) return parsed;
  }
  return text.split(',').map((item) => item.trim());
}

/** Parses JSON text, numbers with their digits; undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return parseExact(text) as Json;
  } catch {
    return undefined;
  }
}

/** True for a JSON list (`Array.isArray` does not narrow readonly lists). */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** True for a value that holds nothing: none at all, empty text, an empty list or an empty object. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (typeof value !== 'object' || isNumber(value)) return false;
  return isList(value) ? value.length === 0 : Object.keys(value).length === 0;
}
