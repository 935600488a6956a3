import { sql } from 'kysely';
import type { JournalEntry, JournalSink } from '../../model/journal.js';
import { jsonText, parseExact } from '../../lib/json/json-text.js';
import { longText, RepeatedValues, type ShortenedEntry, restoreRepeatedValues } from '../repeated-values.js';
import { columns, noAnswers, rowsOf } from './rows.js';
import type { Database, WriteKind, Writer } from './writer.js';

interface Line {
  readonly callId: string;
  readonly seq: number;
  readonly type: string;
  /** The entry as JSON text; one with a long text in it as it is: the call holds that text anyway, and a copy would wait beside it. */
  readonly entry: string | JournalEntry;
  /** Characters, about. */
  readonly chars: number;
}

/** Entries of the journal. One that is there already stays as it is. */
export const appendEntries: WriteKind<Line> = {
  name: 'journal',
  lingerMs: 25,
  droppable: true,
  size: ({ chars }) => chars + 100,
  async write(db, lines) {
    const rows = lines.map(({ callId, seq, type, entry }) => {
      return { callId, seq, type, text: typeof entry === 'string' ? entry : jsonText(entry) };
    });
    await sql`
      insert into journal (call_id, seq, type, entry)
      select ${columns('callId', 'seq', 'type', 'text')} from ${rowsOf(rows)}
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
  const repeats = new RepeatedValues();
  return {
    append(callId, entry) {
      const { seq, type } = entry;
      const kept = repeats.shorten(callId, entry);
      const long = longText(kept);
      const line = long === null ? jsonText(kept) : entry;
      writer.post(appendEntries, {
        callId,
        seq,
        type,
        entry: line,
        chars: typeof line === 'string' ? line.length : (long ?? '').length,
      });
      if (entry.type === 'recording') writer.post(indexRecordings, { callId, entry });
    },
  };
}

/** All committed entries of a call in order; empty when there are none. */
export async function readJournal(reader: Database, callId: string): Promise<readonly JournalEntry[]> {
  const rows = await reader.selectFrom('journal').select('entry').where('call_id', '=', callId).orderBy('seq').execute();
  return restoreRepeatedValues(rows.map((row) => parseExact(row.entry) as JournalEntry | ShortenedEntry));
}
