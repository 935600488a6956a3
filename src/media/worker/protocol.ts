import type { Audio } from '../codec/audio.js';
import type { CodecName } from '../codec/codec.js';
import type { CollectRules } from './collect.js';
import type { LoadLimits } from './load.js';
import type { RemoteMedia } from '../sdp/answer.js';
import type { CollectEnd, KeyEnd, MusicAudio, PlayAudio, PlayEnd, RecordCall, RecordingEnd, RtpStats } from '../types.js';

/*
 * The messages between the engine's face on the main thread and a media worker. A request carries a number of its worker's own;
 * its answer comes back under that number. Audio is sent once and then named by its id.
 */

/** What a worker is started with. */
export interface WorkerSettings {
  /** Local address where RTP sockets must be had. */
  readonly bindAddress: string;
  readonly receive: 'auto' | 'events';
  /** Sessions from which packets are polled, where they can be. */
  readonly pollFrom: number;
  /** Silence of the far end that is reported, ms; 0 = never. */
  readonly mediaTimeoutMs: number;
  /** Where the worker publishes its load (load.ts). */
  readonly load: SharedArrayBuffer;
  readonly limits: LoadLimits;
}

/** A request's verb and the value it is answered with. */
export interface Answers {
  /** Null, or the system's error code. */
  readonly open: string | null;
  readonly play: PlayEnd;
  readonly collect: CollectEnd;
  readonly announce: PlayEnd;
  readonly awaitKey: KeyEnd;
  /** Null, or why it could not begin. */
  readonly record: string | null;
  readonly recorded: RecordingEnd;
  readonly stats: RtpStats;
  readonly close: null;
}

/** Audio of a playing verb: ids of what was sent before. */
export interface Prompted {
  readonly audio: readonly number[];
  readonly gainDb: number;
}

export type ToWorker =
  | { readonly type: 'audio'; readonly id: number; readonly encoded: Audio['encoded'] }
  | { readonly type: 'forgetAudio'; readonly id: number }
  | ForSession;

export type ForSession = { readonly session: string } & (
  | {
      readonly type: 'open';
      readonly request: number;
      /** Local address of its sockets. */
      readonly address: string;
      readonly port: number;
      /** Null: none. */
      readonly rtcpPort: number | null;
      readonly signalingAddress: string;
    }
  | { readonly type: 'remote'; readonly remote: RemoteMedia }
  | {
      readonly type: 'play';
      readonly request: number;
      readonly prompt: Prompted;
      readonly rules: Pick<PlayAudio, 'loop' | 'bargeIn' | 'stopKeys'>;
    }
  | { readonly type: 'collect'; readonly request: number; readonly prompt: Prompted; readonly rules: CollectRules }
  | { readonly type: 'cancel'; readonly request: number }
  | ({ readonly type: 'music'; readonly audio: readonly number[] } & Omit<MusicAudio, 'audio'>)
  | { readonly type: 'announce'; readonly request: number; readonly prompt: Prompted }
  | { readonly type: 'awaitKey'; readonly request: number; readonly keys: string }
  /** Our description leaves at that time, ms of `processNow`. */
  | { readonly type: 'listen'; readonly at: number }
  | { readonly type: 'begin' }
  | { readonly type: 'stopMusic' }
  /** `ended` is the number the recording's end is answered under; it also names the recording. */
  | {
      readonly type: 'record';
      readonly request: number;
      readonly ended: number;
      readonly record: RecordCall;
      readonly codec: CodecName | null;
    }
  | { readonly type: 'stopRecording'; readonly ended: number }
  | { readonly type: 'digit'; readonly key: string }
  | { readonly type: 'stats'; readonly request: number }
  | { readonly type: 'close'; readonly request: number }
);

export type FromWorker =
  | { readonly type: 'answer'; readonly request: number; readonly value: Answers[keyof Answers] }
  /** The worker is up; `problem` is the system's code when it cannot have sockets. */
  | { readonly type: 'ready'; readonly receive: 'polled' | 'events'; readonly problem: string | null }
  /** Nothing was heard of the far end for the media time-out. */
  | { readonly type: 'silent'; readonly session: string }
  /** A key came that cannot be taken. */
  | { readonly type: 'missed'; readonly session: string }
  /** A port for RTCP could not be had; `problem` is the system's code. */
  | { readonly type: 'noRtcp'; readonly port: number; readonly problem: string }
  /** A fault of ours; the session it happened in is closed. */
  | { readonly type: 'bug'; readonly session: string; readonly error: string }
  /** A line for the log, which the main thread has. */
  | { readonly type: 'log'; readonly fields: object; readonly text: string };
