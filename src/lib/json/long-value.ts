import { isExact } from '../number/exact-number.js';
import { isBranch, type Json } from './json.js';

/** What is shorter may be kept without a thought. Characters. */
const LONG = 16_384;

/** True for a value that nobody shall hold or store twice without need: characters of a text, or of the JSON text of anything else. */
export function isLong(value: Json): boolean {
  if (typeof value === 'string') return value.length > LONG;
  if (isExact(value)) return String(value).length > LONG;
  return isBranch(value) && JSON.stringify(value).length > LONG;
}
