import { sql } from 'kysely';
import { toRecording } from './queries.js';
import type { StoredRecording } from '../../model/recording.js';
import type { Retention } from '../store.js';
import type { WriteKind, Writer } from './writer.js';

/** Largest number of calls or recordings one transaction forgets, so that it never holds up the calls that live. */
const CHUNK = 200;

/** Forgets calls that ended before `before`, with journal and deliveries; those with a pending delivery stay. Answers how many. */
const forgetCalls: WriteKind<number, number> = {
  name: 'retention.calls',
  lingerMs: 0,
  size: () => 100,
  async write(db, befores) {
    const before = Math.max(...befores);
    const old = await db
      .selectFrom('calls')
      .select('id')
      .where('ended_at', '<', before)
      .where(sql<boolean>`not exists (select 1 from deliveries where call_id = calls.id and state = 'pending')`)
      .limit(CHUNK)
      .execute();
    const ids = old.map((row) => row.id);
    if (ids.length > 0) {
      await db.deleteFrom('journal').where('call_id', 'in', ids).execute();
      await db.deleteFrom('calls').where('id', 'in', ids).execute();
    }
    return befores.map(() => ids.length);
  },
};

/** Takes recordings finished before `before` out of the index and answers them, so that their files can be deleted. */
const forgetRecordings: WriteKind<number, readonly StoredRecording[]> = {
  name: 'retention.recordings',
  lingerMs: 0,
  size: () => 100,
  async write(db, befores) {
    const answers: (readonly StoredRecording[])[] = [];
    for (const before of befores) {
      const old = db.selectFrom('recordings').select('id').where('at', '<', before).limit(CHUNK);
      const rows = await db.deleteFrom('recordings').where('id', 'in', old).returningAll().execute();
      answers.push(rows.map(toRecording));
    }
    return answers;
  },
};

/** Every write of this file, for the writer. */
export const RETENTION_KINDS = [forgetCalls, forgetRecordings] as const;

/** Forgetting, over the writer. */
export function retention(writer: Writer): Retention {
  return {
    calls: (before) => writer.submit(forgetCalls, before),
    recordings: (before) => writer.submit(forgetRecordings, before),
  };
}
