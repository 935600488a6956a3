import { isExact, type ExactNumber } from '../../lib/number/exact-number.js';
import { jsonPath } from '../../lib/json/json-path.js';
import { parseExact } from '../../lib/json/json-text.js';

/** A number that a JavaScript number would write with other digits, and its JSON path. */
export interface LongNumber {
  readonly path: string;
  readonly number: ExactNumber;
}

/** Finds the numbers whose digits are lost when JSON is read in the ordinary way. `text` is valid JSON. */
export function exactNumbersIn(text: string): readonly LongNumber[] {
  return below(parseExact(text), '$');
}

function below(value: unknown, path: string): readonly LongNumber[] {
  if (isExact(value)) return [{ path, number: value }];
  if (typeof value !== 'object' || value === null) return [];
  const keys = Array.isArray(value) ? value.map((_, index): PropertyKey => index) : Object.keys(value);
  return keys.flatMap((key) => below((value as Readonly<Record<PropertyKey, unknown>>)[key], jsonPath(path, [key])));
}
