import { describe, expect, it } from 'vitest';
import { fitHeader, fitPassword, fitToken, fitUserName, MAX_HEADER_VALUE } from '../../../src/lib/header-value.js';

describe('a text made to fit a header', () => {
  it.each([
    ['plain', 'plain', []],
    ['Müller\tx', 'Müller\tx', []],
    ['', '', []],
    [' tok \r\n', 'tok', ['blanks and line breaks at its ends left out']],
    ['a\r\nX: 1', 'a X: 1', ['control characters replaced by a blank']],
    ['50% 漢', '50%25 %E6%BC%A2', ['percent-encoded as UTF-8']],
    ['😀\ud83d', '%F0%9F%98%80%EF%BF%BD', ['percent-encoded as UTF-8']],
  ])('%j becomes %j', (value, text, done) => {
    expect(fitHeader(value)).toEqual({ text, done });
    if (!value.includes('\ud83d'))
      expect(text.includes('%25') && decodeURIComponent(text)).toSatisfy((back) => back === false || back === value);
  });

  it.each([
    [MAX_HEADER_VALUE - 1, MAX_HEADER_VALUE - 1, 0],
    [MAX_HEADER_VALUE, MAX_HEADER_VALUE, 0],
    [MAX_HEADER_VALUE + 1, MAX_HEADER_VALUE, 1],
  ])('%i characters become %i', (length, kept, notes) => {
    const { text, done } = fitHeader('x'.repeat(length));
    expect([text.length, done.length]).toEqual([kept, notes]);
  });

  it('is never cut inside a percent-encoded byte', () => {
    for (const before of ['', 'x', 'xx']) expect(fitHeader(before + '漢'.repeat(1000)).text).toMatch(/^x*(?:%[0-9A-F]{2})+$/);
  });

  it('trims only where the whole value ends', () => {
    expect(fitHeader(' a ', { start: true, end: false }).text).toBe('a ');
    expect(fitHeader(' a ', { start: false, end: true }).text).toBe(' a');
  });

  it('takes no longer than its length', () => {
    expect(fitHeader(`a${' '.repeat(1_000_000)}b`).text.length).toBe(MAX_HEADER_VALUE);
  });
});

describe('credentials made to fit', () => {
  it.each([
    [fitToken, 'tok-1\n', 'tok-1'],
    [fitToken, ' a b\r\nc ', 'a%20bc'],
    [fitToken, 'é', '%C3%A9'],
    [fitToken, 'a%b', 'a%b'],
    [fitPassword, ' p w \n', ' p w '],
    [fitPassword, 'a:b', 'a:b'],
    [fitUserName, 'a:b\0', 'a%3Ab'],
  ])('%o %j becomes %j', (fit, value, text) => {
    expect(fit(value).text).toBe(text);
    expect(fit(text).done).toEqual([]);
  });
});
