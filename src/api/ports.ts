import type { CallRow } from '../call/ports.js';
import type { JournalSummary } from '../flow/fold.js';
import type { JournalEntry } from '../flow/journal.js';
import type { JsonObject } from '../lib/json.js';
import type { Problem } from '../lib/problem.js';
import type { Delivery, DeliveryState } from '../webhooks/ports.js';

/* What the API needs from the other rooms. `store`, `call`, `flow` and `webhooks` fit these by shape; `main.ts` joins them. */

/** Where a page ended; lists run from the newest to the oldest. `at` is wall-clock ms. */
export interface PageKey {
  readonly at: number;
  readonly id: string;
}

export interface PageRequest {
  readonly limit: number;
  readonly after: PageKey | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly next: PageKey | null;
}

export interface CallFilter {
  readonly live?: boolean | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly cli?: string | undefined;
  readonly did?: string | undefined;
  readonly flow?: string | undefined;
  readonly cause?: number | undefined;
}

export interface DeliveryFilter {
  readonly state?: DeliveryState | undefined;
  readonly call?: string | undefined;
}

export interface StoredRecording {
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  /** File name below the recordings folder. */
  readonly file: string;
  readonly ms: number;
  readonly bytes: number;
  readonly format: 'wav';
  readonly at: number;
}

/** Questions about what is stored. */
export interface ApiQueries {
  calls(filter: CallFilter, page: PageRequest): Promise<Page<CallRow>>;
  call(id: string): Promise<{ readonly call: CallRow; readonly variables: JsonObject | null } | null>;
  journal(callId: string): Promise<readonly JournalEntry[]>;
  recordings(callId: string): Promise<readonly StoredRecording[]>;
  recording(id: string): Promise<StoredRecording | null>;
  deliveries(
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<Page<Omit<Delivery, 'body' | 'attempts'> & { readonly attempts: number }>>;
  delivery(id: string): Promise<Delivery | null>;
  deliveryCounts(): Promise<{ readonly pending: number; readonly dead: number }>;
}

/** A flow in use, as far as the API shows it. */
export interface ShownFlow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The flow file. */
  readonly document: object;
}

export interface ApiFlows {
  /** Those that new calls get now. */
  all(): readonly ShownFlow[];
  find(id: string): ShownFlow | null;
  /** Checks the text of a flow file; an empty list: nothing to say. */
  check(text: string): readonly Problem[];
}

/** What happens, as it happens. */
export type FeedEvent =
  | { readonly kind: 'journal'; readonly callId: string; readonly entry: JournalEntry }
  /** A call that was refused before it had a row: no port, limit reached, unknown number. `at` is wall-clock ms. */
  | { readonly kind: 'refused'; readonly at: number; readonly status: number; readonly reason: string };

export interface ApiFeed {
  /** Returns the function that ends the subscription. Listeners must not throw. */
  subscribe(listener: (event: FeedEvent) => void): () => void;
}

/** How the process is, at this moment. */
export interface ApiStatus {
  /** Why no new call should be sent here; empty when ready. */
  notReady(): readonly string[];
  liveCalls(): number;
  storeBacklog(): number;
  media(): {
    readonly sessions: number;
    readonly portsFree: number;
    readonly workers: readonly { readonly sessions: number; readonly lateP99Ms: number; readonly cpuShare: number }[];
  };
}

export interface ApiPorts {
  readonly queries: ApiQueries;
  readonly flows: ApiFlows;
  readonly feed: ApiFeed;
  readonly status: ApiStatus;
  /** Hangs a live call up; false when no live call has the id. */
  hangup(callId: string): boolean;
  /** Makes a delivery due again and wakes its sender; false when there is none of that id. */
  replay(deliveryId: string): Promise<boolean>;
  /** `foldJournal` of flow. */
  foldJournal(entries: readonly JournalEntry[]): JournalSummary;
}
