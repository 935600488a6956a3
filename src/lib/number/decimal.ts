/** A decimal number taken apart: no zeros at either end of its digits; `size` is the power of ten of the first. */
interface Parts {
  readonly sign: -1 | 0 | 1;
  readonly digits: string;
  readonly size: number;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

function partsOf(text: string): Parts {
  const [, minus, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const all = whole + fraction;
  const first = all.search(/[1-9]/);
  if (first < 0) return { sign: 0, digits: '', size: 0 };
  let end = all.length;
  while (all[end - 1] === '0') end -= 1;
  return { sign: minus === '-' ? -1 : 1, digits: all.slice(first, end), size: Number(exponent) + whole.length - first - 1 };
}

/**
 * Compares two decimal numbers (`-12.50`, `1e400`) by all their digits: below zero when the first is less, 0 when they are of the same
 * value. Never expands an exponent, so that its cost is the length of the texts.
 */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  if (a.sign !== b.sign) return a.sign - b.sign;
  if (a.size !== b.size) return a.size < b.size ? -a.sign : a.sign;
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -a.sign : a.sign;
}

/** Digits that count: those of `0.0120` are 12, and so those of 1200. */
export function significantDigits(text: string): number {
  return partsOf(text).digits.length;
}
