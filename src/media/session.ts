import { background } from '../lib/log/background.js';
import { Aborted } from '../lib/clock.js';
import { err, ok, type Result } from '../lib/result.js';
import type { CodecName } from './codec/codec.js';
import { processNow } from './worker/clock.js';
import type { Answers } from './worker/protocol.js';
import { eventOfKey } from './rtp/telephone-event.js';
import { SdpNegotiation, type LocalMedia, type RemoteMedia } from './sdp/answer.js';
import type {
  AnnounceAudio,
  CollectDigits,
  CollectEnd,
  KeyEnd,
  MediaSession,
  MusicAudio,
  PlayAudio,
  PlayEnd,
  RecordCall,
  RecordingEnd,
  RtpStats,
  SdpError,
} from './types.js';
import type { SessionEvents, WorkerLink } from './worker-link.js';

/** What the main-thread face of a leg's media needs. */
export interface SessionOptions {
  readonly id: string;
  /** What our descriptions state. */
  readonly local: LocalMedia;
  /** Looks a host name of a c= line up; `found` is called if it has an address, whenever that is. */
  readonly findHost: (name: string, found: (address: string) => void) => void;
  /** Called for each key that cannot be taken. */
  readonly onMissed: () => void;
  /** Called once, when the port is free again. */
  readonly onClosed: () => void;
}

/** The main-thread face of one leg's media. Everything that takes time happens in its worker. */
export class WorkerBackedSession implements MediaSession, SessionEvents {
  readonly id: string;
  readonly port: number;
  readonly #sdp: SdpNegotiation;
  /** Wall clock less {@link processNow} when the session was opened. */
  readonly #wallOffset = Date.now() - processNow();
  readonly #silentListeners: (() => void)[] = [];
  readonly #missedListeners: (() => void)[] = [];
  #codec: CodecName | null = null;
  #closing: Promise<void> | null = null;
  #lost = false;
  #listening = false;

  constructor(
    private readonly link: WorkerLink,
    private readonly options: SessionOptions,
  ) {
    this.id = options.id;
    this.port = options.local.port;
    this.#sdp = new SdpNegotiation(options.local);
    link.attach(this.id, this);
  }

  get codec(): CodecName | null {
    return this.#codec;
  }

  answer(offer: string): Result<string, SdpError> {
    const answer = this.#sdp.answer(offer);
    if (!answer.ok) return answer;
    this.#negotiated(answer.value.remote);
    return ok(answer.value.sdp);
  }

  offer(): string {
    return this.#sdp.offer();
  }

  accept(answer: string): Result<void, SdpError> {
    const accepted = this.#sdp.accept(answer);
    if (!accepted.ok) return accepted;
    this.#negotiated(accepted.value);
    return ok(undefined);
  }

  listen(): void {
    if (this.#listening || this.#gone) return;
    this.#listening = true;
    this.link.post({ session: this.id, type: 'listen', at: processNow() });
  }

  begin(): void {
    this.listen();
    if (!this.#gone) this.link.post({ session: this.id, type: 'begin' });
  }

  play({ audio, gainDb, ...rules }: PlayAudio, signal: AbortSignal): Promise<PlayEnd> {
    return this.#verb('play', signal, (request) => {
      this.link.post({ session: this.id, type: 'play', request, prompt: { audio: this.link.audio(audio), gainDb }, rules });
    });
  }

