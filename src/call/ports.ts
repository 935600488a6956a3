/*
 * What a call needs from the store (docs/decisions/0010-the-end-is-one-transaction.md): a row from the first INVITE,
 * and an end that commits together with whatever must be delivered because of it.
 */
import type { CallRow, NewCall, CallEnd } from '../model/call-row.js';

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
