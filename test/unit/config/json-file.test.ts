import { describe, expect, it } from 'vitest';
import { parseJson, parseSettings } from '../../../src/config/json-file.js';

const messageOf = (parsed: ReturnType<typeof parseJson>): string => (parsed.ok ? 'taken' : parsed.error.message);

describe('a mistake in a JSON file', () => {
  it.each([
    ['a comment', '// mine\n[]', 'line 1, column 1'],
    ['a comma too many', '[\n  1,\n]', 'line 3, column 1'],
    ['a word without quotes', '{ "sip":\n  x }', 'line 2, column 3'],
    ['a text that does not end', '[{"name": "crm", \n', 'line 2, column 1'],
    ['nothing', '', 'line 1, column 1'],
    ['something behind the end', '[]\n]', 'line 2, column 1'],
  ])('is told by line and column: %s', (_, text, place) => {
    expect(messageOf(parseJson(text))).toBe(`is not JSON: mistake in ${place}`);
  });

  it('is told without the text around it, which may hold secrets, however deep it is', () => {
    expect(messageOf(parseJson('{"password": "sesame", oops}'))).not.toMatch(/sesame|oops/u);
    expect(messageOf(parseJson('['.repeat(200_000)))).toContain('is not JSON');
  });
});

describe('settings', () => {
  it('have no name twice in one object: the first would silently be lost', () => {
    expect(messageOf(parseSettings('[{"url": "a",\n"url": "b"}]'))).toBe('has $[0].url twice, the second time in line 2');
    expect(messageOf(parseSettings('[{"url": "a"}, {"url": "b"}]'))).toBe('taken');
  });
});
