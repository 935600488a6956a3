import { expect, it } from 'vitest';
import { closestMatch } from '../../../src/lib/closest-match.js';

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
  expect(closestMatch(word, known)).toBe(meant);
});

it('of candidates that are as near the first is taken', () => {
  expect(closestMatch('bat', ['cat', 'rat'])).toBe('cat');
});

it('compares a bounded number of candidates', () => {
  const others = Array.from({ length: 300 }, (_, i) => `other ${i}`);
  expect(closestMatch('prot', ['port', ...others])).toBe('port');
  expect(closestMatch('prot', [...others, 'port'])).toBeNull();
});
