import type { JsonObject } from '../../lib/json/json.js';
import type { ReportData, ReportLeg } from '../../model/report.js';

/*
 * A call that is over, as the report wants it. Built from the journal and the call row at the end of the call; all times are
 * wall-clock ms.
 */

/** A key the far party of a leg pressed. */
export interface EndedKey {
  readonly key: string;
  readonly at: number;
  /** Label or id of the widget that took it. */
  readonly label: string;
  /** Keyed into a masked collect: shown as `***`. */
  readonly masked: boolean;
}

export interface EndedLeg extends ReportLeg {
  readonly id: string;
  readonly party: 'VISITOR' | 'AGENT' | 'HARD_PHONE' | null;
  readonly endedAt: number;
  /** Q.850. */
  readonly cause: number;
  /** The far party ended this leg; null when unknown. */
  readonly remoteHangup: boolean | null;
  readonly keys: readonly EndedKey[];
}

/** {@link ReportData} as the journal has it, and what has to be worked out at the end. */
export interface EndedCall extends ReportData {
  readonly callId: string;
  readonly flowId: string;
  readonly flowVersion: string;
  /** IANA zone of the flow. */
  readonly timeZone: string;
  readonly direction: 'inbound' | 'outbound';
  /** Name of this machine, for `cdrId`; null when it should not be told. */
  readonly host: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  readonly termination: {
    readonly by: string;
    readonly cause: number;
    readonly sip: number | null;
    readonly reason: string;
  };
  /** In order of creation: the caller's first. */
  readonly legs: readonly EndedLeg[];
  /** Report columns by name; null: never set. */
  readonly udf: JsonObject;
  /** `$call.*` without the prefix. */
  readonly callVariables: JsonObject;
  readonly recordings: readonly {
    readonly name: string;
    readonly url: string;
    readonly ms: number;
    readonly bytes: number;
    readonly format: string;
    /** Id of the leg that was recorded; absent: the caller's. */
    readonly leg?: string;
  }[];
  readonly http: readonly {
    readonly widget: string;
    readonly url: string;
    readonly method: string;
    readonly status: number | null;
    readonly ms: number;
    readonly attempts: number;
    readonly error: string | null;
  }[];
}
