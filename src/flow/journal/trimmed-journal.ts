import { operationNamed } from '../../model/operations.js';
import type { JsonObject } from '../../lib/json/json.js';
import { jsonField } from '../../lib/json/json-field.js';
import { isLong } from '../../lib/json/long-value.js';
import type { JournalEntry } from '../../model/journal.js';

/**
 * What a live call remembers of its own journal until its end is made of it: every entry, but none of the long texts that the end has no
 * use for. They are what a webhook or a function answered, and values that were overwritten since. A call that asks for a large answer again
 * and again would else hold all of them to its end. A call of an integration remembers its values: its events tell of their moment.
 */
export class TrimmedJournal {
  readonly #entries: JournalEntry[] = [];
  /** Where each variable was set last. */
  readonly #set = new Map<string, number>();
  #tellsMoments = false;

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  add(entry: JournalEntry): void {
    if (entry.type === 'call') this.#tellsMoments = entry.integration !== undefined;
    if (entry.type === 'set' || entry.type === 'clear') this.#forget(entry.name);
    if (entry.type === 'set') this.#set.set(entry.name, this.#entries.length);
    this.#entries.push(entry.type === 'answer' ? withoutBody(entry) : entry);
  }

  #forget(name: string): void {
    const at = this.#set.get(name);
    const before = at === undefined ? undefined : this.#entries[at];
    if (at === undefined || before?.type !== 'set' || this.#tellsMoments || !isLong(before.value)) return;
    this.#entries[at] = { ...before, value: null };
  }
}

/** An answer without its body and what was read out of it, when that is long. */
function withoutBody(entry: JournalEntry & { readonly type: 'answer' }): JournalEntry {
  const { bulk: fields = [] } = operationNamed(entry.op);
  if (!fields.some((name) => isLong(jsonField(entry.answer, name) ?? null))) return entry;
  const nothing = Object.fromEntries(fields.map((name) => [name, null]));
  return { ...entry, answer: { ...(entry.answer as JsonObject), ...nothing } };
}
