import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CallRow, CallStore } from '../call/ports.js';
import { commitEnd, type EndingServices } from './ending.js';
import type { Flow } from '../flow/document.js';
import { foldJournal, type JournalSummary } from '../flow/fold.js';
import type { JournalEntry, JournalEvent, JournalSink, Termination } from '../flow/journal.js';
import type { Logger } from '../lib/log.js';
import { repairWav } from '../media/wav.js';
import type { NewDelivery } from '../webhooks/ports.js';

/** Q.850 41, temporary failure: the process that carried the call died. */
const CRASHED: Termination = { by: 'crash', cause: 41, sip: null, reason: 'interrupted' };

export interface RecoveryServices {
  readonly calls: CallStore<NewDelivery>;
  readonly journalOf: (callId: string) => Promise<readonly JournalEntry[]>;
  readonly journal: JournalSink;
  readonly ending: EndingServices;
  readonly recordingsDir: string;
  /** The flow of that id, as it is now. */
  readonly flow: (id: string) => Pick<Flow, 'document'> | undefined;
  /** When the process that carried the calls was last seen alive, wall-clock ms; null when nobody knows. */
  readonly lastSignOfLife: number | null;
  readonly log: Logger;
}

/**
 * Ends every call that an earlier process left without an end (kill -9, power): cause `interrupted`, last widget and variables
 * from its journal, torn recordings repaired, and its report as for any other call. Returns how many there were.
 */
export async function recoverCalls(services: RecoveryServices): Promise<number> {
  const open = await services.calls.openCalls();
  for (const row of open) {
    try {
      await recoverCall(services, row);
      services.log.warn({ call: row.id, lastWidget: row.lastWidget }, 'a call that a crash interrupted was ended');
    } catch (error) {
      // One unreadable journal must not keep the others from their end, nor the process from starting.
      services.log.error(
        { call: row.id, error: String(error) },
        'an interrupted call could not be ended; it is tried again at the next start',
      );
    }
  }
  return open.length;
}

async function recoverCall(services: RecoveryServices, row: CallRow): Promise<void> {
  const entries = [...(await services.journalOf(row.id))];
  if (entries.length === 0) {
    entries.push(...beginning(row, services.flow(row.flowId)));
    for (const entry of entries) services.journal.append(row.id, entry);
  }
  const last = entries.at(-1);
  const summary = foldJournal(entries);
  const at = endOf(summary, row, services.lastSignOfLife);
  const append = (event: JournalEvent): void => {
    const ms = (last?.ms ?? 0) + Math.max(0, at - (last?.at ?? at));
    const entry: JournalEntry = { ...event, seq: entries.length + 1, at, ms };
    entries.push(entry);
    services.journal.append(row.id, entry);
  };
  const termination = summary.termination ?? terminationOf(summary);
  if (summary.termination === null) {
    for (const recording of await tornRecordings(services, entries)) append(recording);
    for (const leg of summary.legs.filter(({ endedAt }) => endedAt === null)) {
      append({ type: 'leg.ended', leg: leg.leg, cause: termination.cause, sip: null, remote: false });
    }
    append({ type: 'end', termination });
  }
  await commitEnd(services.ending, { callId: row.id, direction: row.direction, endedAt: at, termination }, entries);
}

/**
 * What the journal of a call begins with, for one that was lost with the process: the row is written first. A flow that is gone
 * since may have wanted its report: one too many is better than one too few.
 */
function beginning(row: CallRow, flow: Pick<Flow, 'document'> | undefined): JournalEntry[] {
  const { id: callId, flowId, flowVersion, direction, cli, did, startedAt: at } = row;
  const { timeZone = 'UTC', webhook = true } = flow?.document ?? {};
  const leg = { leg: callId, direction, callee: direction === 'inbound' ? cli : did, did, party: 'VISITOR' } as const;
  return [
    {
      type: 'call',
      callId,
      flowId,
      flowVersion,
      timeZone,
      webhook,
      facts: { uuid: callId, cli, did, direction },
      seq: 1,
      at,
      ms: 0,
    },
    { type: 'leg.created', leg, seq: 2, at, ms: 0 },
  ];
}

/** When the call ended, as far as can be known: with its last leg, else with the process, whose last sign is the latest trace. */
function endOf(summary: JournalSummary, row: CallRow, lastSignOfLife: number | null): number {
  const ends = summary.legs.map(({ endedAt }) => endedAt);
  if (ends.length > 0 && ends.every((at) => at !== null)) return Math.max(...ends);
  return Math.max(summary.lastAt ?? row.startedAt, lastSignOfLife ?? 0);
}

/** A caller who had hung up before the crash did end the call; only what the flow still had to do was interrupted. */
function terminationOf({ legs: [caller] }: JournalSummary): Termination {
  if (caller === undefined || caller.cause === null || !caller.remote) return CRASHED;
  return { ...CRASHED, by: 'caller', cause: caller.cause, sip: caller.sip };
}

/** Recordings that were started and never finished, as far as their files can be read. */
async function tornRecordings(services: RecoveryServices, entries: readonly JournalEntry[]): Promise<JournalEvent[]> {
  const finished = new Set(entries.flatMap((entry) => (entry.type === 'recording' ? [entry.id] : [])));
  const started = entries.flatMap((entry) => (entry.type === 'recording.started' ? [entry] : []));
  const files = new Set(safeList(services.recordingsDir));
  const torn = started.filter(({ id, file }) => !finished.has(id) && files.has(file));
  const events: JournalEvent[] = [];
  for (const { id, name, file } of torn) {
    const repaired = await repairWav(join(services.recordingsDir, file));
    if (!repaired.ok) continue;
    const { ms: durationMs, bytes } = repaired.value;
    events.push({ type: 'recording', id, name, file, durationMs, bytes, format: 'wav' });
  }
  return events;
}

function safeList(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
