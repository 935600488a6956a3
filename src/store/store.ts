import type { ApiQueries } from '../api/ports.js';
import type { CallStore } from '../call/ports.js';
import type { UserVariablesPort } from '../flow/ports.js';
import type { LinkStore, PauseStore } from '../functions/contract/ports.js';
import type { IntegrationStore } from '../integrations/ports.js';
import type { CallCounts, CallPeriod } from '../model/call-counts.js';
import type { NewDelivery } from '../model/delivery.js';
import type { JournalSink } from '../model/journal.js';
import type { StoredRecording } from '../model/recording.js';
import type { DeliveryStore } from '../webhooks/ports.js';

/*
 * What a store is, whatever database keeps it. `sqlite/` is one.
 */

/** Everything Offhook remembers, as one facet per consumer. */
export interface Store {
  readonly calls: CallStore<NewDelivery>;
  readonly journal: JournalSink;
  readonly users: UserVariablesPort;
  readonly deliveries: DeliveryStore;
  readonly links: LinkStore;
  readonly pauses: PauseStore;
  readonly integrations: IntegrationStore;
  readonly queries: StoreQueries;
  readonly retention: Retention;
  /** True when there was no database, or an empty one, and it was made just now. */
  readonly isNew: boolean;
  health(): StoreHealth;
  /** Resolves when everything handed over so far is committed. */
  flush(): Promise<void>;
  /** Commits what is queued (for at most 5 s) and closes the file. Idempotent. */
  close(): Promise<void>;
}

/** What people ask of the store. Answers are of committed data; asking never holds up a call. */
export interface StoreQueries extends ApiQueries {
  /** What calls of a period add up to. */
  callCounts(period: CallPeriod): Promise<CallCounts>;
}

/** Forgetting what is older than the operator wants to keep. Each answers a chunk; call again until it answers nothing. */
export interface Retention {
  /** Forgets calls that ended before (wall-clock ms) and have nothing left to deliver; answers how many. */
  calls(before: number): Promise<number>;
  /** Forgets recordings finished before (wall-clock ms); the caller deletes the files of those answered. */
  recordings(before: number): Promise<readonly StoredRecording[]>;
}

/** Whether what is handed over reaches the database. */
export interface StoreHealth {
  /** False when the database has not accepted writes for longer than a moment, or entries had to be dropped since it last did. */
  readonly ok: boolean;
  /** A sentence; null when ok. */
  readonly reason: string | null;
  /** Writes that are queued or in flight. */
  readonly backlog: number;
  readonly backlogBytes: number;
  /** Journal entries dropped since the start because the queue was full. */
  readonly dropped: number;
}

/** The queue is full and the database does not take writes: the code of {@link StoreUnavailable} is `STORE_UNAVAILABLE`. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly code = 'STORE_UNAVAILABLE';
}
