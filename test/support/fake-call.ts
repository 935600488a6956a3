import { Aborted, sleep, untilAborted } from '../../src/lib/clock.js';
import type { CallPort } from '../../src/flow/ports.js';
import type {
  AnnounceRequest,
  CallFailure,
  CollectAnswer,
  CollectLeft,
  CollectRequest,
  Done,
  KeyAnswer,
  KeyPress,
  MusicRequest,
  PlayAnswer,
  PlayRequest,
  RecordingInfo,
  RecordRequest,
} from '../../src/model/call-verbs.js';
import type { Segment } from '../../src/model/segment.js';
import { FakeAnnouncements } from './fake-announcements.js';
import { Collecting } from './fake-collecting.js';
import type { VirtualClock } from './virtual-clock.js';

/** Something the caller heard or that happened on the call. `at` is virtual ms since the call began. */
export type CallEvent =
  | { readonly kind: 'answered'; readonly at: number }
  /** A prompt was played, from `at` on for `ms`; `cut` when a key or the end of the call stopped it. */
  | { readonly kind: 'prompt'; readonly at: number; readonly text: string; readonly ms: number; readonly cut: boolean }
  /** An announcement was heard over music or while keys were awaited; `cut` when a key, its asker or the end of the call stopped it. */
  | { readonly kind: 'announcement'; readonly at: number; readonly text: string; readonly ms: number; readonly cut: boolean }
  | { readonly kind: 'key'; readonly at: number; readonly key: string }
  | { readonly kind: 'musicOn'; readonly at: number; readonly source: string }
  | { readonly kind: 'musicOff'; readonly at: number; readonly ms: number }
  | { readonly kind: 'recordOn'; readonly at: number; readonly name: string }
  | { readonly kind: 'recordOff'; readonly at: number; readonly name: string; readonly ms: number }
  | { readonly kind: 'hangup'; readonly at: number; readonly by: 'caller' | 'flow'; readonly cause: number };

