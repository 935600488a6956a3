import type { Clock } from '../lib/clock.js';
import type { JournalEntry, JournalEvent, JournalSink } from './journal.js';

/** The one writer of a call's journal: numbers and dates every event, keeps it for the report and hands it to the sinks. */
export interface JournalWriter {
  append(event: JournalEvent): void;
  /** Everything so far, in order. */
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
  const entries: JournalEntry[] = [];
  const begun = clock.monotonic();
  return {
    entries,
    append(event) {
      const entry: JournalEntry = { ...event, seq: entries.length + 1, at: clock.now(), ms: clock.monotonic() - begun };
      entries.push(entry);
      for (const sink of sinks) sink.append(callId, entry);
    },
  };
}
