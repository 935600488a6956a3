import { sql } from 'kysely';
import type { PauseStore } from '../../functions/contract/ports.js';
import type { Pause } from '../../model/pause.js';
import { columns, noAnswers, rowsOf } from './rows.js';
import type { Database, WriteKind, Writer } from './writer.js';

/** Pauses numbers; one that is paused keeps its `since` and takes the new reason. */
const addPauses: WriteKind<Pause> = {
  name: 'pause.add',
  lingerMs: 0,
  size: () => 200,
  async write(db, pauses) {
    await sql`
      insert into pauses (cli, reason, since)
      select ${columns('cli', 'reason', 'since')} from ${rowsOf(pauses.map((pause) => ({ ...pause })))}
      where true on conflict (cli) do update set reason = coalesce(excluded.reason, pauses.reason)`.execute(db);
    return noAnswers(pauses);
  },
};

/** Unpauses numbers; answers whether each was paused. */
const removePauses: WriteKind<string, boolean> = {
  name: 'pause.remove',
  lingerMs: 0,
  size: () => 100,
  async write(db, numbers) {
    const removed = await db
      .deleteFrom('pauses')
      .where('cli', 'in', [...new Set(numbers)])
      .returning('cli')
      .execute();
    return numbers.map((cli) => removed.some((row) => row.cli === cli));
  },
};

/** Every write of this file, for the writer; of one flush pauses come before their end. */
export const PAUSE_KINDS = [addPauses, removePauses] as const;

/** Paused numbers, over the writer. */
export function pauseStore(writer: Writer, reader: Database): PauseStore {
  return {
    pause: (pause) => writer.submit(addPauses, pause),
    resume: (cli) => writer.submit(removePauses, cli),
    async find(cli) {
      return (await reader.selectFrom('pauses').selectAll().where('cli', '=', cli).executeTakeFirst()) ?? null;
    },
    list: () => reader.selectFrom('pauses').selectAll().orderBy('since').orderBy('cli').execute(),
  };
}
