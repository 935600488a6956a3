import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseJson, parseSettings, readJsonFile } from '../../../../src/site/files/json-file.js';

const messageOf = (parsed: ReturnType<typeof parseJson>): string => (parsed.ok ? 'taken' : parsed.error.message);

describe('a mistake in a JSON file', () => {
  it.each([
    ['a comment', '// mine\n[]', 'line 1, column 1: JSON has no comments'],
    ['a comma too many', '[\n  1,\n]', 'line 3, column 1: no comma may stand before a closing bracket'],
    ['a comma too few', '{\n  "a": 1\n  "b": 2 }', 'line 3, column 3: a comma is missing before it'],
    ['single quotes', "{'a': 1}", 'line 1, column 2: names and texts stand in straight double quotes'],
    ['quotes of a word processor', '{ “a”: 1}', 'line 1, column 3: names and texts stand in straight double quotes'],
    ['a word without quotes', '{ "sip":\n  x }', 'line 2, column 3'],
    ['a text that does not end', '[{"name": "crm", \n', 'line 2, column 1'],
    ['something behind the end', '[]\n]', 'line 2, column 1'],
  ])('is told by line and column: %s', (_, text, place) => {
    expect(messageOf(parseJson(text))).toBe(`is not JSON: mistake in ${place}`);
  });

  it('an empty file is called empty', () => {
    expect(messageOf(parseJson(' \n'))).toBe('is not JSON: it is empty');
  });

  it('is told without the text around it, which may hold secrets, however deep it is', () => {
    expect(messageOf(parseJson('{"password": "sesame", oops}'))).not.toMatch(/sesame|oops/u);
    expect(messageOf(parseJson('['.repeat(200_000)))).toContain('is not JSON');
  });
});

describe('a file in another encoding', () => {
  it.each([
    ['Latin-1', Buffer.from('{"name": "Käse"}', 'latin1')],
    ['UTF-16', Buffer.from('\uFEFF{"name": "Käse"}', 'utf16le')],
  ])('is refused, for its umlauts would be lost: %s', (_, bytes) => {
    const file = join(mkdtempSync(join(tmpdir(), 'json-file-')), 'a.json');
    writeFileSync(file, bytes);
    expect(messageOf(readJsonFile(file))).toBe('is not UTF-8 text; save it with that encoding');
    writeFileSync(file, '\uFEFF{"name": "Käse"}');
    expect(readJsonFile(file)).toEqual({ ok: true, value: { name: 'Käse' } });
  });
});

describe('settings', () => {
  it('have no name twice in one object: the first would silently be lost', () => {
    expect(messageOf(parseSettings('[{"url": "a",\n"url": "b"}]'))).toBe('has $[0].url twice, the second time in line 2');
    expect(messageOf(parseSettings('[{"url": "a"}, {"url": "b"}]'))).toBe('taken');
  });
});
