import { compareDecimals } from './decimal.js';

/** A number as JSON writes it (RFC 8259 §6). */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Counts the exact numbers that `JSON.stringify` has written; see `json-text.ts`. */
export const writtenExactNumbers = { count: 0 };

/**
 * A JSON number that a JavaScript number would write with other digits: `7615917337495251231`, `12.50`, `1e400`. It keeps the digits it
 * came with. It has no members, and `String()` gives its digits; `JSON.stringify` writes it as text, which loses nothing.
 */
export interface ExactNumber {
  /** True when a JavaScript number is of exactly this value, though it would be written otherwise: `12.50`. */
  readonly isHeld: boolean;
  /** The nearest JavaScript number; infinite above 1.8e308. */
  toNumber(): number;
  /** The digits as they came. */
  toString(): string;
  toJSON(): string;
}

class Digits implements ExactNumber {
  readonly #digits: string;

  constructor(digits: string) {
    this.#digits = digits;
  }

  get isHeld(): boolean {
    return isHeld(this.#digits);
  }

  toNumber(): number {
    return Number(this.#digits);
  }

  toString(): string {
    return this.#digits;
  }

  toJSON(): string {
    writtenExactNumbers.count += 1;
    return this.#digits;
  }
}

/** The number of these digits, held as they are. */
export function exactNumber(digits: string): ExactNumber {
  return new Digits(digits);
}

export function isExact(value: unknown): value is ExactNumber {
  return value instanceof Digits;
}

function isHeld(digits: string): boolean {
  const number = Number(digits);
  return Number.isFinite(number) && compareDecimals(digits, String(number)) === 0;
}

/**
 * The value of a JSON number: a JavaScript number when that is written with the same digits, else an {@link ExactNumber}. An exponent is
 * a way of writing and no digit: `1.0E7` is 10000000 where a JavaScript number holds it.
 *
 * @param digits a number as JSON writes it
 */
export function numberOfDigits(digits: string): number | ExactNumber {
  const number = Number(digits);
  if (String(number) === digits || digits === '-0') return number;
  return /[eE]/.test(digits) && isHeld(digits) ? number : exactNumber(digits);
}

/** Reads a text as a number and keeps its digits; null when it is none. `+7` and `007` are 7, blanks around it do not count. */
export function readNumber(text: string): number | ExactNumber | null {
  const bare = text
    .trim()
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1')
    .replace(/^(-?)\./, '$10.');
  return JSON_NUMBER.test(bare) ? numberOfDigits(bare) : null;
}

/** Makes a number of a text: as JavaScript writes it where it holds its value (`12.50` is 12.5), else with all digits. Null when it is none. */
export function numberFrom(text: string): number | ExactNumber | null {
  const number = readNumber(text);
  return isExact(number) && number.isHeld ? number.toNumber() : number;
}

/** True for a text that is a number as JSON writes it. */
export function isJsonNumber(text: string): boolean {
  return JSON_NUMBER.test(text);
}
