import type { JournalEntry } from '../model/journal.js';
import type { Json } from '../lib/json/json.js';
import { jsonField } from '../lib/json/json-field.js';
import { isLong } from '../lib/json/long-value.js';

/*
 * A long text that a webhook answered is a variable the moment after, and would stand in the journal twice. The second time only says
 * where the first one is.
 */

type SetEntry = JournalEntry & { readonly type: 'set' };

/** A `set` of the text that the answer with that `seq` came with. */
export type Shortened = Omit<SetEntry, 'value'> & { readonly sameAs: number };

/** The text by which an entry is long; null when it is not. */
export function longText(entry: JournalEntry | Shortened): string | null {
  const text =
    'sameAs' in entry ? null : entry.type === 'set' ? entry.value : entry.type === 'answer' ? rawOf(entry.answer) : null;
  return typeof text === 'string' && isLong(text) ? text : null;
}

function rawOf(answer: Json): Json {
  return jsonField(answer, 'raw') ?? null;
}

/** Knows the long text that each call was answered last. */
export class Repeats {
  readonly #answered = new Map<string, { readonly seq: number; readonly text: string }>();

  /** The entry as it is to be stored. */
  shorten(callId: string, entry: JournalEntry): JournalEntry | Shortened {
    if (entry.type === 'exit' || entry.type === 'end') this.#answered.delete(callId);
    const text = longText(entry);
    if (text === null) return entry;
    if (entry.type === 'answer') this.#answered.set(callId, { seq: entry.seq, text });
    const before = this.#answered.get(callId);
    if (entry.type !== 'set' || before?.text !== text) return entry;
    const { type, step, name, masked, seq, at, ms } = entry;
    return { type, step, name, ...(masked && { masked }), sameAs: before.seq, seq, at, ms };
  }
}

/** Stored entries as they were. A text whose answer got lost is null. */
export function withRepeats(stored: readonly (JournalEntry | Shortened)[]): readonly JournalEntry[] {
  const raws = new Map<number, Json>();
  return stored.map((entry) => {
    if (!('sameAs' in entry)) {
      if (entry.type === 'answer' && longText(entry) !== null) raws.set(entry.seq, rawOf(entry.answer));
      return entry;
    }
    const { sameAs, ...rest } = entry;
    return { ...rest, value: raws.get(sameAs) ?? null };
  });
}
