import { randomBytes } from 'node:crypto';
import { exactNumber, isExact, writtenExactNumbers, numberOfDigits, type ExactNumber } from '../number/exact-number.js';
import { isBranch, type Json } from './json.js';

/*
 * JSON text and back without losing digits. `JSON.parse` and `JSON.stringify` do the work; in between stand only the numbers that they
 * would write with other digits, see `exact-number.ts`.
 */

/** Stands before the digits of such a number while it goes through `JSON.parse` as a text; nobody outside can know it. */
const MARK = `${randomBytes(12).toString('base64url')}:`;

/** Any number whose digits may not survive: 16 digits or more, a fraction that ends in 0, an exponent. Also finds parts of texts. */
const DOUBTFUL = /\d[\d.]{15}|\.\d*0(?!\d)|\d[eE][+-]?\d/;

/** A text, also one that never ends, or a number of JSON that is not in the place of a name. Linear in its input. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\s*:)/gs;

/** Parses JSON text; numbers keep their digits. Throws what `JSON.parse` throws. */
export function parseExact(text: string): unknown {
  if (!DOUBTFUL.test(text)) return JSON.parse(text);
  const swapped = text.replace(TOKEN, (token) => {
    if (token.startsWith('"') || typeof numberOfDigits(token) === 'number') return token;
    return `"${MARK}${token}"`;
  });
  if (swapped === text) return JSON.parse(text);
  let value: unknown;
  try {
    value = JSON.parse(swapped);
  } catch {
    // The message quotes the text, which must be the one that came.
    return JSON.parse(text);
  }
  return unmarked(value);
}

const OWN = { writable: true, enumerable: true, configurable: true } as const;

/** Puts the numbers in place of their marks, in a value that nobody else has yet: a reviver takes several times as long. */
function unmarked(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? exactNumber(value.slice(MARK.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const before = members[key];
    const after = unmarked(before);
    if (after === before) continue;
    // Assigned, this one would become the prototype.
    if (key === '__proto__') Object.defineProperty(members, key, { ...OWN, value: after });
    else members[key] = after;
  }
  return value;
}

/** The JSON text of a value in which every number has its digits: `7615917337495251231`, `12.50`. */
export function jsonText(value: unknown, indent?: number): string {
  return written(value, (number) => String(number), indent);
}

/**
 * The same for readers that we do not know: a number whose value a JavaScript number cannot hold is written as text, as RFC 7493 §2.2
 * asks for, because most readers of JSON would change its digits. `12.50` stays a number.
 */
export function portableJsonText(value: unknown, indent?: number): string {
  return written(value, (number) => (number.isHeld ? String(number) : JSON.stringify(String(number))), indent);
}

function written(value: unknown, write: (number: ExactNumber) => string, indent: number | undefined): string {
  const before = writtenExactNumbers.count;
  const text = JSON.stringify(value, null, indent);
  if (writtenExactNumbers.count === before) return text;
  const numbers: string[] = [];
  const swapped = JSON.stringify(
    value,
    function (this: Record<string, unknown>, key, member: unknown) {
      const original = this[key];
      return isExact(original) ? `${MARK}${numbers.push(write(original)) - 1}` : member;
    },
    indent,
  );
  return swapped.replace(MARKED, (_, index: string) => numbers[Number(index)] ?? 'null');
}

const MARKED = new RegExp(`"${MARK}(\\d+)"`, 'g');

/** What an exact number is to code that knows JavaScript's numbers only, however deep it stands: the nearest, or its digits as text. */
export function withPlainNumbers(value: Json): Json {
  if (isExact(value)) return value.isHeld ? value.toNumber() : String(value);
  if (!isBranch(value)) return value;
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  return Object.fromEntries(
    Object.entries<Json>(value as { readonly [key: string]: Json }).map(([k, v]) => [k, withPlainNumbers(v)]),
  );
}
