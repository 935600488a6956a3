import type { Result } from '../lib/result.js';
import type { KeyPress } from '../model/call-verbs.js';
import type { Audio } from './codec/audio.js';
import type { CodecName } from './codec/codec.js';

/*
 * The main-thread face of the RTP engine. `call` uses nothing else of media but this, `audio.ts` and the prompt library.
 * Every verb resolves with a value; it rejects with `Aborted` when its signal fires, and resolves `{ kind: 'closed' }` when the
 * session is closed under it; a collect that has taken keys by then resolves `left` with them instead. A later play, collect or
 * music takes the outgoing stream over from an earlier one. Announcements take nothing over: one that sounds is heard to its end,
 * and what was asked for meanwhile begins after it (see `worker/output-queue.ts`).
 *
 * Requests are written for any form of audio `A`: pieces of audio here, their ids in messages, their bytes in a worker. The audio of
 * a request always stands in its field `audio`.
 */

export interface PlayAudio<A = Audio> {
  readonly audio: readonly A[];
  /** How many times; 0 = until stopped. */
  readonly loop: number;
  /** Decibels, 0 = as is. */
  readonly gainDb: number;
  readonly bargeIn: boolean;
  readonly stopKeys: string;
}

export type PlayEnd =
  | { readonly kind: 'done'; readonly ms: number }
  | { readonly kind: 'interrupted'; readonly key: string; readonly consumed: boolean; readonly ms: number }
  | { readonly kind: 'closed' };

/** Said over music, or while keys are awaited. */
export interface AnnounceAudio<A = Audio> {
  readonly audio: readonly A[];
  /** Decibels, 0 = as is. */
  readonly gainDb: number;
}

/** Music, or a prompt that is repeated. */
export interface MusicAudio<A = Audio> {
  /** Played in turn, for ever. */
  readonly audio: readonly A[];
  /** Silence before it begins, ms. */
  readonly startDelayMs: number;
  /** Silence after each round, ms. */
  readonly pauseMs: number;
}

/** A key taken on its own. `at` is wall-clock ms. */
export type KeyEnd = ({ readonly kind: 'pressed' } & KeyPress) | { readonly kind: 'closed' };

export interface CollectDigits<A = Audio> {
  /** Its prompt; none when empty. */
  readonly audio: readonly A[];
  readonly gainDb: number;
  readonly bargeIn: boolean;
  readonly min: number;
  readonly max: number;
  readonly endOn: string;
  readonly allow: string;
  readonly firstDigitTimeoutMs: number;
  readonly interDigitTimeoutMs: number;
  readonly typeAhead: boolean;
}

export type CollectEnd =
  | {
      readonly kind: 'collected' | 'tooShort';
      readonly digits: string;
      readonly endedBy: 'max' | 'terminator' | 'timeout';
      /** Wall-clock ms of each key, terminator included. */
      readonly keys: readonly KeyPress[];
    }
  | { readonly kind: 'noInput' }
  /** Its signal fired, or its session closed, when keys had been taken. */
  | { readonly kind: 'left'; readonly digits: string; readonly keys: readonly KeyPress[] }
  | { readonly kind: 'closed' };

export interface RecordCall {
  /** Absolute path of the WAV file to write. */
  readonly file: string;
  readonly tracks: 'caller' | 'both';
  /** 0 = until stopped. */
  readonly maxMs: number;
}

export interface RecordingEnd {
  readonly ms: number;
  readonly bytes: number;
  /** Sound of the caller that came too late for its place and is missing, ms; absent when there was none. */
  readonly lateMs?: number;
  /** Why it ended early, when the disk failed; what was written until then is whole. */
  readonly error?: string;
}

/** Counters of one session, at the receiver's side of things where they can be. */
export interface RtpStats {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  /** Packets from addresses that are not the far end's. */
  readonly unexpected: number;
  /** Digits taken. */
  readonly digits: number;
  /** ms since the last RTP or RTCP packet of the far end, or since the session was answered when none came; at least 1. */
  readonly silentMs: number;
}

export type MediaErrorCode = 'NO_PORTS' | 'SOCKET' | 'OVERLOADED' | 'CLOSED';

export type SdpErrorCode = 'SDP_INVALID' | 'SDP_NO_AUDIO' | 'SDP_NO_COMMON_CODEC';

export interface SdpError {
  readonly code: SdpErrorCode;
  readonly message: string;
  /** The code of RFC 3261 §20.43 that says it best; that of `code` when absent. */
  readonly warning?: number;
}

/** The session was closed before the verb had an end of its own. */
export interface Closed {
  readonly kind: 'closed';
}