  async collect({ prompt, gainDb, ...rules }: CollectDigits, signal: AbortSignal): Promise<CollectEnd> {
    const aborted = (): boolean => signal.aborted;
    if (aborted()) throw new Aborted('aborted before collect began');
    const { request, answer } = this.link.expect(this.id, 'collect');
    if (this.#gone) return { kind: 'closed' };
    this.link.post({ session: this.id, type: 'collect', request, prompt: { audio: this.link.audio(prompt), gainDb }, rules });
    // The worker knows what was taken until then, and tells it.
    const onAbort = (): void => this.link.post({ session: this.id, type: 'cancel', request });
    signal.addEventListener('abort', onAbort, { once: true });
    const end = this.#dated(await answer);
    signal.removeEventListener('abort', onAbort);
    if (!aborted()) return end;
    if ('keys' in end) return { kind: 'left', digits: end.digits, keys: end.keys };
    throw new Aborted('collect aborted');
  }

  startMusic({ audio, startDelayMs, pauseMs }: MusicAudio): void {
    if (this.#gone) return;
    this.link.post({ session: this.id, type: 'music', audio: this.link.audio(audio), startDelayMs, pauseMs });
  }

  stopMusic(): void {
    if (!this.#gone) this.link.post({ session: this.id, type: 'stopMusic' });
  }

  announce({ audio, gainDb }: AnnounceAudio, signal: AbortSignal): Promise<PlayEnd> {
    return this.#verb('announce', signal, (request) => {
      this.link.post({ session: this.id, type: 'announce', request, prompt: { audio: this.link.audio(audio), gainDb } });
    });
  }

  awaitKey(keys: string, signal: AbortSignal): Promise<KeyEnd> {
    return this.#verb('awaitKey', signal, (request) => {
      this.link.post({ session: this.id, type: 'awaitKey', request, keys });
    });
  }

  async startRecording(
    record: RecordCall,
  ): Promise<Result<{ readonly stop: () => Promise<RecordingEnd>; readonly ended: Promise<RecordingEnd> }, string>> {
    if (this.#gone) return err('The media session is closed.');
    const { request, answer } = this.link.expect(this.id, 'record');
    const { request: ended, answer: end } = this.link.expect(this.id, 'recorded');
    this.link.post({ session: this.id, type: 'record', request, ended, record, codec: this.#codec });
    const problem = await answer;
    if (problem !== null) {
      this.link.forget(ended);
      return err(problem);
    }
    const stop = (): Promise<RecordingEnd> => {
      this.link.post({ session: this.id, type: 'stopRecording', ended });
      return end;
    };
    return ok({ stop, ended: end });
  }

  injectDigit(key: string): void {
    if (this.#gone || eventOfKey(key) === null) return;
    this.link.post({ session: this.id, type: 'digit', key: key.toUpperCase() });
  }

  missKey(): void {
    this.missed();
  }

  onMissed(listener: () => void): void {
    this.#missedListeners.push(listener);
  }

  missed(): void {
    this.options.onMissed();
    for (const listener of this.#missedListeners) listener();
  }

  stats(): Promise<RtpStats> {
    const { request, answer } = this.link.expect(this.id, 'stats');
    this.link.post({ session: this.id, type: 'stats', request });
    return answer;
  }

  onSilent(listener: () => void): void {
    this.#silentListeners.push(listener);
  }

  silent(): void {
    for (const listener of this.#silentListeners) listener();
  }

  /** The worker lost the leg: to the call that is a far end gone silent. */
  lost(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.silent();
    background('closing a lost media session', this.link.log, () => this.close());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { request, answer } = this.link.expect(this.id, 'close');
    this.link.post({ session: this.id, type: 'close', request });
    if (!this.#lost) await answer;
    this.link.detach(this.id);
    this.options.onClosed();
  }

  get #gone(): boolean {
    return this.#closing !== null || this.#lost;
  }

  #negotiated(remote: RemoteMedia): void {
    this.#codec = remote.codec;
    if (this.#gone) return;
    this.link.post({ session: this.id, type: 'remote', remote });
    if (remote.name !== undefined) this.#locate(remote.name);
  }

  /** A host name is looked up while the call goes on: until then packets go where the signalling came from. */
  #locate(name: string): void {
    this.options.findHost(name, (address) => {
      const remote = this.#sdp.located(name, address);
      if (remote !== null && !this.#gone) this.link.post({ session: this.id, type: 'remote', remote });
    });
  }

  /** The worker dates keys by {@link processNow}; a call wants the wall clock as it was when its media was opened. */
  #dated<E extends Answers[keyof Answers]>(end: E): E {
    if (end === null || typeof end !== 'object') return end;
    const wall = (at: number): number => Math.round(this.#wallOffset + at);
    if ('keys' in end) return { ...end, keys: end.keys.map(({ key, at }) => ({ key, at: wall(at) })) };
    return 'at' in end ? { ...end, at: wall(end.at) } : end;
  }

  /** Starts a verb and waits for its end, or for the signal, whichever is first. */
  #verb<V extends 'play' | 'announce' | 'awaitKey'>(
    verb: V,
    signal: AbortSignal,
    start: (request: number) => void,
  ): Promise<Answers[V]> {
    if (signal.aborted) return Promise.reject(new Aborted(`aborted before ${verb} began`));
    const { request, answer } = this.link.expect(this.id, verb);
    if (this.#gone) return Promise.resolve({ kind: 'closed' } as Answers[V]);
    start(request);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.link.forget(request);
        this.link.post({ session: this.id, type: 'cancel', request });
        reject(new Aborted(`${verb} aborted`));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      answer.then((end) => {
        signal.removeEventListener('abort', onAbort);
        resolve(this.#dated(end));
      }, reject);
    });
  }
}
