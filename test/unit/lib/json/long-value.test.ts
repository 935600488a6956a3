import { expect, it } from 'vitest';
import { isLong } from '../../../../src/lib/json/long-value.js';

it('tells what is long by the characters of its text', () => {
  expect(['a'.repeat(16_385), ['a'.repeat(16_385)], { a: Array.from({ length: 9000 }, () => 1) }].map(isLong)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['a'.repeat(16_384), [1, 2], {}, null, 1, true].map(isLong)).toEqual([false, false, false, false, false, false]);
});
