import type { Json, JsonObject } from '../../lib/json/json.js';

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

export interface EndedLeg {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly party: 'VISITOR' | 'AGENT' | 'HARD_PHONE' | null;
  /** The far party's number. */
  readonly callee: string;
  readonly did: string;
  readonly startedAt: number;
  readonly ringingAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** Q.850. */
  readonly cause: number;
  readonly sip: number | null;
  /** The far party ended this leg; null when unknown. */
  readonly remoteHangup: boolean | null;
  readonly keys: readonly EndedKey[];
}

/** A variable that has a value at the end. */
export interface EndedVariable {
  /** With namespace, e.g. `$flow.key.order`. */
  readonly name: string;
  readonly value: Json;
  readonly masked: boolean;
}

export interface EndedCall {
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
  readonly lastWidget: string | null;
  /** What went wrong, with its code; `at` is wall-clock ms. */
  readonly faults?: readonly { readonly widget: string; readonly code: string; readonly message: string; readonly at: number }[];
  /** In order of creation: the caller's first. */
  readonly legs: readonly EndedLeg[];
  /** In first-set order (docs/behaviour.md#report-variables); every namespace a flow can write. */
  readonly variables: readonly EndedVariable[];
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
  readonly steps: readonly {
    readonly widget: string;
    /** Null when the call ended inside the widget. */
    readonly exit: string | null;
    readonly at: number;
    readonly ms: number;
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