export interface FakeCallOptions {
  readonly clock: VirtualClock;
  /** Told when a prompt or an announcement begins to play: the simulated caller listens here. */
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

/** What music is made of; nothing for the platform's own. */
function segmentsOf({ source }: MusicRequest): readonly Segment[] {
  if (source === 'default') return [];
  return 'kind' in source ? [source] : source;
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
  /** A prompt sounds, or is about to. */
  #prompting = false;
  /** The collect that takes keys now; `quieted` makes its first-digit time-out begin again. */
  #collect: { readonly typing: () => boolean; quieted: () => void } | null = null;
  readonly #keyWaits = new Set<{ readonly keys: string; readonly take: (press: KeyPress) => void }>();
  readonly #announcements: FakeAnnouncements;

  constructor(private readonly options: FakeCallOptions) {
    this.#announcements = new FakeAnnouncements({
      clock: options.clock,
      mayBegin: () => this.end === null && !this.#prompting && this.#collect?.typing() !== true,
      onBegin: (text, ms) => options.onPrompt?.(text, ms),
      onEnd: (heard) => {
        this.events.push({ kind: 'announcement', ...heard });
        this.#collect?.quieted();
      },
    });
  }

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
    if (this.#collect === null && this.#takenAlone(press)) return;
    if (this.#listener === null || !this.#listener(press)) this.#buffer.push(press);
  }

  /** Gives a key to whoever waits for it on its own. */
  #takenAlone(press: KeyPress): boolean {
    const wait = [...this.#keyWaits].find(({ keys }) => keys === '' || keys.includes(press.key));
    if (wait === undefined) return false;
    wait.take(press);
    this.#announcements.cut(press.key);
    return true;
  }

  /** The far end hangs up. */
  hangUpByCaller(): void {
    this.#finish('caller', 16);
  }

  answer(): Promise<Done | CallFailure> {
    return Promise.resolve(this.#reach([]) ?? { kind: 'done' });
  }

  async play(request: PlayRequest, signal: AbortSignal): Promise<PlayAnswer> {
    const failure = this.#begin(request.segments);
    if (failure !== null) return failure;
    const ms = promptMs(request.segments);
    let stop: { key: string; consumed: boolean } | null = null;
    const length = request.loop === 0 && ms > 0 ? Infinity : ms * request.loop;
    const heard = await this.#hear(request.segments, length, signal, (press, cut) => {
      const consumed = request.stopKeys.includes(press.key);
      if (!consumed && !request.bargeIn) return true;
      stop = { key: press.key, consumed };
      this.#announcements.cut(press.key);
      cut();
      return consumed;
    });
    const stopped = stop as { key: string; consumed: boolean } | null;
    return stopped === null ? { kind: 'done', ms: heard } : { kind: 'interrupted', ...stopped, ms: heard };
  }

  async collect(request: CollectRequest, signal: AbortSignal): Promise<CollectAnswer | CollectLeft> {
    const failure = this.#begin(request.prompt);
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
    const state = { typing: () => collecting.begun, quieted: () => undefined };
    this.#collect = state;
    try {
      // Without barge-in, keys pressed before wait for the end of the prompt, and those pressed during it are dropped.
      if (request.bargeIn) takeBuffered();
      if (request.prompt.length > 0 && !collecting.begun) {
        await this.#hear(request.prompt, promptMs(request.prompt), signal, (press, cut) => {
          if (request.bargeIn && collecting.take(press)) {
            this.#announcements.cut(press.key);
            cut();
          }
          return true;
        });
      }
      if (collecting.answer === null) takeBuffered();
      return await this.#listen(collecting, request, signal);
    } finally {
      if (this.#collect === state) this.#collect = null;
      this.#announcements.next();
    }
  }

  async announce(request: AnnounceRequest, signal: AbortSignal): Promise<PlayAnswer> {
    const failure = this.#reach(request.segments);
    if (failure !== null) return failure;
    const both = AbortSignal.any([signal, this.#ended.signal]);
    return this.#announcements.say(heardAs(request.segments), promptMs(request.segments), both);
  }

  async awaitKey({ keys }: { readonly keys: string }, signal: AbortSignal): Promise<KeyAnswer> {
    const failure = this.#reach([]);
    if (failure !== null) return failure;
    const both = AbortSignal.any([signal, this.#ended.signal]);
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#keyWaits.delete(wait);
        both.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        over();
        reject(new Aborted('nobody waits for a key any more'));
      };
      const wait = {
        keys,
        take: (press: KeyPress): void => {
          over();
          resolve({ kind: 'pressed', ...press });
        },
      };
      this.#keyWaits.add(wait);
      if (both.aborted) abort();
      else both.addEventListener('abort', abort);
    });
  }

  startMusic(request: MusicRequest): Promise<Done | CallFailure> {
    const segments = segmentsOf(request);
    const failure = this.#reach(segments);
    if (failure !== null) return Promise.resolve(failure);
    this.#stopMusic();
    const source = segments.length === 0 ? 'default' : heardAs(segments);
    const music: { since: number | null; cancel: () => void } = { since: null, cancel: () => undefined };
    music.cancel = this.options.clock.after(request.startDelayMs, () => {
      music.since = this.#now();
      this.events.push({ kind: 'musicOn', at: this.#now(), source });
    });
    this.#music = music;
    return Promise.resolve({ kind: 'done' });
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

  /** Answers if need be, and looks for segments that fail; at once, so that what is asked for first comes first. */
  #reach(segments: readonly Segment[]): CallFailure | null {
    if (this.end !== null) return CALL_ENDED;
    if (!this.#answered) {
      this.#answered = true;
      this.events.push({ kind: 'answered', at: this.#now() });
    }
    for (const segment of segments) {
      const failure = this.options.failSegment?.(segment) ?? null;
      if (failure !== null) return failure;
    }
    return null;
  }

  /** The same for what takes the stream over: the music ends. */
  #begin(segments: readonly Segment[]): CallFailure | null {
    const failure = this.#reach(segments);
    if (failure === null) this.#stopMusic();
    return failure;
  }

  /** Plays to the ear, after an announcement that sounds; gives how long, ms. `onKey` says whether it took the key, and may cut. */
  async #hear(
    segments: readonly Segment[],
    ms: number,
    signal: AbortSignal,
    onKey: (press: KeyPress, cut: () => void) => boolean,
  ): Promise<number> {
    const text = heardAs(segments);
    const cut = new AbortController();
    const abort = (): void => cut.abort();
    let at: number | null = null;
    signal.addEventListener('abort', abort);
    this.#ended.signal.addEventListener('abort', abort);
    this.#prompting = true;
    this.#listener = (press) => onKey(press, abort);
    try {
      if (this.#announcements.speaking) await untilAborted(this.#announcements.quiet(), cut.signal);
      at = this.#now();
      this.options.onPrompt?.(text, promptMs(segments));
      if (Number.isFinite(ms)) await sleep(this.options.clock, ms, cut.signal);
      else await new Promise((_resolve, reject) => cut.signal.addEventListener('abort', () => reject(new Aborted('cut'))));
    } catch (error) {
      if (!(error instanceof Aborted)) throw error;
    } finally {
      this.#listener = null;
      signal.removeEventListener('abort', abort);
      this.#ended.signal.removeEventListener('abort', abort);
      if (at !== null) this.events.push({ kind: 'prompt', at, text, ms: this.#now() - at, cut: cut.signal.aborted });
      this.#prompting = false;
      this.#announcements.next();
    }
    if (signal.aborted || this.#ended.signal.aborted) throw new Aborted('the call is over');
    return at === null ? 0 : this.#now() - at;
  }

  /** Waits for keys after the prompt, with the time-outs of the request. */
  #listen(collecting: Collecting, request: CollectRequest, signal: AbortSignal): Promise<CollectAnswer | CollectLeft> {
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
        if (collecting.left === null) reject(new Aborted('the call is over'));
        else resolve(collecting.left);
      };
      const wait = (): void => {
        cancel();
        cancel = this.options.clock.after(collecting.begun ? request.interDigitTimeoutMs : request.firstDigitTimeoutMs, () => {
          // Who listens to an announcement is not late; the time-out begins again after it.
          if (this.#announcements.speaking && !collecting.begun) return;
          done();
          resolve(collecting.timeOut());
        });
      };
      signal.addEventListener('abort', abort);
      this.#ended.signal.addEventListener('abort', abort);
      this.#listener = (press) => {
        if (collecting.take(press)) {
          if (request.bargeIn) this.#announcements.cut(press.key);
          wait();
        }
        if (collecting.answer !== null) {
          done();
          resolve(collecting.answer);
        }
        return true;
      };
      if (this.#collect !== null) {
        this.#collect.quieted = (): void => {
          if (!collecting.begun) wait();
        };
      }
      wait();
      this.#announcements.next();
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