interface LegVerb<Request, End> {
  readonly request: Request;
  readonly answer: End | Closed;
}

/**
 * What a leg is asked for while it lasts: verb → its request and how it ends. A new one is a row here, its name in {@link LEG_VERBS} and
 * a method of the session of the worker (`worker/session.ts`); the compiler asks for both.
 */
export interface LegVerbs<A = Audio> {
  readonly play: LegVerb<PlayAudio<A>, PlayEnd>;
  readonly collect: LegVerb<CollectDigits<A>, CollectEnd>;
  /**
   * Speaks when nothing else does: after the prompt of a play or collect, after earlier announcements, never between the digits of
   * a collect; music goes on behind it from where it was. `interrupted` by a key that a barge-in takes, with `consumed` false.
   */
  readonly announce: LegVerb<AnnounceAudio<A>, PlayEnd>;
  /**
   * The next press of one of these keys (any when empty) while nothing collects; other keys, and those pressed before, stay for the
   * next collect. The outgoing audio goes on, but for an announcement, which the key cuts.
   */
  readonly awaitKey: LegVerb<string, KeyEnd>;
}

/**
 * The names of {@link LegVerbs}, each with what its signal does: the verb ends at once, or it still answers with what was taken until
 * then. A verb that answers needs a method of its own in the session.
 */
export const LEG_VERBS = {
  play: 'ends',
  collect: 'answers',
  announce: 'ends',
  awaitKey: 'ends',
} as const satisfies { readonly [V in keyof LegVerbs]: 'ends' | 'answers' };

/** A method for each of these verbs. */
export type LegRequests<V extends keyof LegVerbs = keyof LegVerbs> = {
  readonly [K in V]: (request: LegVerbs[K]['request'], signal: AbortSignal) => Promise<LegVerbs[K]['answer']>;
};

/** One leg's media: one RTP socket, one stream each way. Its verbs with an end stand in {@link LegVerbs}. */
export interface MediaSession extends LegRequests {
  readonly id: string;
  readonly port: number;
  /** Answers an offer (RFC 3264); again for a re-INVITE. Redirects the streams; nothing is sent before `begin`. */
  answer(offer: string): Result<string, SdpError>;
  /** Makes an offer (outbound legs, INVITE without SDP, re-INVITE without SDP). */
  offer(): string;
  /** Takes the far end's answer to our offer. */
  accept(answer: string): Result<void, SdpError>;
  /** Our description is about to leave: from now on the far end may send. Call it before the message that carries it; idempotent. */
  listen(): void;
  /** The call is answered: from now on there is a packet every 20 ms, silence if nothing else. Idempotent. */
  begin(): void;
  /** The codec in use; null before negotiation. */
  readonly codec: CodecName | null;
  /** Loops until `stopMusic`, play or collect. */
  startMusic(music: MusicAudio): void;
  stopMusic(): void;
  startRecording(
    request: RecordCall,
  ): Promise<Result<{ readonly stop: () => Promise<RecordingEnd>; readonly ended: Promise<RecordingEnd> }, string>>;
  /** A key that came by SIP INFO (RFC 6086 dtmf-relay). From a phone that sends an RTP event as well, the press counts once. */
  injectDigit(key: string): void;
  /** Counts a key that came by SIP INFO and cannot be read, and tells {@link onMissed}. */
  missKey(): void;
  /** Called for each key that came and cannot be taken: an event that is no key, or one on a number that was not agreed on. */
  onMissed(listener: () => void): void;
  stats(): Promise<RtpStats>;
  /** Called when nothing was received for the engine's media time-out; once per silence. */
  onSilent(listener: () => void): void;
  /** Stops everything, finalises recordings, frees the port. Idempotent. */
  close(): Promise<void>;
}

export interface EngineStats {
  /** Keys that came and could not be taken, since the start. */
  readonly keysMissed: number;
  /** The addresses far ends are told to send to, preferred first. */
  readonly addresses: readonly string[];
  readonly sessions: number;
  readonly portsFree: number;
  readonly workers: readonly { readonly sessions: number; readonly lateP99Ms: number; readonly cpuShare: number }[];
  /** `polled` or `events` (the fallback). */
  readonly receive: 'polled' | 'events';
}

export interface MediaEngine {
  /** Takes a port and a worker. */
  open(options: {
    /** Where the SIP came from; packets may also come from there (symmetric RTP). */
    readonly signalingAddress: string;
    /** The far end's offer, which says over which address family audio goes; null or absent when we offer. */
    readonly offer?: string | null;
  }): Promise<Result<MediaSession, MediaErrorCode>>;
  stats(): EngineStats;
  close(): Promise<void>;
}
