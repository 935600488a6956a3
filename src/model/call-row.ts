import type { JsonObject } from '../lib/json/json.js';
import type { Termination } from './termination.js';

/* A call as it is kept: its row, its beginning, its end, and which calls somebody asks for. */

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
  /** Null while live. */
  readonly termination: Termination | null;
  readonly lastWidget: string | null;
}

/** A call that begins. */
export type NewCall = Pick<CallRow, 'id' | 'direction' | 'flowId' | 'flowVersion' | 'cli' | 'did' | 'startedAt'>;

/** The end of a call. */
export interface CallEnd {
  readonly id: string;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  readonly termination: Termination;
  readonly lastWidget: string | null;
  /** Kept queryable when the flow asked for it (docs/behaviour.md#persist); null otherwise. */
  readonly variables: JsonObject | null;
  /** Report columns by name (UDF); absent or null: the flow has none. */
  readonly udf?: JsonObject | null;
  /** A recording is not final yet; see `CallStore.recorded`. */
  readonly awaitsRecording?: boolean;
}

/** Which calls; absent fields do not restrict. */
export interface CallFilter {
  readonly live?: boolean | undefined;
  /** Started at or after, wall-clock ms. */
  readonly from?: number | undefined;
  /** Started before, wall-clock ms. */
  readonly to?: number | undefined;
  readonly cli?: string | undefined;
  readonly did?: string | undefined;
  readonly flow?: string | undefined;
  /** Q.850 cause. */
  readonly cause?: number | undefined;
}

/** A call with what was kept after its end. */
export interface StoredCall {
  readonly call: CallRow;
  /** Kept when the flow asked for it (docs/behaviour.md#persist). */
  readonly variables: JsonObject | null;
  /** Report columns by name; null while the call lives and when its flow has none. */
  readonly udf: JsonObject | null;
}
