import { Aborted, sleep, untilAborted, type Clock } from '../../src/lib/clock.js';
import { err, ok, type Result } from '../../src/lib/result.js';
import type { CodecName } from '../../src/media/codec/codec.js';
import type {
  AnnounceAudio,
  CollectDigits,
  CollectEnd,
  EngineStats,
  KeyEnd,
  MediaEngine,
  MediaErrorCode,
  MediaSession,
  MusicAudio,
  PlayAudio,
  PlayEnd,
  RecordCall,
  RecordingEnd,
  RtpStats,
  SdpError,
} from '../../src/media/types.js';

interface KeyWait {
  readonly keys: string;
  readonly take: (key: string) => void;
}

interface Running {
  readonly onKey: (key: string) => void;
  readonly close: () => void;
}

function lengthOf(audio: readonly { readonly ms: number }[]): number {
  return audio.reduce((ms, one) => ms + one.ms, 0);
}

/** The media of one call without packets: plays take their time on the clock, keys are pressed by the test. */
export class FakeSession implements MediaSession {
  readonly heard: { readonly at: number; readonly what: string; readonly ms: number; readonly gainDb: number }[] = [];
  readonly recorded: RecordCall[] = [];
  readonly injected: string[] = [];
  music: MusicAudio | null = null;
  closes = 0;
  accepted: string | null = null;
  answers = 0;
  /** SDP text that `answer` and `accept` refuse. */
  refuseSdp: SdpError | null = null;
  recordingError: string | null = null;
  /** What a finished recording says went wrong. */
  recordingEndError: string | null = null;
  /** While set, `startRecording` waits for it. */
  recordingGate: Promise<void> | null = null;
  /** While set, a stopped recording is final only when it is. */
  recordingEndGate: Promise<void> | null = null;
  statsFail = false;
  statsHang = false;
  closeHangs = false;
  #lastPacketAt: number;
  #running: Running | null = null;
  #keys = '';
  readonly #keyWaits = new Set<KeyWait>();
  #announcing: Promise<void> = Promise.resolve();
  readonly #closed = new AbortController();
  #received = 0;
  #lost = false;
  readonly #silentListeners: (() => void)[] = [];
  readonly #recordings = new Set<() => void>();

  constructor(
    readonly id: string,
    readonly port: number,
    private readonly clock: Clock,
    private readonly onClosed: () => void,
  ) {
    this.#lastPacketAt = clock.monotonic();
  }

  get codec(): CodecName {
    return 'PCMU';
  }

  /** A packet of the far end arrived just now. */
  packet(): void {
    this.#received++;
    this.#lastPacketAt = this.clock.monotonic();
  }

