import type { CallStore } from '../call/ports.js';
import type { CallRow } from '../model/call-row.js';
import type { NewDelivery } from '../model/delivery.js';
import { commitEnd, type EndServices, addSettledRecording } from './end.js';
import type { Flow } from '../flow/document/document.js';
import { summarizeJournal, type JournalSummary } from '../flow/journal/summary.js';
import type { JournalEntry, JournalEvent, JournalSink } from '../model/journal.js';
import type { Termination } from '../model/termination.js';
import { codeOf } from '../model/journal-format.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import type { Heartbeat } from './heartbeat.js';
import { type RepairRecording, recordingRepairer, settleIncompleteRecordings } from './incomplete-recordings.js';

/** Q.850 41, temporary failure: the process that carried the call died. */
const CRASHED: Termination = { by: 'crash', cause: 41, sip: null, reason: 'interrupted' };

/** Longest that repairing recordings may hold the start up, ms: with a disk that hangs, calls are answered all the same. */
const REPAIR_WAIT_MS = 5000;

export interface RecoveryServices {
  readonly calls: CallStore<NewDelivery>;
  readonly journalOf: (callId: string) => Promise<readonly JournalEntry[]>;
  readonly journal: JournalSink;
  readonly ending: EndServices;
  /** The report that was queued with the end of a call, and the name of its webhook. */
  readonly reportOf: (callId: string) => Promise<{ readonly id: string; readonly webhook: string } | null>;
  readonly recordingsDir: string;
  /** The flow of that id, as it is now. */
  readonly flow: (id: string) => Pick<Flow, 'document'> | undefined;
  /** Id of the integration a call belongs to, as it is now, or null. */
  readonly integrationOf: (flow: Flow['document'] | undefined, did: string) => string | null;
  /** When the process that carried the calls was last seen alive; null when nobody knows. */
  readonly lastHeartbeat: Heartbeat | null;
  /** Longest a call may last, ms; 0: no limit. No call that a crash ended was longer. */
  readonly maxCallMs: number;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
}

/**
 * Ends every call that an earlier process left without an end (kill -9, power): cause `interrupted`, last widget and variables
 * from its journal, incomplete recordings repaired, and its report as for any other call. What a slow disk has not repaired in time is
 * repaired behind the start, as if its call had ended just before. Returns how many calls there were.
 */
export async function recoverCalls(services: RecoveryServices): Promise<number> {
  const repair = recordingRepairer(services.recordingsDir);
  let cancel = (): void => undefined;
  const timeUp = new Promise<null>((resolve) => {
    cancel = services.clock.after(REPAIR_WAIT_MS, () => resolve(null));
  });
  try {
    const count = await endOpenCalls(services, (file) => Promise.race([repair(file), timeUp]));
    const waiting = await services.calls.awaitingRecordings();
    if ((await Promise.race([settleAll(services, waiting, repair), timeUp])) === null) {
      services.log.warn(
        { calls: waiting.length },
        'recordings of an earlier process are still being repaired; calls are answered meanwhile',
      );
    }
    return count;
  } finally {
    cancel();
  }
}

async function endOpenCalls(services: RecoveryServices, repair: RepairRecording): Promise<number> {
  const open = await services.calls.openCalls();
  for (const row of open) {
    try {
      await recoverCall(services, row, repair);
      services.log.warn({ call: row.id, lastWidget: row.lastWidget }, 'a call that a crash interrupted was ended');
    } catch (error) {
      // One unreadable journal must not keep the others from their end, nor the process from starting.
      services.log.error(
        { code: codeOf(error, 'STORE_WRITE_FAILED'), call: row.id, error: String(error) },
        'an interrupted call could not be ended; it is tried again at the next start',
      );
    }
  }
  return open.length;
}

/** One call after the other: each holds its journal meanwhile. Never rejects: the next start finds a call that still waits. */
async function settleAll(services: RecoveryServices, rows: readonly CallRow[], repair: RepairRecording): Promise<void> {
  for (const row of rows) {
    try {
      await recoverRecordings(services, row, repair);
    } catch (error) {
      services.log.error(
        { code: codeOf(error, 'RECORDING_FAILED'), call: row.id, error: String(error) },
        'the recordings of a call could not be recovered',
      );
    }
  }
}

