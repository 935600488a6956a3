import type { Audio } from '../codec/audio.js';
import type { CodecName } from '../codec/codec.js';
import type { LoadLimits } from '../load-limits.js';
import type { RemoteMedia } from '../sdp/answer.js';
import type { EncodedAudio } from './playout.js';
import type { Closed, LegVerbs, MusicAudio, RecordCall, RecordingEnd, RtpStats } from '../types.js';

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

/**
 * Every verb of a session: what is asked with it, and what it is answered with (`never`: nothing). Both threads are checked against
 * this table.
 */
interface Verbs<A> extends LegVerbs<A> {
  /** Opens the sockets. Answered with null, or the system's error code. */
  readonly open: { readonly request: Sockets; readonly answer: string | null };
  readonly negotiated: { readonly request: RemoteMedia; readonly answer: never };
  /** Our description leaves at that time, ms of `processNow`. */
  readonly listen: { readonly request: number; readonly answer: never };
  /** The call is answered. */
  readonly begin: { readonly request: null; readonly answer: never };
  readonly startMusic: { readonly request: MusicAudio<A>; readonly answer: never };
  readonly stopMusic: { readonly request: null; readonly answer: never };
  /** Ends what was asked for under that number; only a collect is answered. */
  readonly cancel: { readonly request: number; readonly answer: never };
  /** A key that came by SIP INFO. */
  readonly digit: { readonly request: string; readonly answer: never };
  /** Answered with null, or why it could not begin. */
  readonly record: { readonly request: Recording; readonly answer: string | null };
  /** The end of a recording, under the number that `record` gave. */
  readonly recorded: { readonly request: never; readonly answer: RecordingEnd };
  /** Stops the recording of that number. */
  readonly stopRecording: { readonly request: number; readonly answer: never };
  readonly stats: { readonly request: null; readonly answer: RtpStats };
  readonly close: { readonly request: null; readonly answer: null };
}

export interface Sockets {
  /** Local address of its sockets. */
  readonly address: string;
  readonly port: number;
  /** Null: none. */
  readonly rtcpPort: number | null;
  readonly signalingAddress: string;
}

export interface Recording extends RecordCall {
  /** The codec of the call; null: none is negotiated yet. */
  readonly codec: CodecName | null;
  /** The number under which the end is answered; it also names the recording. */
  readonly ended: number;
}

type AnyVerb = keyof Verbs<never>;
export type WorkerAnswer<V extends AnyVerb> = Verbs<never>[V]['answer'];
/** Verbs that are answered. */
export type AnsweredVerb = { [V in AnyVerb]: [WorkerAnswer<V>] extends [never] ? never : V }[AnyVerb];
/** Verbs that are sent. */
export type WorkerVerb = Exclude<AnyVerb, 'recorded'>;
export type Request<V extends WorkerVerb, A> = Verbs<A>[V]['request'];

/** A message to a session: the same form for every verb. Its answer, if any, comes back under `id`. Audio is named by its id. */
export type Message<V extends WorkerVerb = WorkerVerb> = {
  [K in V]: { readonly session: string; readonly verb: K; readonly id: number; readonly request: Request<K, number> };
}[V];

/** What a session of a worker has for each verb; its worker opens and closes it. */
export type VerbHandlers = {
  readonly [V in Exclude<WorkerVerb, 'open' | 'close'>]: (request: Request<V, EncodedAudio>, id: number) => void;
};

/** The same request with its audio in another form. */
export function mapAudio<V extends WorkerVerb, A, B>(request: Request<V, A>, convert: (audio: A) => B): Request<V, B> {
  const whole: unknown = request;
  if (typeof whole !== 'object' || whole === null || !('audio' in whole)) return whole as Request<V, B>;
  return { ...whole, audio: (whole.audio as readonly A[]).map(convert) } as unknown as Request<V, B>;
}

const LOST: { readonly [V in Exclude<AnsweredVerb, keyof LegVerbs>]: WorkerAnswer<V> } = {
  open: 'LOST',
  record: 'The media session is closed.',
  recorded: { ms: 0, bytes: 0, error: 'The media session was lost.' },
  stats: { sent: 0, received: 0, lost: 0, unexpected: 0, digits: 0, silentMs: 0 },
  close: null,
};
const CLOSED: Closed = { kind: 'closed' };

/** What a verb is answered with when its session or worker is no more. */
export function lostAnswer<V extends AnsweredVerb>(verb: V): WorkerAnswer<V> {
  const lost: unknown = verb in LOST ? LOST[verb as keyof typeof LOST] : CLOSED;
  return lost as WorkerAnswer<V>;
}

export type ToWorker =
  | { readonly type: 'audio'; readonly id: number; readonly encoded: Audio['encoded'] }
  | { readonly type: 'forgetAudio'; readonly id: number }
  | Message;

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly value: WorkerAnswer<AnsweredVerb> }
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
