import type { Worker } from 'node:worker_threads';
import { errorMessage } from '../../lib/error-message.js';
import { silentLogger, type Logger } from '../../lib/log/log.js';
import { err, ok, type Result } from '../../lib/result.js';
import { startWorker } from '../../lib/worker.js';
import type { SipServerOptions, SipServerStats, StartProblem } from './options.js';
import type { FromSignalingThread, ToSignalingThread } from './worker-messages.js';

/** A signalling server in its own thread. */
export interface SipServerHandle {
  /** `udp/192.0.2.1:5060` and the like, as really bound. */
  readonly listening: readonly string[];
  /** Where drachtio-srf connects, with the secret of the options. */
  readonly control: { readonly host: string; readonly port: number };
  /** From now on new INVITEs and OPTIONS get 503; calls in progress go on. */
  drain(): void;
  /** From now on OPTIONS says that calls are taken, where the options said `opensLater`. */
  takeCalls(): void;
  /** Counters and gauges; null when the thread is gone. */
  stats(): Promise<SipServerStats | null>;
  /** Ends every call, closes every socket and ends the thread. Idempotent. */
  close(): Promise<void>;
  /** Called when the thread ends without `close`: its sockets are gone. At most once; at once when it has ended already. */
  onExit(handler: (reason: string) => void): void;
}

/**
 * Starts the signalling server in a thread of its own, so that no work elsewhere delays SIP. Resolves when every socket is bound;
 * what prevents that is a value with a code and a sentence.
 */
export function startSipServer(
  options: SipServerOptions,
  log: Logger = silentLogger,
): Promise<Result<SipServerHandle, StartProblem>> {
  return new Promise((resolve) => {
    const worker = startWorker(import.meta.url, './worker', { workerData: options });
    const failed = (problem: StartProblem): void => resolve(err(problem));
    const crashed = (error: unknown): void => {
      failed({
        code: 'SIP_START_FAILED',
        message: `The SIP server could not start: ${errorMessage(error)}`,
      });
    };
    worker.once('error', crashed);
    worker.once('exit', () => crashed('its thread ended'));
    worker.on('message', (message: FromSignalingThread) => {
      if (message.type === 'log') log[message.level](message.fields, message.text);
      else if (message.type === 'failed') failed(message.problem);
      else if (message.type === 'started') resolve(ok(new Handle(worker, message)));
    });
  });
}

class Handle implements SipServerHandle {
  readonly listening: readonly string[];
  readonly control: { readonly host: string; readonly port: number };
  readonly #questions = new Map<number, (stats: SipServerStats | null) => void>();
  readonly #exited: Promise<void>;
  #nextQuestion = 0;
  #closing = false;
  #endedBecause: string | null = null;
  #onExit: ((reason: string) => void) | null = null;

  constructor(
    private readonly worker: Worker,
    started: Extract<FromSignalingThread, { type: 'started' }>,
  ) {
    this.listening = started.listening;
    this.control = started.control;
    let reason = 'the signalling thread ended';
    worker.on('error', (error) => {
      reason = `the signalling thread failed: ${errorMessage(error)}`;
    });
    worker.on('message', (message: FromSignalingThread) => {
      if (message.type !== 'stats') return;
      this.#questions.get(message.id)?.(message.stats);
      this.#questions.delete(message.id);
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#ended(reason);
        resolve();
      });
    });
  }

  drain(): void {
    this.#tell({ type: 'drain' });
  }

  takeCalls(): void {
    this.#tell({ type: 'take-calls' });
  }

  stats(): Promise<SipServerStats | null> {
    if (this.#endedBecause !== null) return Promise.resolve(null);
    return new Promise((resolve) => {
      const id = this.#nextQuestion++;
      this.#questions.set(id, resolve);
      this.#tell({ type: 'stats', id });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#tell({ type: 'close' });
    await this.#exited;
  }

  onExit(handler: (reason: string) => void): void {
    if (this.#endedBecause === null) this.#onExit = handler;
    else if (!this.#closing) handler(this.#endedBecause);
  }

  #ended(reason: string): void {
    this.#endedBecause = reason;
    for (const answer of this.#questions.values()) answer(null);
    this.#questions.clear();
    if (!this.#closing) this.#onExit?.(reason);
  }

  #tell(message: ToSignalingThread): void {
    this.worker.postMessage(message);
  }
}
