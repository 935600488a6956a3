import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/site/config/config.js';

/*
 * Where the data lie when `data.dir` is relative: below the configuration, however the command was started. Installations of older
 * versions have them below the working directory.
 */

let root: string;
let config: string;
let base: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-place-'));
  config = join(root, 'config');
  base = join(root, 'started-here');
  mkdirSync(config);
  mkdirSync(base);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A file that says that an Offhook has used the folder. */
function used(dir: string, file = 'offhook.db'): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, file), 'used');
}

/** The configuration of the folder as read from the working directory. */
function read(settings: object, env: Record<string, string> = {}) {
  writeFileSync(join(config, 'offhook.json'), JSON.stringify(settings));
  const { config: found, problems } = readConfig({ dir: config, env, base });
  return { dir: found?.data.dir, file: found?.store.file, problems: problems.map(({ code, severity }) => `${severity} ${code}`) };
}

describe('a relative data.dir', () => {
  it.each([
    ['the default', {}, 'data'],
    ['one that is named', { data: { dir: 'calls/kept' } }, 'calls/kept'],
    ['one beside the configuration', { data: { dir: '../kept' } }, '../kept'],
  ])('is below the configuration folder: %s', (_, settings, dir) => {
    expect(read(settings)).toEqual({ dir: join(config, dir), file: join(config, dir, 'offhook.db'), problems: [] });
  });

  it('from the environment too', () => {
    expect(read({}, { OFFHOOK_DATA_DIR: 'elsewhere' }).dir).toBe(join(config, 'elsewhere'));
  });

  it('keeps the database that lies below the working directory when there is no other, and says so', () => {
    used(join(base, 'data'));
    expect(read({})).toEqual({
      dir: join(base, 'data'),
      file: join(base, 'data', 'offhook.db'),
      problems: ['warning DATA_FOLDER_OLD_PLACE'],
    });
  });

  it('is refused when both places hold a database', () => {
    used(join(base, 'data'));
    used(join(config, 'data'));
    expect(read({}).problems).toEqual(['error DATA_FOLDER_AMBIGUOUS']);
  });

  it('is not confused by a folder of that name without a database', () => {
    used(join(base, 'data'), 'notes.txt');
    expect(read({})).toMatchObject({ dir: join(config, 'data'), problems: [] });
  });

  it('looks for the database by the name that is configured', () => {
    used(join(base, 'data'), 'calls.sqlite');
    expect(read({ store: { file: 'calls.sqlite' } })).toMatchObject({
      file: join(base, 'data', 'calls.sqlite'),
      problems: ['warning DATA_FOLDER_OLD_PLACE'],
    });
  });

  it('with a database elsewhere looks for what else an Offhook keeps', () => {
    const file = join(root, 'calls.db');
    expect(read({ store: { file } }).dir).toBe(join(config, 'data'));
    used(join(base, 'data'), 'signing.key');
    expect(read({ store: { file } })).toMatchObject({
      file,
      dir: join(base, 'data'),
      problems: ['warning DATA_FOLDER_OLD_PLACE'],
    });
  });
});

it('an absolute data.dir is what it is, whatever lies elsewhere', () => {
  const dir = join(root, 'kept');
  used(join(base, 'data'));
  used(join(config, 'data'));
  expect(read({ data: { dir } })).toMatchObject({ dir, problems: [] });
});

it('a command started in the configuration folder knows one place only', () => {
  used(join(config, 'data'));
  base = config;
  expect(read({})).toMatchObject({ dir: join(config, 'data'), problems: [] });
});
