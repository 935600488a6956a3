import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { speakable, spokenPieces } from '../../../../src/speech/voices/spoken-text.js';

describe('speakable', () => {
  it('turns control characters and white space into single spaces', () => {
    expect(speakable('  a\0b\r\n\tc\u200b d\u0007 ')).toBe('a b c d');
  });

  it('splits words nobody could pronounce', () => {
    expect(speakable('x'.repeat(130))).toBe(`${'x'.repeat(60)} ${'x'.repeat(60)} ${'x'.repeat(10)}`);
  });

  it('leaves ordinary text alone', () => {
    const text = 'Grüße, Renée! Your order #12-34 costs €5.00; press 1.';
    expect(speakable(text)).toBe(text);
  });
});

describe('spokenPieces', () => {
  it('cuts at the end of a sentence, else at a comma, else between words', () => {
    expect(spokenPieces('One two. Three four five', 12)).toEqual(['One two.', 'Three four', 'five']);
    expect(spokenPieces('One two, three four', 14)).toEqual(['One two,', 'three four']);
  });

  it('loses nothing and keeps every piece within bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z.,!?]{1,12}$/), { minLength: 1 }), (words) => {
        const text = words.join(' ');
        const pieces = spokenPieces(text, 20);
        expect(pieces.join(' ')).toBe(text);
        expect(pieces.every((piece) => piece.length <= 20)).toBe(true);
      }),
    );
  });
});
