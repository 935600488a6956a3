import type { Json, JsonObject } from '../../lib/json/json.js';
import type { Page, PageRequest } from '../../model/page.js';
import type { Result } from '../../lib/result.js';
import type { ShortLink, NewShortLink } from '../../model/link.js';
import type { Pause } from '../../model/pause.js';
import type { CallPeriod, CallCounts } from '../../model/call-counts.js';

/* What functions need from outside. The runtime joins them; `store` fits the two stores by shape. */

/** Variables stored per contact, as flows have them in `$user.key.*` (docs/behaviour.md#stored-variables). */
export interface UserPreferences {
  /** Of a contact; null when nothing is kept for such a number (withheld). */
  load(contact: string): Promise<JsonObject | null>;
  /** The newest write wins. False when nothing is kept for such a number. */
  save(contact: string, values: Readonly<Record<string, Json>>): Promise<boolean>;
}

/** Where short links are kept. */
export interface LinkStore {
  /** Keeps a link; false when its code is taken. */
  add(link: NewShortLink): Promise<boolean>;
  find(code: string): Promise<ShortLink | null>;
  /** Counts a visit; nobody waits for it. */
  visited(code: string, at: number): void;
  /** Newest first. */
  list(page: PageRequest): Promise<Page<ShortLink>>;
  /** False when there was none of that code. */
  remove(code: string): Promise<boolean>;
  /** Forgets links that expired before (wall-clock ms). */
  forgetExpired(before: number): Promise<number>;
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
  ) => Promise<Result<{ readonly link: NewShortLink; readonly shortUrl: string }, string>>;
  /** How long a link works when nobody says, days; null: for ever. */
  readonly linkDays: number | null;
  readonly pauses: PauseStore;
  readonly calls: CallHistory;
  /** Null when none is configured. */
  readonly translate: Translate | null;
}
