import type { CodecName } from '../media/codec/codec.js';
import type { Heard } from './heard.js';
import type { Transport } from '../sip/server/message/hop.js';

/*
 * The test phone as its users see it: `placeCall` takes the options and gives a `PhoneCall`, whose `result` says how it went. All
 * times are ms since the INVITE was sent, on one monotonic clock, unless a name says otherwise.
 */

/** What the phone says into its microphone. `none` sends no packets at all, as a phone behind a broken firewall would. */
export type Voice = 'none' | 'silence' | { readonly toneHz: number } | { readonly samples: Int16Array };

/** SDP direction attribute (RFC 3264 §5.1). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface PhoneCallOptions {
  /** Whom to call, e.g. `sip:100@127.0.0.1:5060`; `;transport=tcp` chooses TCP. */
  readonly target: string;
  /** Who calls; `sip:15550001@<own address>` when absent. */
  readonly from?: string;
  readonly transport?: Transport;
  /** Codecs to offer, best first; one of them or a list. All of the table when absent. */
  readonly codec?: CodecName | readonly CodecName[];
  /** Address to use; the one that leads to the target when absent. */
  readonly bindAddress?: string;
  /** More headers of the INVITE, e.g. `X-Order: 42`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Offer in the ACK instead of the INVITE (RFC 3264 late offer). */
  readonly lateOffer?: boolean;
  /** Digit script that starts at the answer; see `parseDigitScript`. */
  readonly digits?: string;
  readonly voice?: Voice;
  /** Hang up this long after the answer. */
  readonly hangupAfterMs?: number;
  /** CANCEL this long after the INVITE, as soon as the far end has answered provisionally (RFC 3261 §9.1). */
  readonly cancelAfterMs?: number;
  /** The call is ended after this, ms since the INVITE, whatever it is doing; 10 minutes when absent. */
  readonly maxMs?: number;
  /** Never acknowledge a 2xx: a caller whose ACK gets lost. */
  readonly noAck?: boolean;
  /** Hang up without telling: a caller whose battery is empty. */
  readonly noBye?: boolean;
  readonly onEvent?: (event: PhoneEvent) => void;
}

/** What happened, as it happened. */
export type PhoneEvent = { readonly atMs: number } & (
  | { readonly kind: 'invite' | 'ack' | 'cancel' | 'bye' | 'reinvite'; readonly by: 'us' | 'far' }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string }
  | { readonly kind: 'first-packet' }
  | { readonly kind: 'digit'; readonly key: string }
  | { readonly kind: 'sound' | 'quiet' }
  | { readonly kind: 'ended'; readonly by: EndedBy }
);

/**
 * Who ended it: `far` BYE, `us` BYE (or silence with `noBye`), `cancelled` by us, `refused` by a final status, `no-answer` when
 * nobody answered the INVITE at all, `transport` when the connection broke, `max` by `maxMs`.
 */
export type EndedBy = 'far' | 'us' | 'cancelled' | 'refused' | 'no-answer' | 'transport' | 'max';

/** When things happened first; null for what did not. */
export interface CallTimes {
  /** Wall clock of the INVITE, ms since the Unix epoch. */
  readonly startedAt: number;
  readonly firstProvisional: number | null;
  readonly ringing: number | null;
  /** The 2xx arrived. */
  readonly answered: number | null;
  readonly acked: number | null;
  readonly firstPacket: number | null;
  readonly ended: number;
}

export interface RtpCounts {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  /** Interarrival jitter (RFC 3550 §A.8), ms. */
  readonly jitterMs: number;
}

export interface PhoneResult {
  /** Final status of the INVITE; null when none came. */
  readonly status: number | null;
  /** Its reason phrase. */
  readonly statusText: string;
  readonly endedBy: EndedBy;
  /** Reason header (RFC 3326) of the far end's BYE or refusal. */
  readonly reasonHeader: string | null;
  /** Retry-After of a refusal, seconds. */
  readonly retryAfter: number | null;
  readonly callId: string;
  readonly times: CallTimes;
  readonly codec: CodecName | null;
  readonly digitsSent: readonly { readonly key: string; readonly atMs: number }[];
  /** Keys the far end sent by RFC 4733. */
  readonly digitsHeard: readonly { readonly key: string; readonly atMs: number }[];
  readonly rtp: RtpCounts;
  readonly heard: Heard;
  readonly events: readonly PhoneEvent[];
}

/** A call under way. Every verb may be used at any time; what makes no sense any more does nothing. */
export interface PhoneCall {
  readonly callId: string;
  readonly result: Promise<PhoneResult>;
  /** Everything received so far. */
  readonly heard: Heard;
  readonly events: readonly PhoneEvent[];
  /** ms since the INVITE. */
  now(): number;
  readonly answered: boolean;
  readonly ended: boolean;
  /** Sends keys by RFC 4733, 100 ms each with a pause of 100 ms unless told otherwise; resolves when the last one is out. */
  press(keys: string, timing?: { readonly holdMs?: number; readonly gapMs?: number }): Promise<void>;
  /** Sends one key by SIP INFO (`application/dtmf-relay`); resolves with the final status, null when none came. */
  pressInfo(key: string): Promise<number | null>;
  /** BYE; before the answer CANCEL. */
  hangup(): void;
  cancel(): void;
  /** Re-INVITE with this direction, e.g. `sendonly` for hold; resolves with the final status, null when none came. */
  reinvite(options: { readonly direction: Direction }): Promise<number | null>;
  /** Changes what the microphone says. */
  say(voice: Voice): void;
  /**
   * Waits until the predicate holds; it is asked after every event and packet and every 20 ms. False when the call ended or
   * `timeoutMs` (30 s when absent) passed first.
   */
  waitFor(predicate: (call: PhoneCall) => boolean, timeoutMs?: number): Promise<boolean>;
  /** Something louder than −45 dBFS was heard later than `ms`. */
  heardSpeechAfter(ms: number): boolean;
  /** Waits until the far end, having said something since the last key (or the answer), is silent for `quietMs` (700). */
  waitForPromptEnd(quietMs?: number, timeoutMs?: number): Promise<boolean>;
}
