import type { JsonObject } from '../../lib/json/json.js';
import { RequestReader, type WebhookSummary } from './requests.js';
import { JournalState, type KeySummary, type LegSummary, type RecordingSummary, type StepSummary } from './state.js';
import type { JournalEntry, UdfColumn } from '../../model/journal.js';
import type { ReportData, ReportFault } from '../../model/report.js';
import type { Termination } from '../../model/termination.js';

export type { KeySummary, LegSummary, RecordingSummary, StepSummary, WebhookSummary };

export interface FaultSummary extends ReportFault {
  readonly step: number;
}

/** What a journal says of its call: the one source of report, timeline and recovery. */
export interface JournalSummary extends ReportData {
  readonly callId: string | null;
  readonly flowId: string | null;
  readonly flowVersion: string | null;
  /** Of the flow; null in a journal that lost its first entry. */
  readonly timeZone: string | null;
  /** The flow wants its report posted (docs/behaviour.md#report-switch). */
  readonly webhook: boolean;
  /** `$call.*` at the start, with later values as far as the flow read them. */
  readonly facts: JsonObject;
  /** Wall-clock ms of the first and last entry; null in an empty journal. */
  readonly startedAt: number | null;
  readonly lastAt: number | null;
  /** In order of creation: the caller's first. */
  readonly legs: readonly LegSummary[];
  readonly steps: readonly StepSummary[];
  readonly keys: readonly KeySummary[];
  readonly webhooks: readonly WebhookSummary[];
  readonly recordings: readonly RecordingSummary[];
  /** Ids of recordings that were begun and neither finished nor lost. */
  readonly awaitedRecordings: readonly string[];
  /** Report columns of the flow. */
  readonly udf: readonly UdfColumn[];
  /** The variables stay queryable after the call (docs/behaviour.md#persist). */
  readonly persist: boolean;
  readonly faults: readonly FaultSummary[];
  /** Null while the call lives, or when the process died with it. */
  readonly termination: Termination | null;
}

/** Adds up a journal, whole or cut off anywhere. Throws `JournalFormatError` for one of a later format. */
export function summarizeJournal(entries: readonly JournalEntry[]): JournalSummary {
  const state = new JournalState();
  const requests = new RequestReader(state);
  const faults: FaultSummary[] = [];
  let persist = false;
  for (const entry of entries) {
    state.add(entry);
    requests.read(entry);
    if (entry.type === 'persist') persist = true;
    else if (entry.type === 'fault') {
      const { step, widget, code, message, at } = entry;
      faults.push({ step, widget, code, message, at });
    }
  }
  const { call, facts, startedAt, lastAt, legs, steps, keys, recordings, lastWidget, termination } = state;
  return {
    callId: call?.callId ?? null,
    flowId: call?.flowId ?? null,
    flowVersion: call?.flowVersion ?? null,
    timeZone: call?.timeZone ?? null,
    webhook: call?.webhook ?? false,
    facts,
    startedAt,
    lastAt,
    legs,
    steps,
    variables: state.variables.all(),
    keys,
    webhooks: requests.requests,
    recordings,
    awaitedRecordings: [...state.awaitedRecordings],
    udf: call?.udf ?? [],
    persist,
    faults,
    lastWidget,
    termination,
  };
}
