import { err, ok, type Result } from '../../lib/result.js';
import type { MediaSession, RecordingEnd } from '../../media/types.js';
import type { CallEvent } from '../../model/call-events.js';
import type { RecordingInfo, RecordRequest } from '../../model/call-verbs.js';

/** What to record, and for how long. */
type RecordingRules = Omit<RecordRequest, 'beep'>;

/** Name of the recording of a whole call. */
const WHOLE_CALL = 'call';

interface Recording {
  readonly id: string;
  readonly name: string;
  readonly whole: boolean;
  /** False from its end on. */
  running: boolean;
  readonly stop: () => Promise<RecordingEnd>;
  /** The finished file, however it was stopped, or a sentence saying why it is not all it should be. */
  readonly finished: Promise<Result<RecordingInfo, string>>;
}

export interface RecordingsOptions {
  readonly session: MediaSession;
  readonly uuid: () => string;
  /** Absolute path of a file below the recordings folder. */
  readonly path: (file: string) => string;
  readonly onEvent: (event: CallEvent) => void;
  readonly onProblem: (message: string) => void;
  /** Called once, the first time that sound of the far end came too late for a recording, with its length in ms. */
  readonly onLate: (ms: number) => void;
}

/** The recordings of one leg. Each that was started ends in exactly one `recording` or `recording.lost` event. */
export class Recordings {
  readonly #list: Recording[] = [];
  /** Those the engine has not confirmed yet; the leg may end meanwhile. */
  readonly #starting = new Set<Promise<unknown>>();

  #lateTold = false;

  constructor(private readonly options: RecordingsOptions) {}

  /** Begins to record. The error is a sentence. */
  start(request: RecordingRules, whole = false): Promise<Result<string, string>> {
    const starting = this.#begin(request, whole);
    this.#starting.add(starting);
    return starting.finally(() => this.#starting.delete(starting));
  }

  async #begin(request: RecordingRules, whole: boolean): Promise<Result<string, string>> {
    const { session, uuid, path } = this.options;
    const id = uuid();
    const file = `${id}.wav`;
    const started = await session.startRecording({ file: path(file), tracks: request.tracks, maxMs: request.maxMs });
    if (!started.ok) return this.#problem(started.error);
    this.options.onEvent({ type: 'recording.started', id, name: request.name, file });
    const { stop, ended } = started.value;
    const finished = ended
      .finally(() => (entry.running = false))
      .then(
        (end) => {
          this.#tellLate(end.lateMs ?? 0);
          return this.#finish({ id, name: request.name, ms: end.ms, bytes: end.bytes, format: 'wav' }, file, end.error);
        },
        (error: unknown) => this.#lost(id, String(error)),
      );
    const entry: Recording = { id, name: request.name, whole, running: true, stop, finished };
    this.#list.push(entry);
    return ok(id);
  }

  /** Records everything, both sides, until the call is over. Nothing waits for it: what goes wrong goes to `onProblem`. */
  async startWholeCall(): Promise<void> {
    try {
      await this.start({ name: WHOLE_CALL, tracks: 'both', maxMs: 0 }, true);
    } catch (error) {
      this.#problem(String(error));
    }
  }

  /**
   * Stops the newest running recording of that name, or the newest at all when null; without a running one, tells the newest that
   * has ended. Null when there never was one.
   */
  async stop(name: string | null): Promise<Result<RecordingInfo, string> | null> {
    const wanted = this.#list.filter((entry) => !entry.whole && (name === null || entry.name === name));
    const found = wanted.findLast(({ running }) => running) ?? wanted.at(-1);
    if (found === undefined) return null;
    found.running = false;
    await found.stop();
    return found.finished;
  }

  /** Stops all that still run and waits until every file is final. */
  async finishAll(): Promise<void> {
    await Promise.allSettled(this.#starting);
    await Promise.all(
      this.#list.map(async (entry) => {
        await entry.stop().catch((error: unknown) => this.#problem(String(error)));
        await entry.finished;
      }),
    );
  }

  /** What a failing disk left is whole as far as it goes, so it is reported too; a file with nothing in it is not. */
  #finish(info: RecordingInfo, file: string, error: string | undefined): Result<RecordingInfo, string> {
    const { ms: durationMs, ...rest } = info;
    if (error !== undefined && info.ms === 0) return this.#lost(info.id, error);
    this.options.onEvent({ type: 'recording', file, durationMs, ...rest });
    return error === undefined ? ok(info) : this.#problem(error);
  }

  #tellLate(ms: number): void {
    if (ms === 0 || this.#lateTold) return;
    this.#lateTold = true;
    this.options.onLate(ms);
  }

  #lost(id: string, message: string): Result<never, string> {
    this.options.onEvent({ type: 'recording.lost', id });
    return this.#problem(message);
  }

  #problem(message: string): Result<never, string> {
    this.options.onProblem(message);
    return err(message);
  }
}
