import type { Clock } from '../../lib/clock.js';
import { TrimmedJournal } from './trimmed-journal.js';
import type { JournalEntry, JournalEvent, JournalSink } from '../../model/journal.js';

/** The one writer of a call's journal: numbers and dates every event, keeps it for the report and hands it to the sinks. */
export interface JournalWriter {
  append(event: JournalEvent): void;
  /** Everything so far, in order; see {@link TrimmedJournal} for what of long texts. */
  readonly entries: readonly JournalEntry[];
}

/**
 * Makes the writer of one call.
 *
 * @param callId the call
 * @param clock dates the entries; the monotonic part decides `ms`
 * @param sinks each is given every entry, in order
 */
export function createJournalWriter(callId: string, clock: Clock, sinks: readonly JournalSink[]): JournalWriter {
  const kept = new TrimmedJournal();
  const begun = clock.monotonic();
  return {
    entries: kept.entries,
    append(event) {
      const entry: JournalEntry = { ...event, seq: kept.entries.length + 1, at: clock.now(), ms: clock.monotonic() - begun };
      kept.add(entry);
      for (const sink of sinks) sink.append(callId, entry);
    },
  };
}
