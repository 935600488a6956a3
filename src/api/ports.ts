import type { CallRow, CallFilter, StoredCall } from '../model/call-row.js';
import type { Delivery, DeliverySelection, DeliverySummary } from '../model/delivery.js';
import type { PageRequest, Page } from '../model/page.js';
import type { StoredRecording } from '../model/recording.js';
import type { JournalEntry } from '../model/journal.js';

/* What the API needs from the other rooms. `store`, `call`, `flow` and `webhooks` fit these by shape; `app/api-ports.ts` joins them. */

/** Questions about what is stored. */
export interface ApiQueries {
  calls(filter: CallFilter, page: PageRequest): Promise<Page<CallRow>>;
  call(id: string): Promise<StoredCall | null>;
  journal(callId: string): Promise<readonly JournalEntry[]>;
  recordings(callId: string): Promise<readonly StoredRecording[]>;
  recording(id: string): Promise<StoredRecording | null>;
  deliveries(filter: DeliverySelection, page: PageRequest): Promise<Page<DeliverySummary>>;
  delivery(id: string): Promise<Delivery | null>;
  deliveryCounts(): Promise<{ readonly pending: number; readonly dead: number }>;
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
  /** Why calls were refused because of load in the last minute, with value and limit; the reasons are a fixed set of words. */
  loadRefusals?(): readonly { readonly reason: string; readonly text: string; readonly count: number }[];
  /** Flows that numbers lead to with texts in languages that nobody on this machine speaks. */
  muteFlows?(): readonly { readonly flow: string; readonly languages: readonly string[] }[];
  /** Calls that may be taken at one time, and calls that had to give way to others since the start. */
  callLimits?(): { readonly calls: number; readonly gaveWay: number };
  liveCalls(): number;
  /** Files of the configuration folder that are not used as they are now: broken flows, `webhooks.json`, `credentials.json`. */
  refusedFiles(): readonly string[];
  /** SIP requests that were turned away before they were calls, by reason: a fixed set of words. */
  sipRefusals(): Promise<Readonly<Record<string, number>>>;
  storeBacklog(): number;
  /** Webhooks of calls: hosts left alone, requests in line for a host, requests that may be answered later. */
  webhooks(): { readonly openCircuits: number; readonly waitingForHost: number; readonly awaitingLater: number };
  media(): {
    /** The addresses far ends are told to send audio to. */
    readonly addresses: readonly string[];
    readonly sessions: number;
    readonly portsFree: number;
    readonly keysMissed: number;
    readonly workers: readonly { readonly sessions: number; readonly lateP99Ms: number; readonly cpuShare: number }[];
  };
}

/** What several parts of the API ask. What one resource alone needs is declared in its own file. */
export interface SharedPorts {
  readonly queries: ApiQueries;
  readonly feed: ApiFeed;
  readonly status: ApiStatus;
}
