import { sql } from 'kysely';
import type { JournalEntry, JournalSink } from '../flow/journal.js';
import { columns, noAnswers, rowsOf } from './rows.js';
import type { Database, WriteKind, Writer } from './writer.js';

interface Line {
  readonly callId: string;
  readonly seq: number;
  readonly type: string;
  /** The entry as JSON text. */
  readonly text: string;
}

/** Entries of the journal. One that is there already stays as it is. */
export const appendEntries: WriteKind<Line> = {
  name: 'journal',
  lingerMs: 25,
  droppable: true,
  size: ({ text }) => text.length + 100,
  async write(db, lines) {
    await sql`
      insert into journal (call_id, seq, type, entry)
      select ${columns('callId', 'seq', 'type', 'text')} from ${rowsOf(lines.map((line) => ({ ...line })))}
      where true on conflict do nothing`.execute(db);
    return noAnswers(lines);
  },
};

interface Recording {
  readonly callId: string;
  readonly entry: JournalEntry & { readonly type: 'recording' };
}

/** The index of recordings, taken from the journal entries that announce them. */
export const indexRecordings: WriteKind<Recording> = {
  name: 'recording',
  lingerMs: 25,
  size: () => 300,
  async write(db, recordings) {
    const rows = recordings.map(({ callId, entry: { id, name, file, durationMs, bytes, format, at } }) => {
      return { id, callId, name, file, ms: durationMs, bytes, format, at };
    });
    await sql`
      insert into recordings (id, call_id, name, file, ms, bytes, format, at)
      select ${columns('id', 'callId', 'name', 'file', 'ms', 'bytes', 'format', 'at')} from ${rowsOf(rows)}
      where true on conflict do nothing`.execute(db);
    return noAnswers(recordings);
  },
};

/** The sink of every call's journal. */
export function journalSink(writer: Writer): JournalSink {
  return {
    append(callId, entry) {
      writer.post(appendEntries, { callId, seq: entry.seq, type: entry.type, text: JSON.stringify(entry) });
      if (entry.type === 'recording') writer.post(indexRecordings, { callId, entry });
    },
  };
}

/** All committed entries of a call in order; empty when there are none. */
export async function readJournal(reader: Database, callId: string): Promise<readonly JournalEntry[]> {
  const rows = await reader.selectFrom('journal').select('entry').where('call_id', '=', callId).orderBy('seq').execute();
  return rows.map((row) => JSON.parse(row.entry) as JournalEntry);
}