  press(keys: string): void {
    for (const key of keys) {
      const wait = [...this.#keyWaits].find(({ keys: wanted }) => wanted === '' || wanted.includes(key));
      if (wait !== undefined) wait.take(key);
      else if (this.#running === null) this.#keys += key;
      else this.#running.onKey(key);
    }
  }

  /** Keys nobody took. */
  get buffer(): string {
    return this.#keys;
  }

  get active(): boolean {
    return this.#running !== null;
  }

  answer(offer: string): Result<string, SdpError> {
    if (this.refuseSdp !== null) return err(this.refuseSdp);
    this.answers++;
    return ok(this.#sdp(/a=sendonly/.test(offer) ? 'recvonly' : 'sendrecv'));
  }

  offer(): string {
    return this.#sdp('sendrecv');
  }

  accept(answer: string): Result<void, SdpError> {
    if (this.refuseSdp !== null) return err(this.refuseSdp);
    this.accepted = answer;
    return ok(undefined);
  }

  play(request: PlayAudio, signal: AbortSignal): Promise<PlayEnd> {
    this.music = null;
    const ms = request.loop === 0 ? Infinity : lengthOf(request.audio) * request.loop;
    const from = this.clock.monotonic();
    this.heard.push({ at: from, what: 'play', ms, gainDb: request.gainDb });
    return this.#run<PlayEnd>(signal, { kind: 'closed' }, (finish) => {
      const cancel = Number.isFinite(ms) ? this.clock.after(ms, () => finish({ kind: 'done', ms })) : () => undefined;
      const onKey = (key: string): void => {
        const consumed = request.stopKeys.includes(key);
        if (!consumed) this.#keys += key;
        if (consumed || request.bargeIn) {
          finish({ kind: 'interrupted', key, consumed, ms: this.clock.monotonic() - from });
        }
      };
      return { cancel, onKey };
    });
  }

  collect(request: CollectDigits, signal: AbortSignal): Promise<CollectEnd> {
    this.music = null;
    const length = lengthOf(request.audio);
    this.heard.push({ at: this.clock.monotonic(), what: 'collect', ms: length, gainDb: request.gainDb });
    const keys: { key: string; at: number }[] = [];
    let digits = '';
    const left = (): CollectEnd | null => (keys.length === 0 ? null : { kind: 'left', digits, keys });
    return this.#run<CollectEnd>(signal, { kind: 'closed' }, (finish) => {
      let cancel: () => void = () => undefined;
      const end = (endedBy: 'max' | 'terminator' | 'timeout'): void => {
        if (keys.length === 0) finish({ kind: 'noInput' });
        else finish({ kind: digits.length < request.min ? 'tooShort' : 'collected', digits, endedBy, keys });
      };
      const arm = (ms: number): void => {
        cancel();
        cancel = this.clock.after(ms, () => {
          end('timeout');
        });
      };
      const onKey = (key: string): void => {
        if (request.allow !== '' && !request.allow.includes(key) && !request.endOn.includes(key)) return;
        keys.push({ key, at: this.clock.now() });
        if (request.endOn.includes(key)) {
          end('terminator');
          return;
        }
        digits += key;
        if (digits.length >= request.max) end('max');
        else arm(request.interDigitTimeoutMs);
      };
      arm(length + request.firstDigitTimeoutMs);
      return { cancel: () => cancel(), onKey, left };
    });
  }

  startMusic(music: MusicAudio): void {
    const at = this.clock.monotonic() + music.startDelayMs;
    this.heard.push({ at, what: 'music', ms: lengthOf(music.audio), gainDb: 0 });
    this.music = music;
  }

  /** Announcements follow one another; what else sounds does not matter to the call. */
  async announce(request: AnnounceAudio, signal: AbortSignal): Promise<PlayEnd> {
    const before = this.#announcing;
    const ms = lengthOf(request.audio);
    const said = (async (): Promise<PlayEnd> => {
      const over = AbortSignal.any([signal, this.#closed.signal]);
      try {
        await untilAborted(before, over);
        this.heard.push({ at: this.clock.monotonic(), what: 'announce', ms, gainDb: request.gainDb });
        await sleep(this.clock, ms, over);
        return { kind: 'done', ms };
      } catch (error) {
        if (error instanceof Aborted && !signal.aborted) return { kind: 'closed' };
        throw error;
      }
    })();
    this.#announcing = said.then(
      () => undefined,
      () => undefined,
    );
    return said;
  }

  async awaitKey(keys: string, signal: AbortSignal): Promise<KeyEnd> {
    let take: KeyWait['take'] = () => undefined;
    const pressed = new Promise<KeyEnd>((resolve) => {
      take = (key) => resolve({ kind: 'pressed', key, at: this.clock.now() });
    });
    const wait = { keys, take };
    this.#keyWaits.add(wait);
    try {
      return await untilAborted(pressed, AbortSignal.any([signal, this.#closed.signal]));
    } catch (error) {
      if (error instanceof Aborted && !signal.aborted) return { kind: 'closed' };
      throw error;
    } finally {
      this.#keyWaits.delete(wait);
    }
  }

  /** How often the call room said that the call is answered. */
  begun = 0;

  /** How often the call room said that our description leaves. */
  listening = 0;

  listen(): void {
    this.listening++;
  }

  begin(): void {
    this.begun++;
  }

  stopMusic(): void {
    this.music = null;
  }

  async startRecording(
    request: RecordCall,
  ): Promise<Result<{ readonly stop: () => Promise<RecordingEnd>; readonly ended: Promise<RecordingEnd> }, string>> {
    await this.recordingGate;
    if (this.recordingError !== null) return err(this.recordingError);
    this.recorded.push(request);
    const from = this.clock.monotonic();
    let finish: (end: RecordingEnd) => void = () => undefined;
    const ended = new Promise<RecordingEnd>((resolve) => {
      finish = resolve;
    });
    const cancel = request.maxMs > 0 ? this.clock.after(request.maxMs, () => stop()) : () => undefined;
    const stop = (): void => {
      cancel();
      this.#recordings.delete(stop);
      const ms = this.clock.monotonic() - from;
      const end = { ms, bytes: 44 + ms * 16, ...(this.recordingEndError !== null && { error: this.recordingEndError }) };
      if (this.recordingEndGate === null) finish(end);
      else void this.recordingEndGate.then(() => finish(end));
    };
    this.#recordings.add(stop);
    return ok({
      ended,
      stop: () => {
        stop();
        return ended;
      },
    });
  }

  injectDigit(key: string): void {
    this.injected.push(key);
    this.press(key);
  }

  readonly #missedListeners: (() => void)[] = [];

  missKey(): void {
    for (const listener of this.#missedListeners) listener();
  }

  onMissed(listener: () => void): void {
    this.#missedListeners.push(listener);
  }

  stats(): Promise<RtpStats> {
    if (this.statsHang) return new Promise(() => undefined);
    if (this.statsFail) return Promise.reject(new Error('worker gone'));
    const silentMs = this.#lost ? 0 : this.clock.monotonic() - this.#lastPacketAt;
    return Promise.resolve({ sent: 0, received: this.#received, lost: 0, unexpected: 0, digits: 0, silentMs });
  }

  onSilent(listener: () => void): void {
    this.#silentListeners.push(listener);
  }

  /** The engine reports a far end gone silent. */
  reportSilence(): void {
    for (const listener of this.#silentListeners) listener();
  }

  /** The engine's worker dies. */
  lose(): void {
    this.#lost = true;
    this.reportSilence();
    void this.close();
  }

  close(): Promise<void> {
    if (this.closeHangs) return new Promise(() => undefined);
    if (this.closes++ === 0) {
      this.#closed.abort();
      this.#running?.close();
      for (const stop of [...this.#recordings]) stop();
      this.onClosed();
    }
    return Promise.resolve();
  }

  #sdp(direction: string): string {
    return `v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${this.port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=${direction}\r\n`;
  }

  #run<E>(
    signal: AbortSignal,
    closed: E,
    begin: (finish: (end: E) => void) => {
      readonly cancel: () => void;
      readonly onKey: (key: string) => void;
      /** What there is to tell when nobody waits any more; null: nothing. */
      readonly left?: () => E | null;
    },
  ): Promise<E> {
    this.#running?.close();
    return new Promise((resolve, reject) => {
      let over = false;
      const clear = (): boolean => {
        if (over) return false;
        over = true;
        parts.cancel();
        signal.removeEventListener('abort', onAbort);
        if (this.#running === running) this.#running = null;
        return true;
      };
      const onAbort = (): void => {
        if (!clear()) return;
        const left = parts.left?.() ?? null;
        if (left === null) reject(new Aborted('aborted'));
        else resolve(left);
      };
      const parts = begin((end) => {
        if (clear()) resolve(end);
      });
      const running: Running = {
        onKey: parts.onKey,
        close: () => {
          if (clear()) resolve(parts.left?.() ?? closed);
        },
      };
      this.#running = running;
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      const waiting = this.#keys;
      this.#keys = '';
      for (const key of waiting) parts.onKey(key);
    });
  }
}

/** A media engine without sockets. */
export class FakeMedia implements MediaEngine {
  readonly sessions: FakeSession[] = [];
  refuse: MediaErrorCode | null = null;
  /** While set, `open` waits for it. */
  gate: Promise<void> | null = null;
  /** Applied to each new session. */
  prepare: (session: FakeSession) => void = () => undefined;
  #open = 0;

  constructor(private readonly clock: Clock) {}

  /** Sessions not closed yet: ports in use. */
  get inUse(): number {
    return this.#open;
  }

  get last(): FakeSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('no session yet');
    return session;
  }

  async open(): Promise<Result<MediaSession, MediaErrorCode>> {
    await this.gate;
    if (this.refuse !== null) return err(this.refuse);
    this.#open++;
    const n = this.sessions.length + 1;
    const session = new FakeSession(`session-${n}`, 40_000 + 2 * n, this.clock, () => {
      this.#open--;
    });
    this.prepare(session);
    this.sessions.push(session);
    return ok(session);
  }

  stats(): EngineStats {
    return {
      addresses: ['127.0.0.1'],
      sessions: this.#open,
      portsFree: 100 - this.#open,
      keysMissed: 0,
      workers: [],
      receive: 'polled',
    };
  }

  async close(): Promise<void> {
    for (const session of this.sessions) await session.close();
  }
}
