import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { openConnection } from '../../../../src/store/sqlite/connection.js';
import { openStore } from '../../../../src/store/sqlite/store.js';
import { callEnd, entered, newCall, newDelivery, openOrFail, temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
let file: string;

beforeEach(() => {
  temporary = temporaryFolder();
  file = join(temporary.folder, 'data', 'offhook.db');
});
afterEach(() => temporary.remove());

it('waits out another connection that holds the database exclusively, and loses nothing', async () => {
  const store = await openOrFail(file);
  await store.calls.begin(newCall('c1'));
  const other = openConnection(file, 'writer');
  await other.connection().execute(async (db) => {
    await sql`begin exclusive`.execute(db);
    let ended = false;
    const end = store.calls.end(callEnd('c1'), [newDelivery('d1', 'c1')]).then(() => (ended = true));
    const begun = store.calls.begin(newCall('c2'));
    for (let seq = 1; seq <= 100; seq += 1) store.journal.append('c1', entered(seq, 'w'));
    await store.users.save('a', 'x', 1);
    // Reading goes on meanwhile, and sees what is queued where it promised to.
    expect(await store.users.load('a')).toEqual({ x: 1 });
    expect(await store.calls.openCalls()).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(ended).toBe(false);
    await sql`commit`.execute(db);
    await Promise.all([end, begun]);
  });
  await other.destroy();
  expect(await store.queries.journal('c1')).toHaveLength(100);
  expect(await store.queries.deliveryCounts()).toEqual({ pending: 1, dead: 0 });
  expect((await store.calls.openCalls()).map((call) => call.id)).toEqual(['c2']);
  expect(store.health()).toMatchObject({ ok: true, backlog: 0, backlogBytes: 0, dropped: 0 });
  await store.close();
});

it('keeps everything over a reopen, and migrates once', async () => {
  const first = await openOrFail(file);
  await first.calls.begin(newCall('c1'));
  first.journal.append('c1', entered(1, 'w'));
  await first.close();
  await first.close();
  const second = await openOrFail(file);
  expect(await second.queries.journal('c1')).toHaveLength(1);
  expect((await second.calls.openCalls()).map((call) => call.lastWidget)).toEqual(['w']);
  await second.close();
});

it('refuses a database of a newer version', async () => {
  await (await openOrFail(file)).close();
  const other = openConnection(file, 'writer');
  await sql`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01')`.execute(other);
  await other.destroy();
  const opened = await openStore({ file, log: silentLogger, clock: systemClock });
  expect(opened).toMatchObject({ ok: false, error: { code: 'STORE_TOO_NEW', severity: 'error' } });
});

it('is taken by one process at a time, so that nobody ends the calls of another', async () => {
  const first = await openOrFail(file);
  const second = await openStore({ file, log: silentLogger, clock: systemClock });
  expect(second).toMatchObject({ ok: false, error: { code: 'STORE_IN_USE' } });
  await first.calls.begin(newCall('c1'));
  await first.close();
  const third = await openOrFail(file);
  expect(await third.calls.openCalls()).toHaveLength(1);
  await third.close();
});

it('says so when the file cannot be opened', async () => {
  await (await openOrFail(file)).close();
  for (const bad of [temporary.folder, join(file, 'below-a-file', 'x.db')]) {
    const opened = await openStore({ file: bad, log: silentLogger, clock: systemClock });
    expect(opened).toMatchObject({ ok: false, error: { code: 'STORE_OPEN_FAILED', path: '$.store.file' } });
  }
});

it('refuses work after it was closed, without throwing at the journal', async () => {
  const store = await openOrFail(file);
  await store.close();
  await expect(store.calls.begin(newCall('c1'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  store.journal.append('c1', entered(1, 'w'));
});
