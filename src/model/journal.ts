import type { Json, JsonObject } from '../lib/json/json.js';
import type { CallEvent, OfLeg } from './call-events.js';
import type { Termination } from './termination.js';

/*
 * The journal of one call: everything that happened, in order. From it come the timeline, the report, recovery after a crash and
 * replay (docs/decisions/0003-journal-first.md). Masked values are journalled as `***`.
 */

/** A named column of the report that holds the last value of a variable (docs/behaviour.md#report-columns). */
export interface UdfColumn {
  readonly name: string;
  /** With namespace, e.g. `$flow.key.order`. */
  readonly variable: string;
  readonly type: 'string' | 'number' | 'boolean' | 'json';
}

export type JournalEvent =
  /** First entry of every call. `facts` are the `$call.*` values known at the start. */
  | {
      readonly type: 'call';
      /** Version of the format of this journal (`journal-format.ts`); absent: 1. */
      readonly format?: number;
      readonly callId: string;
      readonly flowId: string;
      readonly flowVersion: string;
      /** IANA zone of the flow, for the report's timestamps. */
      readonly timeZone: string;
      /** The flow wants its report posted (docs/behaviour.md#report-switch). */
      readonly webhook: boolean;
      readonly facts: JsonObject;
      /** Report columns of the flow (UDF); absent: it has none. */
      readonly udf?: readonly UdfColumn[];
      /** How the flow compares texts that are written as numbers; absent, as in journals from before: as numbers. */
      readonly digits?: 'text';
      /** A flow that ends when its last prompt could not be played says the goodbye; absent, as in journals from before: it just ends. */
      readonly failedPrompts?: 'goodbye';
      /** The process that carries the call, and how long it had lived then, ms; absent in journals of older versions. */
      readonly process?: { readonly id: string; readonly ms: number };
      /** Id of the integration the call belongs to to its end; absent: none. */
      readonly integration?: string;
    }
  /** What happened outside the flow. */
  | CallEvent
  /** A widget begins. `anchor` names the branch it belongs to. */
  | {
      readonly type: 'enter';
      readonly step: number;
      readonly widget: string;
      readonly widgetType: string;
      readonly label: string | null;
      readonly anchor: 'start' | 'onRemoteHangup' | 'onFlowComplete' | 'onError';
    }
  /** A widget asks a port something. `ask` numbers the questions of the call. */
  | ({
      readonly type: 'ask';
      readonly step: number;
      readonly ask: number;
      readonly op: string;
      readonly request: Json;
    } & OfLeg)
  /** The recorded input: what the port answered. */
  | ({
      readonly type: 'answer';
      readonly step: number;
      readonly ask: number;
      readonly op: string;
      readonly answer: Json;
    } & OfLeg)
  /** The keys a collect had taken when the call, or a race, ended before its input did: no answer follows. */
  | ({ readonly type: 'collect.left'; readonly step: number; readonly ask: number; readonly answer: Json } & OfLeg)
  | { readonly type: 'set'; readonly step: number; readonly name: string; readonly value: Json; readonly masked?: true }
  | { readonly type: 'clear'; readonly step: number; readonly name: string }
  /** Fields of a widget's result, `$widget.<widget>.*`, that are read from the journal. Those that are not there have no value. */
  | { readonly type: 'result'; readonly step: number; readonly widget: string; readonly value: JsonObject }
  | { readonly type: 'exit'; readonly step: number; readonly widget: string; readonly exit: string; readonly next: string | null }
  /** A widget threw, a limit was hit: pinned to the widget. */
  | { readonly type: 'fault'; readonly step: number; readonly widget: string; readonly code: string; readonly message: string }
  /** The run asks that its variables stay queryable after the call (docs/behaviour.md#persist). */
  | { readonly type: 'persist'; readonly step: number }
  /** Last entry of every call. */
  | { readonly type: 'end'; readonly termination: Termination };

/**
 * One thing that happened in a call, with its place and time: `seq` counts from 1 without gaps, `at` is wall-clock ms, `ms` monotonic since the
 * first entry. The first entry of a journal is `call`, the last one `end`. An answer stands in the journal before the widget sees it, so
 * the entries alone are enough to repeat a run, to go on after a crash and to write the report.
 *
 * @example
 * // The widget `menu` left by its exit `1`, four seconds into the call.
 * const entry: JournalEntry = { type: 'exit', step: 3, widget: 'main-menu', exit: '1', next: 'sales', seq: 17, at: 1_760_000_004_000, ms: 4000 };
 */
export type JournalEntry = JournalEvent & { readonly seq: number; readonly at: number; readonly ms: number };

/** Where entries go; must not throw and must not wait. */
export interface JournalSink {
  append(callId: string, entry: JournalEntry): void;
}
