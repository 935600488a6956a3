import { background } from '../../lib/log/background.js';
import { Aborted } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { CodecName } from '../codec/codec.js';
import { processNow } from '../worker/clock.js';
import { lostAnswer, type WorkerAnswer, type AnsweredVerb } from '../worker/protocol.js';
import { eventOfKey } from '../rtp/telephone-event.js';
import { SdpNegotiation, type LocalMedia, type RemoteMedia } from '../sdp/answer.js';
import {
  LEG_VERBS,
  type CollectDigits,
  type CollectEnd,
  type LegRequests,
  type LegVerbs,
  type MediaSession,
  type MusicAudio,
  type RecordCall,
  type RecordingEnd,
  type RtpStats,
  type SdpError,
} from '../types.js';
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

/** Verbs that end as soon as their signal fires. */
type EndedBySignal = { [V in keyof LegVerbs]: (typeof LEG_VERBS)[V] extends 'ends' ? V : never }[keyof LegVerbs];
const ENDED_BY_SIGNAL = Object.entries(LEG_VERBS).flatMap(([verb, signal]) => (signal === 'ends' ? [verb as EndedBySignal] : []));

/** The main-thread face of one leg's media. Everything that takes time happens in its worker. */
export class WorkerBackedSession implements Omit<MediaSession, EndedBySignal>, SessionEvents {
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

  private constructor(
    private readonly link: WorkerLink,
    private readonly options: SessionOptions,
  ) {
    this.id = options.id;
    this.port = options.local.port;
    this.#sdp = new SdpNegotiation(options.local);
    link.attach(this.id, this);
  }

  /** A session with a method for each verb of {@link LEG_VERBS}. */
  static open(link: WorkerLink, options: SessionOptions): MediaSession {
    const session = new WorkerBackedSession(link, options);
    const verbs = Object.fromEntries(ENDED_BY_SIGNAL.map((verb) => [verb, session.#verb(verb)]));
    return Object.assign(session, verbs as LegRequests<EndedBySignal>);
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
    this.link.tell(this.id, 'listen', processNow());
  }

  begin(): void {
    this.listen();
    if (!this.#gone) this.link.tell(this.id, 'begin', null);
  }

  /** Unlike the other verbs it is answered after its signal fired too: what was taken until then is somebody's input. */
  async collect(request: CollectDigits, signal: AbortSignal): Promise<CollectEnd> {
    const aborted = (): boolean => signal.aborted;
    if (aborted()) throw new Aborted('aborted before collect began');
    if (this.#gone) return { kind: 'closed' };
    const { id, answer } = this.link.ask(this.id, 'collect', request);
    // The worker knows what was taken until then, and tells it.
    const onAbort = (): void => this.link.tell(this.id, 'cancel', id);
    signal.addEventListener('abort', onAbort, { once: true });
    const end = this.#dated(await answer);
    signal.removeEventListener('abort', onAbort);
    if (!aborted()) return end;
    if ('keys' in end) return { kind: 'left', digits: end.digits, keys: end.keys };
    throw new Aborted('collect aborted');
  }

  startMusic(music: MusicAudio): void {
    if (!this.#gone) this.link.tell(this.id, 'startMusic', music);
  }

  stopMusic(): void {
    if (!this.#gone) this.link.tell(this.id, 'stopMusic', null);
  }

  async startRecording(
    record: RecordCall,
  ): Promise<Result<{ readonly stop: () => Promise<RecordingEnd>; readonly ended: Promise<RecordingEnd> }, string>> {
    if (this.#gone) return err('The media session is closed.');
    const { id: ended, answer: end } = this.link.expect(this.id, 'recorded');
    const problem = await this.link.ask(this.id, 'record', { ...record, codec: this.#codec, ended }).answer;
    if (problem !== null) {
      this.link.forget(ended);
      return err(problem);
    }
    const stop = (): Promise<RecordingEnd> => {
      this.link.tell(this.id, 'stopRecording', ended);
      return end;
    };
    return ok({ stop, ended: end });
  }

  injectDigit(key: string): void {
    if (this.#gone || eventOfKey(key) === null) return;
    this.link.tell(this.id, 'digit', key.toUpperCase());
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
    return this.link.ask(this.id, 'stats', null).answer;
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
    const { answer } = this.link.ask(this.id, 'close', null);
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
    this.link.tell(this.id, 'negotiated', remote);
    if (remote.name !== undefined) this.#locate(remote.name);
  }

  /** A host name is looked up while the call goes on: until then packets go where the signalling came from. */
  #locate(name: string): void {
    this.options.findHost(name, (address) => {
      const remote = this.#sdp.located(name, address);
      if (remote !== null && !this.#gone) this.link.tell(this.id, 'negotiated', remote);
    });
  }

  /** The worker dates keys by {@link processNow}; a call wants the wall clock as it was when its media was opened. */
  #dated<E extends WorkerAnswer<AnsweredVerb>>(end: E): E {
    if (end === null || typeof end !== 'object') return end;
    const wall = (at: number): number => Math.round(this.#wallOffset + at);
    if ('keys' in end) return { ...end, keys: end.keys.map(({ key, at }) => ({ key, at: wall(at) })) };
    return 'at' in end ? { ...end, at: wall(end.at) } : end;
  }

  /** A verb of a leg: sends it and waits for its end, or for the signal, whichever is first. */
  #verb<V extends EndedBySignal>(verb: V): (request: LegVerbs[V]['request'], signal: AbortSignal) => Promise<WorkerAnswer<V>> {
    return async (request, signal) => {
      if (signal.aborted) throw new Aborted(`aborted before ${verb} began`);
      if (this.#gone) return lostAnswer(verb);
      const { id, answer } = this.link.ask(this.id, verb, request);
      return await new Promise((resolve, reject) => {
        const onAbort = (): void => {
          this.link.forget(id);
          this.link.tell(this.id, 'cancel', id);
          reject(new Aborted(`${verb} aborted`));
        };
        signal.addEventListener('abort', onAbort, { once: true });
        answer.then((end) => {
          signal.removeEventListener('abort', onAbort);
          resolve(this.#dated(end));
        }, reject);
      });
    };
  }
}
