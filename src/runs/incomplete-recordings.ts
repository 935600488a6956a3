import { join } from 'node:path';
import { summarizeJournal } from '../flow/journal/summary.js';
import type { JournalEntry, JournalEvent } from '../model/journal.js';
import type { Result } from '../lib/result.js';
import { type RepairedWav, repairWav } from '../media/codec/wav.js';

/** Repairs an incomplete file as far as it can be read; null when the time is up first. */
export type RepairRecording = (file: string) => Promise<Result<RepairedWav, string> | null>;

/**
 * Repairs the files of a folder, each once however often it is asked for, one after the other: a disk that hangs holds one thread of
 * Node's pool, and leaves the others to the database.
 *
 * @param repairOne makes the file at a path whole; never rejects
 */
export function recordingRepairer(folder: string, repairOne = repairWav): (file: string) => Promise<Result<RepairedWav, string>> {
  const begun = new Map<string, Promise<Result<RepairedWav, string>>>();
  let last: Promise<unknown> = Promise.resolve();
  return (file) => {
    const known = begun.get(file);
    if (known !== undefined) return known;
    const repaired = last.then(() => repairOne(join(folder, file)));
    last = repaired;
    begun.set(file, repaired);
    return repaired;
  };
}

/**
 * Repairs the incomplete recordings of a journal: those that were started and not finished when the process ended. Returns an event for
 * each: `recording` with what could be read, or `recording.lost`. One whose repair takes too long gets no event yet.
 */
export async function settleIncompleteRecordings(
  entries: readonly JournalEntry[],
  repair: RepairRecording,
): Promise<readonly JournalEvent[]> {
  const awaited = new Set(summarizeJournal(entries).awaitedRecordings);
  const events: JournalEvent[] = [];
  for (const entry of entries) {
    if (entry.type !== 'recording.started' || !awaited.has(entry.id)) continue;
    const { id, name, file, leg } = entry;
    const ofLeg = leg === undefined ? {} : { leg };
    const repaired = await repair(file);
    if (repaired === null) continue;
    if (repaired.ok) {
      const { ms: durationMs, bytes } = repaired.value;
      events.push({ type: 'recording', id, name, file, durationMs, bytes, format: 'wav', ...ofLeg });
    } else events.push({ type: 'recording.lost', id, ...ofLeg });
  }
  return events;
}
