import { expect, it } from 'vitest';
import { nearest } from '../../../src/lib/nearest.js';

const known = ['port', 'host', 'publicUrl', 'keys'];

it.each([
  ['prot', 'port'],
  ['publicURL', 'publicUrl'],
  ['publcUr', 'publicUrl'],
  ['key', 'keys'],
  ['listen', null],
  ['', null],
  ['x'.repeat(101), null],
])('for %s, %s was probably meant', (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

it('of candidates that are as near the first is taken', () => {
  expect(nearest('bat', ['cat', 'rat'])).toBe('cat');
});

it('compares a bounded number of candidates', () => {
  const others = Array.from({ length: 300 }, (_, i) => `other ${i}`);
  expect(nearest('prot', ['port', ...others])).toBe('port');
  expect(nearest('prot', [...others, 'port'])).toBeNull();
});
