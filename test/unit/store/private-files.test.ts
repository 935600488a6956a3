import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { openStore } from '../../../src/store/sqlite/store.js';
import { temporaryFolder } from '../../support/stores.js';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());

const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);

async function modes(file: string): Promise<readonly string[]> {
  const opened = await openStore({ file, log: silentLogger, clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  await opened.value.users.save('contact', 'name', 'value');
  await opened.value.flush();
  const found = readdirSync(temporary.folder).filter((name) => name.startsWith('x.db'));
  expect(found).toContain('x.db-wal');
  const all = found.map((name) => mode(join(temporary.folder, name)));
  await opened.value.close();
  return all;
}

it('keeps the database, its log and its lock from other users of the machine', async () => {
  const before = process.umask(0o022);
  try {
    expect(new Set(await modes(join(temporary.folder, 'x.db')))).toEqual(new Set(['600']));
  } finally {
    process.umask(before);
  }
});

it('closes one that an older version left open', async () => {
  const file = join(temporary.folder, 'x.db');
  if (!existsSync(file)) writeFileSync(file, '');
  chmodSync(file, 0o644);
  expect(new Set(await modes(file))).toEqual(new Set(['600']));
});