/** The process died after the end of a call and before its recordings were final: as far as their files can be read, they are now. */
async function recoverRecordings(services: RecoveryServices, row: CallRow, repair: RepairRecording): Promise<void> {
  const entries = [...(await services.journalOf(row.id))];
  const { termination } = summarizeJournal(entries);
  if (row.endedAt === null || termination === null) return;
  const { ending } = services;
  const recordings = await settleIncompleteRecordings(entries, repair);
  const append = appender(services, row.id, entries, ending.clock.now());
  for (const recording of recordings) append(recording);
  const end = { callId: row.id, direction: row.direction, endedAt: row.endedAt, termination };
  const queued = await services.reportOf(row.id);
  const webhook = ending.webhooks().find(({ name }) => name === queued?.webhook);
  const report = queued === null || webhook === undefined ? null : { id: queued.id, webhook };
  await addSettledRecording(ending, end, report, entries);
}

/** Adds to a journal that its process left, dated `at`. */
function appender(
  services: RecoveryServices,
  callId: string,
  entries: JournalEntry[],
  at: number,
): (event: JournalEvent) => void {
  const last = entries.at(-1);
  return (event) => {
    const ms = (last?.ms ?? 0) + Math.max(0, at - (last?.at ?? at));
    const entry: JournalEntry = { ...event, seq: (entries.at(-1)?.seq ?? 0) + 1, at, ms };
    entries.push(entry);
    services.journal.append(callId, entry);
  };
}

async function recoverCall(services: RecoveryServices, row: CallRow, repair: RepairRecording): Promise<void> {
  const entries = [...(await services.journalOf(row.id))];
  if (entries.length === 0) {
    entries.push(...beginning(services, row));
    for (const entry of entries) services.journal.append(row.id, entry);
  }
  const summary = summarizeJournal(entries);
  const at = endOf(summary, row, entries[0], services);
  const append = appender(services, row.id, entries, at);
  const termination = summary.termination ?? terminationOf(summary);
  if (summary.termination === null) {
    for (const recording of await settleIncompleteRecordings(entries, repair)) append(recording);
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
function beginning(services: Pick<RecoveryServices, 'flow' | 'integrationOf'>, row: CallRow): JournalEntry[] {
  const { id: callId, flowId, flowVersion, direction, cli, did, startedAt: at } = row;
  const document = services.flow(flowId)?.document;
  const { timeZone = 'UTC', webhook = true } = document ?? {};
  const integration = services.integrationOf(document, did);
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
      ...(integration !== null && { integration }),
      seq: 1,
      at,
      ms: 0,
    },
    { type: 'leg.created', leg, seq: 2, at, ms: 0 },
  ];
}

/** When the call ended, as far as can be known: with the caller's leg, else with the process, whose last heartbeat is the latest trace. */
function endOf(
  summary: JournalSummary,
  row: CallRow,
  first: JournalEntry | undefined,
  { lastHeartbeat, maxCallMs }: Pick<RecoveryServices, 'lastHeartbeat' | 'maxCallMs'>,
): number {
  const callerLeft = summary.legs[0]?.endedAt ?? null;
  if (callerLeft !== null) return callerLeft;
  const last = summary.lastAt ?? row.startedAt;
  const longest = maxCallMs > 0 ? row.startedAt + maxCallMs : Infinity;
  return Math.max(last, Math.min(lastSeen(first, lastHeartbeat), longest));
}

/**
 * The last heartbeat on the clock of the call, wall-clock ms. It is computed from the age of the process at the start of the call and at
 * the heartbeat, so setting the wall clock does not change it. A journal of an older version has the wall clock only.
 */
function lastSeen(first: JournalEntry | undefined, heartbeat: Heartbeat | null): number {
  if (heartbeat === null) return 0;
  const begun = first?.type === 'call' ? first.process : undefined;
  if (first === undefined || begun === undefined || begun.id !== heartbeat.process?.id) return heartbeat.at;
  return first.at + heartbeat.at - heartbeat.process.since - begun.ms;
}

/** A caller who had hung up before the crash did end the call; only what the flow still had to do was interrupted. */
function terminationOf({ legs: [caller] }: JournalSummary): Termination {
  if (caller === undefined || caller.cause === null || !caller.remote) return CRASHED;
  return { ...CRASHED, by: 'caller', cause: caller.cause, sip: caller.sip };
}
