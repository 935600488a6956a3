/*
 * What the story of a call needs from the store (docs/decisions/0010-the-end-is-one-transaction.md): a row from the first INVITE,
 * and an end that commits together with whatever must be delivered because of it.
 */
import type { JsonObject } from '../lib/json/json.js';

/** A call as its row knows it. Times are wall-clock ms. */
export interface CallRow {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly flowId: string;
  readonly flowVersion: string;
  readonly cli: string;
  readonly did: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** Who ended it, Q.850 cause, SIP status, reason: see `Termination` of flow; null while live. */
  readonly termination: {
    readonly by: string;
    readonly cause: number;
    readonly sip: number | null;
    readonly reason: string;
  } | null;
  readonly lastWidget: string | null;
}

export type NewCall = Pick<CallRow, 'id' | 'direction' | 'flowId' | 'flowVersion' | 'cli' | 'did' | 'startedAt'>;

export interface CallEnd {
  readonly id: string;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  readonly termination: NonNullable<CallRow['termination']>;
  readonly lastWidget: string | null;
  /** Kept queryable when the flow asked for it (docs/behaviour.md#persist); null otherwise. */
  readonly variables: JsonObject | null;
  /** Report columns by name (UDF); absent or null: the flow has none. */
  readonly udf?: JsonObject | null;
  /** A recording is not final yet; see {@link CallStore.recorded}. */
  readonly awaitsRecording?: boolean;
}

/** `D` is the delivery type of webhooks: call neither knows nor imports it. */
export interface CallStore<D> {
  /** Commits the row; resolves when it is durable. */
  begin(call: NewCall): Promise<void>;
  /** Commits the end and its deliveries in one transaction, after every journal entry appended so far. Idempotent per call id. */
  end(end: CallEnd, deliveries: readonly D[]): Promise<void>;
  /** Every recording of an ended call is final, or given up. */
  recorded(id: string): Promise<void>;
  /** Ended calls that still wait for a recording. */
  awaitingRecordings(): Promise<readonly CallRow[]>;
  /** Rows without an end: what a crash left behind. */
  openCalls(): Promise<readonly CallRow[]>;
}
