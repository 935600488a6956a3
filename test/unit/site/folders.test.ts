import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolders } from '../../../src/site/folders.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'offhook-folders-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** The part of a configuration that names folders. */
const config = (data: string, recordings: string) =>
  ({ data: { dir: join(dir, data) }, recordings: { dir: join(dir, recordings) } }) as Parameters<typeof makeFolders>[0];

it('makes both, however deep, and leaves nothing in them', () => {
  expect(makeFolders(config('a/b/data', 'a/recordings')).ok).toBe(true);
  expect(existsSync(join(dir, 'a/recordings'))).toBe(true);
  expect(readdirSync(join(dir, 'a/b/data'))).toEqual([]);
});

it.each([
  ['data', 'file', 'recordings', '$.data.dir'],
  ['recordings', 'data', 'file/recordings', '$.recordings.dir'],
])('says which setting names a place that is none: %s', (_, data, recordings, path) => {
  writeFileSync(join(dir, 'file'), '');
  expect(makeFolders(config(data, recordings))).toMatchObject({ ok: false, error: { code: 'DATA_FOLDER_UNUSABLE', path } });
});
