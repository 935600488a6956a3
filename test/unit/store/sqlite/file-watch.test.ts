import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { type DatabaseFileWatch, watchDatabaseFile } from '../../../../src/store/sqlite/file-watch.js';
import { openOrFail, temporaryFolder } from '../../../support/stores.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

let temporary: ReturnType<typeof temporaryFolder>;
let file: string;
let clock: VirtualClock;
let told: object[];
let presence: DatabaseFileWatch;

beforeEach(() => {
  temporary = temporaryFolder();
  file = join(temporary.folder, 'offhook.db');
  writeFileSync(file, '');
  clock = new VirtualClock();
  told = [];
  presence = watchDatabaseFile(file, clock, { ...silentLogger, error: (fields) => void told.push(fields) });
});
afterEach(() => {
  presence.close();
  temporary.remove();
});

/** Lets it look until it thinks so. */
const thinks = (gone: boolean) =>
  expect
    .poll(async () => {
      await clock.advance(5000);
      return presence.reason() !== null;
    })
    .toBe(gone);

it('says once that the file is gone, and is content when it is back', async () => {
  await thinks(false);
  renameSync(file, `${file}.aside`);
  await thinks(true);
  expect(presence.reason()).toContain(file);
  await clock.advance(60_000);
  expect(told).toEqual([{ code: 'STORE_UNAVAILABLE', file }]);
  renameSync(`${file}.aside`, file);
  await thinks(false);
});

it('another file under its name is not the one that is open', async () => {
  writeFileSync(`${file}.copy`, '');
  renameSync(`${file}.copy`, file);
  await thinks(true);
});

it('a store knows whether it was made just now: an emptied one is', async () => {
  const path = join(temporary.folder, 'other.db');
  const isNew = async (): Promise<boolean> => {
    const store = await openOrFail(path);
    await store.close();
    return store.isNew;
  };
  expect([await isNew(), await isNew()]).toEqual([true, false]);
  rmSync(path);
  writeFileSync(path, '');
  expect(await isNew()).toBe(true);
});
