import { Aborted, sleep } from '../../src/lib/clock.js';
import type {
  CallFailure,
  CallPort,
  CollectAnswer,
  CollectRequest,
  Done,
  KeyPress,
  MusicRequest,
  PlayAnswer,
  PlayRequest,
  RecordingInfo,
  RecordRequest,
  Segment,
} from '../../src/flow/ports.js';
import type { VirtualClock } from './virtual-clock.js';

/** Something the caller heard or that happened on the call. `at` is virtual ms since the call began. */
export type CallEvent =
  | { readonly kind: 'answered'; readonly at: number }
  /** A prompt was played, from `at` on for `ms`; `cut` when a key or the end of the call stopped it. */
  | { readonly kind: 'prompt'; readonly at: number; readonly text: string; readonly ms: number; readonly cut: boolean }
  | { readonly kind: 'key'; readonly at: number; readonly key: string }
  | { readonly kind: 'musicOn'; readonly at: number; readonly source: string }
  | { readonly kind: 'musicOff'; readonly at: number; readonly ms: number }
  | { readonly kind: 'recordOn'; readonly at: number; readonly name: string }
  | { readonly kind: 'recordOff'; readonly at: number; readonly name: string; readonly ms: number }
  | { readonly kind: 'hangup'; readonly at: number; readonly by: 'caller' | 'flow'; readonly cause: number };

export interface FakeCallOptions {
  readonly clock: VirtualClock;
  /** Told when a prompt begins to play: the simulated caller listens here. */
  readonly onPrompt?: (text: string, ms: number) => void;
  /** Failure of a segment, e.g. a speech provider that is down. */
  readonly failSegment?: (segment: Segment) => CallFailure | null;
}

/** Speaking rate of the fake: 60 ms a character, like a brisk voice. Files and URLs last 2 s. */
const MS_PER_CHARACTER = 60;
const FILE_MS = 2000;
const LATE_TERMINATOR_MS = 2000;

/** What a segment would sound like, in text: `[greeting.wav]` for a file. */
export function heardAs(segments: readonly Segment[]): string {
  return segments
    .map((segment) => (segment.kind === 'say' ? segment.text : `[${segment.kind === 'file' ? segment.file : segment.url}]`))
    .join(' ');
}

/** Length of a prompt, ms. */
export function promptMs(segments: readonly Segment[]): number {
  return segments.reduce((ms, segment) => ms + (segment.kind === 'say' ? segment.text.length * MS_PER_CHARACTER : FILE_MS), 0);
}

/** A call with a caller's ear and keypad, on the virtual clock, keeping to the contract of `CallPort`. */
export class FakeCall implements CallPort {
  readonly events: CallEvent[] = [];
  readonly recordings: RecordingInfo[] = [];
  readonly #ended = new AbortController();
  #answered = false;
  /** Keys pressed and not used yet. */
  #buffer: KeyPress[] = [];
  /** A collect took all the digits it wanted: the terminator that may still follow is dropped. */
  #full: { readonly endOn: string; readonly until: number } | null = null;
  /** Takes keys while an operation listens; true when it took the key. */
  #listener: ((press: KeyPress) => boolean) | null = null;
  #music: { since: number | null; cancel: () => void } | null = null;
  readonly #active = new Map<string, { readonly id: string; readonly since: number; readonly cancel: () => void }>();
  #recordings = 0;

  constructor(private readonly options: FakeCallOptions) {}

  /** Aborts when the call is over. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Who ended the call with which cause; null while it is up. */
  get end(): (CallEvent & { kind: 'hangup' }) | null {
    return this.events.find((event): event is CallEvent & { kind: 'hangup' } => event.kind === 'hangup') ?? null;
  }

