import { describe, expect, it } from 'vitest';
import { compareDecimals, significantDigits } from '../../../../src/lib/number/decimal.js';

describe('decimal numbers', () => {
  it.each([
    ['12.50', '12.5', 0],
    ['-0', '0', 0],
    ['0.000', '0e9', 0],
    ['12345678901234567890', '12345678901234567891', -1],
    ['-12345678901234567890', '-12345678901234567891', 1],
    ['1e400', '1e399', 1],
    ['1e-400', '0', 1],
    ['-1e-400', '0', -1],
    ['1e+21', '1000000000000000000000', 0],
    ['9.99', '10', -1],
    ['0.09', '0.1', -1],
    ['100', '99.999', 1],
    ['1e999999999', '9e999999998', 1],
    ['-5', '5', -1],
  ])('%s beside %s: %d', (left, right, expected) => {
    expect(Math.sign(compareDecimals(left, right))).toBe(expected);
    expect(Math.sign(compareDecimals(right, left)) + expected).toBe(0);
  });

  it.each([
    ['0.0120', 2],
    ['1200', 2],
    ['7615917337495251231', 19],
    ['0', 0],
  ])('%s has %d digits that count', (text, digits) => {
    expect(significantDigits(text)).toBe(digits);
  });
});
