import { err, ok, type Result } from '../lib/result.js';
import type { MediaSession, RecordingEnd } from '../media/types.js';
import type { CallEvent } from './events.js';
import { DONE, reachEar, sessionClosed, type CallFailure, type CallInternals, type Done } from './operation.js';

export interface RecordRequest {
  /** Label in the report. */
  readonly name: string;
  readonly tracks: 'caller' | 'both';
  readonly beep: boolean;
  /** 0 = with the call. */
  readonly maxMs: number;
}

export interface RecordingInfo {
  readonly id: string;
  readonly name: string;
  readonly ms: number;
  readonly bytes: number;
  readonly format: 'wav';
}

/** Name of the recording of a whole call. */
const WHOLE_CALL = 'call';

interface Recording {
  readonly id: string;
  readonly name: string;
  readonly whole: boolean;
  readonly stop: () => Promise<RecordingEnd>;
  /** Resolves with the finished file, however it was stopped; null when it could not be finished. */
  readonly finished: Promise<RecordingInfo | null>;
}

export interface RecordingsOptions {
  readonly session: MediaSession;
  readonly uuid: () => string;
  /** Absolute path of a file below the recordings folder. */
  readonly path: (file: string) => string;
  readonly onEvent: (event: CallEvent) => void;
  readonly onProblem: (message: string) => void;
}

/** The recordings of one call. Each that was started ends in exactly one `recording` event or one logged problem. */
export class Recordings {
  readonly #list: Recording[] = [];
  /** Those the engine has not confirmed yet; a call may end meanwhile. */
  readonly #starting = new Set<Promise<unknown>>();

  constructor(private readonly options: RecordingsOptions) {}

  /** Begins to record. The error is a sentence. */
  async start(request: Omit<RecordRequest, 'beep'>, whole = false): Promise<Result<string, string>> {
    const { session, uuid, path } = this.options;
    const id = uuid();
    const file = `${id}.wav`;
    const starting = session.startRecording({ file: path(file), tracks: request.tracks, maxMs: request.maxMs });
    this.#starting.add(starting);
    const started = await starting.finally(() => this.#starting.delete(starting));
    if (!started.ok) {
      this.options.onProblem(started.error);
      return err(started.error);
    }
    this.options.onEvent({ type: 'recording.started', id, name: request.name, file });
    const { stop, ended } = started.value;
    const finished = ended.then(
      (end) => this.#finish({ id, name: request.name, ...end, format: 'wav' }, file),
      (error: unknown) => {
        this.options.onProblem(String(error));
        return null;
      },
    );
    this.#list.push({ id, name: request.name, whole, stop, finished });
    return ok(id);
  }

  /** Records everything, both sides, until the call is over. Nobody waits for it: what goes wrong is told to `onProblem`. */
  async startWholeCall(): Promise<void> {
    try {
      await this.start({ name: WHOLE_CALL, tracks: 'both', maxMs: 0 }, true);
    } catch (error) {
      this.options.onProblem(String(error));
    }
  }

  /** Stops the newest recording of that name, or the newest at all when null; null when there is none or it failed. */
  async stop(name: string | null): Promise<RecordingInfo | null> {
    const found = this.#list.findLast((entry) => !entry.whole && (name === null || entry.name === name));
    if (found === undefined) return null;
    await found.stop();
    return found.finished;
  }

  /** Stops all that still run and waits until every file is final. */
  async finishAll(): Promise<void> {
    await Promise.allSettled(this.#starting);
    await Promise.all(
      this.#list.map(async (entry) => {
        await entry.stop().catch((error: unknown) => {
          this.options.onProblem(String(error));
        });
        await entry.finished;
      }),
    );
  }

  #finish(info: RecordingInfo, file: string): RecordingInfo {
    const { ms: durationMs, ...rest } = info;
    this.options.onEvent({ type: 'recording', file, durationMs, ...rest });
    return info;
  }
}

/** Starts a recording, after a beep if asked for; answers first if need be. */
export async function startRecording(
  call: CallInternals,
  request: RecordRequest,
  signal: AbortSignal,
): Promise<{ readonly kind: 'started'; readonly id: string } | CallFailure> {
  const beeped = await beep(call, request.beep, signal);
  if (beeped.kind === 'failed') return beeped;
  const started = await call.recordings.start(request);
  if (started.ok) return { kind: 'started', id: started.value };
  return { kind: 'failed', code: 'RECORDING_FAILED', message: started.error };
}

/** Stops the recording of that name, or the newest when null. One that stopped by itself is answered too. */
export async function stopRecording(
  call: CallInternals,
  request: { readonly name: string | null },
): Promise<{ readonly kind: 'stopped'; readonly recording: RecordingInfo } | CallFailure> {
  const recording = await call.recordings.stop(request.name);
  if (recording !== null) return { kind: 'stopped', recording };
  const message = request.name === null ? 'There is no recording to stop.' : `There is no recording named "${request.name}".`;
  return { kind: 'failed', code: 'RECORDING_NOT_FOUND', message };
}

async function beep(call: CallInternals, wanted: boolean, signal: AbortSignal): Promise<Done | CallFailure> {
  const reached = await reachEar(call, [], signal);
  if (!reached.ok) return reached.error;
  if (!wanted) return DONE;
  const tone = { audio: [call.prompts.beep], loop: 1, gainDb: 0, bargeIn: false, stopKeys: '' };
  const end = await call.session.play(tone, signal);
  return end.kind === 'closed' ? sessionClosed(call) : DONE;
}
