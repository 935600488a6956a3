import type { CallRow, CallFilter, StoredCall } from '../model/call-row.js';
import type { ShortLink } from '../model/link.js';
import type { Pause } from '../model/pause.js';
import type { Delivery, DeliverySelection, DeliverySummary } from '../model/delivery.js';
import type { PageRequest, Page } from '../model/page.js';
import type { StoredRecording } from '../model/recording.js';
import type { LateAnswer } from '../model/late-answer.js';
import type { JournalSummary } from '../flow/journal/summary.js';
import type { JournalEntry } from '../model/journal.js';
import type { Problem } from '../lib/problem.js';
import type { Result } from '../lib/result.js';
import type { ApiIntegrations } from './integration-ports.js';
import type { ApiWebhooks } from './webhook-ports.js';
import type { ServedAnswer, ShownFunction } from '../functions/contract/http.js';

/* What the API needs from the other rooms. `store`, `call`, `flow` and `webhooks` fit these by shape; `main.ts` joins them. */

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

/** A flow in use, as far as the API shows it. */
export interface ShownFlow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The flow file. */
  readonly document: object;
}

/** A flow file that is not fit to run. */
export interface ShownBrokenFlow {
  /** Of its flow; the name of the file when its id cannot be made out. */
  readonly id: string;
  /** Below the configuration folder. */
  readonly file: string;
  /** The first of its errors. */
  readonly problem: Problem;
}

export interface ApiFlows {
  /** Those that new calls get now. */
  all(): readonly ShownFlow[];
  /** Flow files that are not fit to run now. */
  broken(): readonly ShownBrokenFlow[];
  /** Why there is no flow of this id, as a sentence. */
  missing(id: string): Pick<Problem, 'code' | 'message'>;
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

/** The webhooks that may be answered later, by the token of their resume URL. */
export interface ApiResumes {
  find(token: string): 'waiting' | 'gone' | 'unknown';
  take(token: string, answer: LateAnswer): 'taken' | 'gone' | 'unknown' | 'too-large';
}

/** Internal functions, for whoever calls them over HTTP. */
export interface ApiFunctions {
  all(): readonly ShownFunction[];
  /** Answers the body of a request in the wire format of functions. */
  answer(body: string): Promise<ServedAnswer>;
  pauses(): Promise<readonly Pause[]>;
}

/** Short links. */
export interface ApiLinks {
  /** Makes one; `days` null: as long as configured. The error says what is wrong with the address, as a sentence part. */
  make(longUrl: string, days: number | null): Promise<Result<string, string>>;
  /** Where a code leads; `count`: it is a visit. */
  follow(
    code: string,
    options: { readonly count: boolean },
  ): Promise<{ readonly kind: 'found'; readonly url: string } | { readonly kind: 'unknown' | 'expired' }>;
  list(page: PageRequest): Promise<Page<ShortLink>>;
  /** False when there was none of that code. */
  remove(code: string): Promise<boolean>;
}

export interface ApiPorts {
  readonly queries: ApiQueries;
  readonly flows: ApiFlows;
  readonly feed: ApiFeed;
  readonly status: ApiStatus;
  readonly resumes: ApiResumes;
  readonly functions: ApiFunctions;
  readonly links: ApiLinks;
  readonly webhooks: ApiWebhooks;
  readonly integrations: ApiIntegrations;
  /** Hangs a live call up; false when no live call has the id. */
  hangup(callId: string): boolean;
  /** Makes a delivery due again and wakes its sender; false when there is none of that id. */
  replay(deliveryId: string): Promise<boolean>;
  /** Names of the targets at a host, as configured now; `host` with its port or without. */
  readonly targetsAt: (host: string) => readonly string[];
  /** The same for all that match; answers how many. */
  replayAll(selection: DeliverySelection): Promise<number>;
  /** `foldJournal` of flow. */
  foldJournal(entries: readonly JournalEntry[]): JournalSummary;
}
