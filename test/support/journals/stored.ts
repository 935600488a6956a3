import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import type { Store } from '../../../src/store/store.js';
import { openOrFail, temporaryFolder } from '../stores.js';
import type { RecordedCall } from './file.js';

/* Rows of a database, past the store: what was recorded goes in and comes out as it stands. */

type Row = Readonly<Record<string, string | number | null>>;

/** Runs one statement on a database that nobody else has open. */
export function rowsOf(
  file: string,
  statement: string,
  values: readonly (string | number | null)[] = [],
): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const db = new sqlite3.Database(file);
    db.all(statement, values, (error: Error | null, rows: Row[]) => {
      db.close(() => {
        if (error === null) resolve(rows);
        else reject(error);
      });
    });
  });
}

/** A store over a database that holds these calls, and what closes and removes it. */
export async function storeWith(
  calls: readonly Pick<RecordedCall, 'call' | 'entries'>[],
): Promise<{ readonly store: Store; readonly close: () => Promise<void> }> {
  const temporary = temporaryFolder();
  const file = join(temporary.folder, 'offhook.db');
  await (await openOrFail(file)).close();
  for (const { call, entries } of calls) {
    const columns = Object.keys(call);
    const marks = columns.map(() => '?').join(', ');
    await rowsOf(file, `insert into calls (${columns.join(', ')}) values (${marks})`, Object.values(call));
    await rowsOf(
      file,
      `insert into journal (call_id, seq, type, entry)
        select ?, value ->> 'seq', value ->> 'type', value from (select value from json_each(?) order by key)`,
      [call['id'] ?? null, JSON.stringify(entries)],
    );
  }
  const store = await openOrFail(file);
  return {
    store,
    async close() {
      await store.close();
      temporary.remove();
    },
  };
}
