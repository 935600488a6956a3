import { expect, it } from 'vitest';
import { percentEncode, wellFormed } from '../../../src/lib/percent-encode.js';

it('leaves exactly the unreserved characters of RFC 3986 §2.3', () => {
  expect(percentEncode('AZaz09-._~')).toBe('AZaz09-._~');
  expect(percentEncode(":/?#[]@!$&'()*+,;=% ")).toBe('%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%20');
});

it('encodes as UTF-8, a lone surrogate as U+FFFD', () => {
  expect(percentEncode('é😀')).toBe('%C3%A9%F0%9F%98%80');
  expect(percentEncode('a\uD83D')).toBe('a%EF%BF%BD');
  expect(wellFormed('\uDE00 😀')).toBe('\uFFFD 😀');
});
