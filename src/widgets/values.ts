import { asText } from '../flow/escape.js';
import type { Json } from '../lib/json.js';

/* How a variable's value is read as a number or as a list, wherever a widget needs one of these. */

const NUMBER = /^[+-]?(?:\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})$/;

/** The value as a number when it is one or is written as one (`12`, `-0.5`, ` 7 `), else null. `1e3` and `0x1f` are text. */
export function asNumber(value: Json | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return NUMBER.test(text) ? Number(text) : null;
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

/** Parses JSON text; undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
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
  if (typeof value !== 'object') return false;
  return isList(value) ? value.length === 0 : Object.keys(value).length === 0;
}
