import type { JournalEntry } from '../model/journal.js';
import type { Json } from '../lib/json/json.js';
import { jsonField } from '../lib/json/json-field.js';
import { isLong } from '../lib/json/long-value.js';

/*
 * A long text in a webhook's answer becomes the value of a variable right after, and would be stored twice. The second entry is stored
 * with a reference to the first one instead of the value.
 */

type SetEntry = JournalEntry & { readonly type: 'set' };

/** A `set` entry without its value; `sameAs` is the `seq` of the answer that holds it. */
export type ShortenedEntry = Omit<SetEntry, 'value'> & { readonly sameAs: number };

/** The long text of an entry; null when the entry has none. */
export function longText(entry: JournalEntry | ShortenedEntry): string | null {
  const text =
    'sameAs' in entry ? null : entry.type === 'set' ? entry.value : entry.type === 'answer' ? rawOf(entry.answer) : null;
  return typeof text === 'string' && isLong(text) ? text : null;
}

function rawOf(answer: Json): Json {
  return jsonField(answer, 'raw') ?? null;
}

/** Remembers the last long text that each call received, and shortens the entry that repeats it. */
export class RepeatedValues {
  readonly #answered = new Map<string, { readonly seq: number; readonly text: string }>();

  /** The entry as it is to be stored. */
  shorten(callId: string, entry: JournalEntry): JournalEntry | ShortenedEntry {
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

/** Puts the repeated values back into stored entries. A value whose answer is missing is null. */
export function restoreRepeatedValues(stored: readonly (JournalEntry | ShortenedEntry)[]): readonly JournalEntry[] {
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
