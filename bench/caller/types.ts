import type { Summary } from '../statistics.js';

/*
 * What the caller process is told to do, and what it reports.
 */

/** One load. All times are ms from its start; everything is bounded, so a load ends by itself. */
export interface Load {
  /** SIP port (UDP) on 127.0.0.1, and the number to call there. */
  readonly port: number;
  readonly number: string;
  /** Calls in all, and at one time. A call that ends makes room for the next one. */
  readonly calls: number;
  readonly atOnce: number;
  readonly startsPerSecond: number;
  /** No call starts after this. */
  readonly launchMs: number;
  /** What is counted for rates and packet intervals. */
  readonly window: { readonly fromMs: number; readonly toMs: number };
  /** When a call presses its key, ms after its ACK; null: never. */
  readonly keyAfterMs: number | null;
  /** Which calls send audio (silence, 50 packets/s) as a phone does. */
  readonly audio: 'all' | 'every other' | 'none';
  /** Packets of the tone of this frequency a call must have heard to be a good one; null: being answered and hung up on is enough. */
  readonly expect: { readonly hertz: number; readonly packets: number } | null;
}

/** One call as its caller saw it. Times are ms of the machine's monotonic clock (`now`); 0: did not happen. */
export interface CallRecord {
  /** The number it called from; no other call has it. */
  readonly caller: string;
  /** Null when all went well. */
  failure: string | null;
  /** Sent no audio. */
  readonly silent: boolean;
  /** Began within the window. */
  readonly counted: boolean;
  invited: number;
  answered: number;
  acknowledged: number;
  firstPacket: number;
  keyBegan: number;
  keyEnded: number;
  /** First packet of the tone of {@link Load.expect}. */
  firstExpected: number;
  ended: number;
  /** From the last packet of one tone to the first of another, beyond the 20 ms of a packet; ms. */
  readonly joints: number[];
}

export interface LoadReport {
  readonly calls: readonly CallRecord[];
  /** Of all calls: packets missing by sequence number. */
  readonly lost: number;
  /** Between two packets of the same tone, in the window; ms. */
  readonly intervals: Summary;
  /** Messages sent or received again. */
  readonly repeated: number;
  /** Calls that ended in the window, and mean number of calls in it. */
  readonly endedInWindow: number;
  readonly meanCalls: number;
  /** How late this process was in its own work, in the window; ms. Arrival times are no better than this. */
  readonly ownDelay: Summary;
}

export type ToCaller = { readonly load: Load };
export type FromCaller =
  | { readonly ready: true }
  /** The window has begun, or is over. */
  | { readonly window: 'open' | 'closed' }
  | { readonly report: LoadReport };