  /** The far end presses a key. */
  press(key: string): void {
    if (this.end !== null) return;
    const press = { key, at: this.options.clock.now() };
    this.events.push({ kind: 'key', at: this.#now(), key });
    const full = this.#full;
    this.#full = null;
    if (full !== null && press.at <= full.until && full.endOn.includes(key)) return;
    if (this.#listener === null || !this.#listener(press)) this.#buffer.push(press);
  }

  /** The far end hangs up. */
  hangUpByCaller(): void {
    this.#finish('caller', 16);
  }

  answer(): Promise<Done | CallFailure> {
    if (this.end !== null) return Promise.resolve(CALL_ENDED);
    if (!this.#answered) {
      this.#answered = true;
      this.events.push({ kind: 'answered', at: this.#now() });
    }
    return Promise.resolve({ kind: 'done' });
  }

  async play(request: PlayRequest, signal: AbortSignal): Promise<PlayAnswer> {
    const failure = await this.#begin(request.segments);
    if (failure !== null) return failure;
    const since = this.#now();
    const ms = promptMs(request.segments);
    let stop: { key: string; consumed: boolean } | null = null;
    await this.#hear(request.segments, request.loop === 0 && ms > 0 ? Infinity : ms * request.loop, signal, (press, cut) => {
      const consumed = request.stopKeys.includes(press.key);
      if (!consumed && !request.bargeIn) return true;
      stop = { key: press.key, consumed };
      cut();
      return consumed;
    });
    const heard = this.#now() - since;
    const stopped = stop as { key: string; consumed: boolean } | null;
    return stopped === null ? { kind: 'done', ms: heard } : { kind: 'interrupted', ...stopped, ms: heard };
  }

  async collect(request: CollectRequest, signal: AbortSignal): Promise<CollectAnswer> {
    const failure = await this.#begin(request.prompt);
    if (failure !== null) return failure;
    if (!request.typeAhead) this.#buffer = [];
    const collecting = new Collecting(request, (last) => {
      const [next] = this.#buffer;
      if (next === undefined) this.#full = { endOn: request.endOn, until: this.options.clock.now() + LATE_TERMINATOR_MS };
      else if (request.endOn.includes(next.key) && next.at - last.at <= LATE_TERMINATOR_MS) this.#buffer.shift();
    });
    const takeBuffered = (): void => {
      for (let key = this.#buffer.shift(); key !== undefined; key = this.#buffer.shift()) {
        collecting.take(key);
        if (collecting.answer !== null) return;
      }
    };
    // Without barge-in, keys pressed before wait for the end of the prompt, and those pressed during it are dropped.
    if (request.bargeIn) takeBuffered();
    if (request.prompt.length > 0 && !collecting.begun) {
      await this.#hear(request.prompt, promptMs(request.prompt), signal, (press, cut) => {
        if (request.bargeIn && collecting.take(press)) cut();
        return true;
      });
    }
    if (collecting.answer === null) takeBuffered();
    return this.#listen(collecting, request, signal);
  }

  startMusic(request: MusicRequest): Promise<Done | CallFailure> {
    if (this.end !== null) return Promise.resolve(CALL_ENDED);
    if (request.source !== 'default') {
      const failure = this.options.failSegment?.(request.source) ?? null;
      if (failure !== null) return Promise.resolve(failure);
    }
    this.#stopMusic();
    const source = request.source === 'default' ? 'default' : heardAs([request.source]);
    const music: { since: number | null; cancel: () => void } = { since: null, cancel: () => undefined };
    music.cancel = this.options.clock.after(request.startDelayMs, () => {
      music.since = this.#now();
      this.events.push({ kind: 'musicOn', at: this.#now(), source });
    });
    this.#music = music;
    return this.answer();
  }

  stopMusic(): Promise<Done> {
    this.#stopMusic();
    return Promise.resolve({ kind: 'done' });
  }

  async startRecording(request: RecordRequest): Promise<{ readonly kind: 'started'; readonly id: string } | CallFailure> {
    const answered = await this.answer();
    if (answered.kind === 'failed') return answered;
    const id = `rec-${++this.#recordings}`;
    const cancel =
      request.maxMs > 0
        ? this.options.clock.after(request.maxMs, () => {
            this.#stopRecording(request.name);
          })
        : () => undefined;
    this.#active.set(request.name, { id, since: this.#now(), cancel });
    this.events.push({ kind: 'recordOn', at: this.#now(), name: request.name });
    return { kind: 'started', id };
  }

  stopRecording(request: {
    readonly name: string | null;
  }): Promise<{ readonly kind: 'stopped'; readonly recording: RecordingInfo } | CallFailure> {
    const name = request.name ?? [...this.#active.keys()].at(-1);
    // One that has ended by itself is told all the same.
    const ended = this.recordings.findLast((recording) => request.name === null || recording.name === request.name) ?? null;
    const recording = (name === undefined ? null : this.#stopRecording(name)) ?? ended;
    return Promise.resolve(
      recording === null
        ? { kind: 'failed', code: 'RECORDING_NOT_FOUND', message: 'no such recording is running' }
        : { kind: 'stopped', recording },
    );
  }

  hangup(request: { readonly cause: number }): Promise<Done> {
    this.#finish('flow', request.cause);
    return Promise.resolve({ kind: 'done' });
  }

  /** Answers, ends the music and looks for segments that fail. */
  async #begin(segments: readonly Segment[]): Promise<CallFailure | null> {
    const answered = await this.answer();
    if (answered.kind === 'failed') return answered;
    for (const segment of segments) {
      const failure = this.options.failSegment?.(segment) ?? null;
      if (failure !== null) return failure;
    }
    this.#stopMusic();
    return null;
  }

  /** Plays to the ear. `onKey` says whether it took the key, and may cut the prompt. */
  async #hear(
    segments: readonly Segment[],
    ms: number,
    signal: AbortSignal,
    onKey: (press: KeyPress, cut: () => void) => boolean,
  ): Promise<void> {
    const at = this.#now();
    const text = heardAs(segments);
    const cut = new AbortController();
    const abort = (): void => cut.abort();
    signal.addEventListener('abort', abort);
    this.#ended.signal.addEventListener('abort', abort);
    this.#listener = (press) => onKey(press, abort);
    this.options.onPrompt?.(text, promptMs(segments));
    try {
      if (Number.isFinite(ms)) await sleep(this.options.clock, ms, cut.signal);
      else await new Promise((_resolve, reject) => cut.signal.addEventListener('abort', () => reject(new Aborted('cut'))));
    } catch (error) {
      if (!(error instanceof Aborted)) throw error;
    } finally {
      this.#listener = null;
      signal.removeEventListener('abort', abort);
      this.#ended.signal.removeEventListener('abort', abort);
      this.events.push({ kind: 'prompt', at, text, ms: this.#now() - at, cut: cut.signal.aborted });
    }
    if (signal.aborted || this.#ended.signal.aborted) throw new Aborted('the call is over');
  }

  /** Waits for keys after the prompt, with the time-outs of the request. */
  #listen(collecting: Collecting, request: CollectRequest, signal: AbortSignal): Promise<CollectAnswer> {
    if (collecting.answer !== null) return Promise.resolve(collecting.answer);
    return new Promise((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const done = (): void => {
        cancel();
        this.#listener = null;
        signal.removeEventListener('abort', abort);
        this.#ended.signal.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        done();
        reject(new Aborted('the call is over'));
      };
      const wait = (): void => {
        cancel();
        cancel = this.options.clock.after(collecting.begun ? request.interDigitTimeoutMs : request.firstDigitTimeoutMs, () => {
          done();
          resolve(collecting.timeOut());
        });
      };
      signal.addEventListener('abort', abort);
      this.#ended.signal.addEventListener('abort', abort);
      this.#listener = (press) => {
        if (collecting.take(press)) wait();
        if (collecting.answer !== null) {
          done();
          resolve(collecting.answer);
        }
        return true;
      };
      wait();
    });
  }

  #stopMusic(): void {
    const music = this.#music;
    this.#music = null;
    music?.cancel();
    if (music?.since != null) this.events.push({ kind: 'musicOff', at: this.#now(), ms: this.#now() - music.since });
  }

  #stopRecording(name: string): RecordingInfo | null {
    const active = this.#active.get(name);
    if (active === undefined) return null;
    this.#active.delete(name);
    active.cancel();
    const ms = this.#now() - active.since;
    const recording: RecordingInfo = { id: active.id, name, ms, bytes: 44 + ms * 16, format: 'wav' };
    this.recordings.push(recording);
    this.events.push({ kind: 'recordOff', at: this.#now(), name, ms });
    return recording;
  }

  #finish(by: 'caller' | 'flow', cause: number): void {
    if (this.end !== null) return;
    this.#stopMusic();
    for (const name of [...this.#active.keys()]) this.#stopRecording(name);
    this.events.push({ kind: 'hangup', at: this.#now(), by, cause });
    this.#ended.abort();
  }

  #now(): number {
    return this.options.clock.monotonic();
  }
}

const CALL_ENDED: CallFailure = { kind: 'failed', code: 'CALL_ENDED', message: 'the call is over' };

/** The digits of one collect as they come in. */
class Collecting {
  answer: CollectAnswer | null = null;
  #digits = '';
  readonly #keys: KeyPress[] = [];

  constructor(
    private readonly request: CollectRequest,
    private readonly onFull: (last: KeyPress) => void,
  ) {}

  /** True once a key that counts was pressed. */
  get begun(): boolean {
    return this.#keys.length > 0;
  }

  /** Takes a key; false when it does not count. */
  take(press: KeyPress): boolean {
    const { endOn, allow, max } = this.request;
    const ends = endOn.includes(press.key);
    if (!ends && allow !== '' && !allow.includes(press.key)) return false;
    this.#keys.push(press);
    if (ends) this.answer = this.#finish('terminator');
    else {
      this.#digits += press.key;
      if (this.#digits.length >= max) {
        this.answer = this.#finish('max');
        this.onFull(press);
      }
    }
    return true;
  }

  timeOut(): CollectAnswer {
    return this.begun ? this.#finish('timeout') : { kind: 'noInput' };
  }

  #finish(endedBy: 'max' | 'terminator' | 'timeout'): CollectAnswer {
    const [digits, keys] = [this.#digits, this.#keys];
    return digits.length < this.request.min ? { kind: 'tooShort', digits, keys } : { kind: 'collected', digits, endedBy, keys };
  }
}
