import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPattern, matchPattern, MAX_TEXT_CHARS } from '../../../../src/flow/expression/pattern.js';

describe('patterns', () => {
  test.each([
    ['^\\d{4,8}$', '12345', true],
    ['^\\d{4,8}$', '123', false],
    ['^\\d{4,8}$', '123456789', false],
    ['^\\+?[1-9]\\d{1,14}$', '+4312345', true],
    ['(?i)^yes|y$', 'YES', true],
    ['(?i)[a-c]+x', 'aBCX', true],
    ['^a.c$', 'a\nc', false],
    ['^(?:ab|cd)*?e$', 'abcdabe', true],
    ['^[^@\\s]+@[^@]+\\.[a-z]{2,}$', 'a.b@c.example', true],
    ['\\bfoo\\b', 'a foo b', true],
    ['\\bfoo\\b', 'afoo', false],
    ['^$', '', true],
    ['a{2}b{0,1}c{1,}', 'aacc', true],
    ['[\\]\\-x]', '-', true],
    ['{', '{', true],
    ['\\u00e9\\x41', 'éA', true],
    ['^.$', '😀', true],
    ['(a*)*b', 'aaab', true],
  ])('%s on %s', (pattern, text, expected) => {
    expect(matchPattern(pattern, text)).toEqual({ ok: true, value: expected });
  });

  test.each([
    '(',
    ')',
    'a)',
    '[a',
    '*a',
    'a**',
    '(?=a)',
    '(?<n>a)',
    '(a)\\1',
    'a{3,1}',
    '\\',
    '[z-a]',
    '(a{999}){999}',
    'x'.repeat(501),
  ])('%s is refused with a sentence', (pattern) => {
    expect(checkPattern(pattern)).toMatchObject({ ok: false, error: expect.stringMatching(/pattern/) as string });
  });

  test('agrees with the language’s own matcher', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b');
    const node = fc.letrec<{ all: string }>((tie) => ({
      all: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie('all'), tie('all')).map(([x, y]) => x + y),
        fc.tuple(tie('all'), tie('all')).map(([x, y]) => `(?:${x}|${y})`),
        fc.tuple(tie('all'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?')).map(([x, times]) => `(?:${x})${times}`),
      ),
    })).all;
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 8 });
    fc.assert(
      fc.property(node, text, (pattern, subject) => {
        expect(matchPattern(pattern, subject)).toEqual({ ok: true, value: new RegExp(pattern, 'u').test(subject) });
      }),
      { numRuns: 500 },
    );
  });

  test('a text that is too long is refused', () => {
    expect(matchPattern('a', 'x'.repeat(MAX_TEXT_CHARS + 1)).ok).toBe(false);
  });
});
