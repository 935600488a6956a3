import type { Json, JsonObject } from '../../lib/json/json.js';
import type { Result } from '../../lib/result.js';

/* What functions need from outside. The runtime joins them; `store` fits the two stores by shape. */

/** Variables stored per contact, as flows have them in `$user.key.*` (docs/behaviour.md#stored-variables). */
export interface UserPreferences {
  /** Of a contact; null when nothing is kept for such a number (withheld). */
  load(contact: string): Promise<JsonObject | null>;
  /** The newest write wins. False when nothing is kept for such a number. */
  save(contact: string, values: Readonly<Record<string, Json>>): Promise<boolean>;
}

/** A short link. Times are wall-clock ms. */
export interface Link {
  readonly code: string;
  readonly url: string;
  readonly createdAt: number;
  /** Null: it works for ever. */
  readonly expiresAt: number | null;
  /** How often it was followed. */
  readonly visits: number;
  readonly visitedAt: number | null;
}

export type NewLink = Pick<Link, 'code' | 'url' | 'createdAt' | 'expiresAt'>;

/** Where short links are kept. */
export interface LinkStore {
  /** Keeps a link; false when its code is taken. */
  add(link: NewLink): Promise<boolean>;
  find(code: string): Promise<Link | null>;
  /** Counts a visit; nobody waits for it. */
  visited(code: string, at: number): void;
  /** Newest first; `after` is the last of the page before. */
  list(page: { readonly limit: number; readonly after: { readonly at: number; readonly id: string } | null }): Promise<{
    readonly items: readonly Link[];
    readonly next: { readonly at: number; readonly id: string } | null;
  }>;
  /** False when there was none of that code. */
  remove(code: string): Promise<boolean>;
  /** Forgets links that expired before (wall-clock ms). */
  forgetExpired(before: number): Promise<number>;
}

/** A number that takes no calls for the time being (docs/behaviour.md#paused-numbers). Times are wall-clock ms. */
export interface Pause {
  readonly cli: string;
  readonly reason: string | null;
  readonly since: number;
}

/** Which numbers are paused. */
export interface PauseStore {
  /** Pauses a number; one that is paused already keeps its `since`. */
  pause(pause: Pause): Promise<void>;
  /** False when it was not paused. */
  resume(cli: string): Promise<boolean>;
  find(cli: string): Promise<Pause | null>;
  /** Every paused number, the longest paused first. */
  list(): Promise<readonly Pause[]>;
}

/** Calls of a period. Times are wall-clock ms. */
export interface CallPeriod {
  readonly from: number;
  readonly to: number;
  readonly contact?: string;
  readonly flow?: string;
}

/** Calls of the past. */
export interface CallHistory {
  /** The native report of a call that has ended; null when there is no such call. */
  report(callId: string): Promise<JsonObject | null>;
  /** Variables kept after the end of a call (docs/behaviour.md#persist); null when there is no such call or none were kept. */
  variables(callId: string): Promise<JsonObject | null>;
  /** The newest call of a number that has ended. */
  lastCallOf(contact: string): Promise<string | null>;
  /** How many calls began in a period, how many of them were answered, and how they ended. */
  counts(period: CallPeriod): Promise<CallCounts>;
}

export interface CallCounts {
  readonly calls: number;
  readonly answered: number;
  readonly live: number;
  /** Talking time of the answered calls altogether, ms. */
  readonly talkMs: number;
  /** Number of calls by who ended them: caller, flow, network, … */
  readonly endedBy: Readonly<Record<string, number>>;
}

/** What a translation is made of. */
export interface TranslationRequest {
  readonly text: string;
  /** Language tag, or `auto`. */
  readonly from: string;
  readonly to: string;
  /** ms */
  readonly timeoutMs: number;
}

/** The configured translation service. The error is a sentence. */
export type Translate = (
  request: TranslationRequest,
  signal: AbortSignal,
) => Promise<Result<{ readonly text: string; readonly detected: string | null }, string>>;

/** Everything functions may use. */
export interface FunctionServices {
  readonly users: UserPreferences;
  /**
   * Makes a short link that works for so many days; null: for ever. Codes never collide. The error says in a sentence part why no link
   * may lead there.
   */
  readonly makeLink: (
    longUrl: string,
    days: number | null,
  ) => Promise<Result<{ readonly link: NewLink; readonly shortUrl: string }, string>>;
  /** How long a link works when nobody says, days; null: for ever. */
  readonly linkDays: number | null;
  readonly pauses: PauseStore;
  readonly calls: CallHistory;
  /** Null when none is configured. */
  readonly translate: Translate | null;
}
