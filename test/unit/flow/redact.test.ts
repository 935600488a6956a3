import { describe, expect, it } from 'vitest';
import { redact, redactText, shownError } from '../../../src/flow/journal/masking.js';

/* Masked values that turn up elsewhere, e.g. in the answer of a service that repeats them. */

describe('a masked value', () => {
  it.each([
    ['123', false],
    ['1234', true],
    ['12345', true],
    ['12-34', true],
    ['1-2-3', false],
  ])('of four digits and more is hidden wherever it turns up: %s', (value, hidden) => {
    const there = { said: `the PIN ${value} is wrong`, list: [value, { deep: `x${value}y` }] };
    const shown = JSON.stringify(redact(there, [value]));
    expect(shown.includes(value)).toBe(!hidden);
    expect(redactText(`PIN ${value}`, [value])).toBe(hidden ? 'PIN ***' : `PIN ${value}`);
    expect(shownError(new Error(`no ${value}`), [value]).error.includes(value)).toBe(!hidden);
    expect(shownError(new Error(`no ${value}`), [value]).stack.includes(value)).toBe(!hidden);
  });

  it('is hidden as a number too', () => {
    expect(redact({ pin: 1234, other: 12_345 }, ['1234'])).toEqual({ pin: '***', other: 12_345 });
  });
});
