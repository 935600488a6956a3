import { LRUCache } from 'lru-cache';
import type { Worker } from 'node:worker_threads';
import { guarded } from '../../lib/log/background.js';
import { errorTrace } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import { startWorker } from '../../lib/worker.js';
import { audioBytes, type Audio } from '../codec/audio.js';
import { loadMemory, readLoad } from '../worker/load.js';
import {
  lostAnswer,
  mapAudio,
  type WorkerAnswer,
  type AnsweredVerb,
  type FromWorker,
  type Message,
  type Request,
  type ToWorker,
  type WorkerVerb,
  type WorkerSettings,
} from '../worker/protocol.js';

/*
 * The main thread's end of one media worker: requests and their answers, the audio the worker has, and what happens when it dies.
 */

/** Audio a worker keeps at hand. It is shared memory: this bounds how long unused audio is held, not copies of it. */
const AUDIO_BYTES = 256 * 1024 * 1024;

/** A number that the worker will answer. */
export interface Asked<V extends AnsweredVerb> {
  readonly id: number;
  readonly answer: Promise<WorkerAnswer<V>>;
}

interface Pending {
  readonly session: string;
  readonly verb: AnsweredVerb;
  readonly resolve: (value: WorkerAnswer<AnsweredVerb>) => void;
}

/** What the face of a session is told by its worker. */
export interface SessionEvents {
  silent(): void;
  /** A key came that cannot be taken. */
  missed(): void;
  /** The session is no more, by a fault of ours. */
  lost(): void;
}

export type LinkSettings = Omit<WorkerSettings, 'load'>;

/** The main thread's side of one media worker: its start, its messages, its requests that wait for an answer, its death. */
export class WorkerLink {
  /** `polled` or `events`; known once {@link ready}. */
  receive: 'polled' | 'events' = 'events';
  /** Null once the worker is up, or why it cannot work. */
  readonly ready: Promise<string | null>;
  readonly #load = loadMemory();
  readonly #worker: Worker;
  readonly #sessions = new Map<string, SessionEvents>();
  readonly #pending = new Map<number, Pending>();
  readonly #audio: LRUCache<number, Audio>;
  #lastId = 0;
  #dead = false;

  /** @param onDead called once when the worker has died by itself */
  constructor(
    settings: LinkSettings,
    readonly log: Logger,
    onDead: () => void,
  ) {
    const workerData: WorkerSettings = { ...settings, load: this.#load };
    this.#worker = startWorker(import.meta.url, '../worker/worker', { workerData, name: 'media' });
    this.#audio = new LRUCache<number, Audio>({
      maxSize: AUDIO_BYTES,
      sizeCalculation: audioBytes,
      dispose: (_audio, id) => {
        this.post({ type: 'forgetAudio', id });
      },
    });
    this.ready = new Promise((resolve) => {
      const take = guarded('a message of a media worker', log, (message: FromWorker) => {
        if (message.type === 'ready') {
          this.receive = message.receive;
          resolve(message.problem);
        } else this.#take(message);
      });
      const lose = guarded('losing a media session', log, (session: string) => {
        this.#lose(session);
      });
      this.#worker.on('message', take);
      this.#worker.on('error', (error) => {
        log.error({ code: 'MEDIA_WORKER_LOST', error: errorTrace(error) }, 'a media worker failed');
      });
      this.#worker.on('exit', () => {
        resolve('the media worker ended');
        if (this.#dead) return;
        this.#dead = true;
        for (const session of [...this.#sessions.keys()]) lose(session);
        onDead();
      });
    });
  }

  get load(): ReturnType<typeof readLoad> {
    return readLoad(this.#load);
  }

  get alive(): boolean {
    return !this.#dead;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Counts a session to this worker and hears what happens to it. */
  attach(session: string, events: SessionEvents): void {
    this.#sessions.set(session, events);
  }

  /** What the session still waits for is answered as lost. */
  detach(session: string): void {
    this.#resolveLost(session);
    this.#sessions.delete(session);
  }

  post(message: ToWorker): void {
    if (!this.#dead) this.#worker.postMessage(message);
  }

  /** Sends a verb that is not answered. */
  tell<V extends Exclude<WorkerVerb, AnsweredVerb>>(session: string, verb: V, request: Request<V, Audio>): void {
    this.#send(session, verb, ++this.#lastId, request);
  }

  /** Sends a verb; its answer comes under the number `id`. */
  ask<V extends WorkerVerb & AnsweredVerb>(session: string, verb: V, request: Request<V, Audio>): Asked<V> {
    const asked = this.expect(session, verb);
    this.#send(session, verb, asked.id, request);
    return asked;
  }

  /** Nobody waits for that answer any more. */
  forget(id: number): void {
    this.#pending.delete(id);
  }

  /** Opens a number under which the worker will answer. */
  expect<V extends AnsweredVerb>(session: string, verb: V): Asked<V> {
    const id = ++this.#lastId;
    const answer = new Promise<WorkerAnswer<V>>((resolve) => {
      if (this.#dead || !this.#sessions.has(session)) resolve(lostAnswer(verb));
      else this.#pending.set(id, { session, verb, resolve });
    });
    return { id, answer };
  }

  async close(): Promise<void> {
    this.#dead = true;
    await this.#worker.terminate();
  }

  #take(message: Exclude<FromWorker, { type: 'ready' }>): void {
    switch (message.type) {
      case 'answer':
        this.#pending.get(message.id)?.resolve(message.value);
        this.#pending.delete(message.id);
        break;
      case 'silent':
        this.#sessions.get(message.session)?.silent();
        break;
      case 'missed':
        this.#sessions.get(message.session)?.missed();
        break;
      case 'noRtcp':
        this.log.warn(
          { port: message.port, problem: message.problem },
          'the RTCP of a call is not heard: its port cannot be had',
        );
        break;
      case 'bug':
        this.log.error(
          { code: 'MEDIA_SESSION_FAILED', session: message.session, error: message.error },
          'a media session failed and was closed',
        );
        this.#lose(message.session);
        break;
      case 'log':
        this.log.error(message.fields, message.text);
        break;
    }
  }

  #send<V extends WorkerVerb>(session: string, verb: V, id: number, request: Request<V, Audio>): void {
    const posted = mapAudio<V, Audio, number>(request, (audio) => this.#idOf(audio));
    this.post({ session, verb, id, request: posted } as Message<V> as Message);
  }

  /** The id of a piece of audio, after making sure that the worker has it. */
  #idOf(audio: Audio): number {
    const { id, encoded } = audio;
    if (this.#audio.get(id) === undefined) {
      this.post({ type: 'audio', id, encoded });
      this.#audio.set(id, audio);
    }
    return id;
  }

  #lose(session: string): void {
    this.#resolveLost(session);
    this.#sessions.get(session)?.lost();
  }

  #resolveLost(session: string): void {
    for (const [id, pending] of [...this.#pending]) {
      if (pending.session !== session) continue;
      this.#pending.delete(id);
      pending.resolve(lostAnswer(pending.verb));
    }
  }
}
