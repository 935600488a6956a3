import type { Worker } from 'node:worker_threads';
import { background } from '../../lib/log/background.js';
import { errorTrace } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import { startWorker } from '../../lib/worker.js';
import type { JobResult, Job, JobKind, JobOf, SpeechWorkerData } from './speech-jobs.js';

/** A job that takes longer ends its worker, ms. Ten minutes of speech take about ten seconds. */
const JOB_LIMIT_MS = 30_000;
/** JavaScript heap of one worker, MB; samples and WebAssembly live outside it. */
const HEAP_MB = 256;

/** What one ms of waiting is worth, characters: after ten seconds a whole piece of text goes before a new short one. */
const CHARACTERS_PER_MS = 0.03;

/** How pressing a job is; may be changed while the job waits. */
export interface Urgency {
  background: boolean;
}

interface Waiting {
  readonly job: Job;
  readonly urgency: Readonly<Urgency>;
  /** The lowest goes first. */
  readonly rank: number;
  readonly resolve: (answer: JobResult<JobKind> | null) => void;
}

export interface SpeechPoolOptions {
  /** Most threads at once; they are started as they are needed. */
  readonly workers: number;
  readonly data: SpeechWorkerData;
  readonly log: Logger;
  readonly jobLimitMs?: number;
}

/**
 * Speech workers with a queue in front. Each worker has at most one job, so that a job that crashes or hangs its worker harms
 * only itself: it resolves null and the worker is replaced. Jobs for live calls go before background ones, and short texts before
 * long ones: a caller who is to hear a word does not wait for the essay that another call's web service sent.
 */
export class SpeechPool {
  readonly #idle = new Set<Worker>();
  /** Busy worker → called with the answer, or with null when the worker ended. */
  readonly #busy = new Map<Worker, (answer: JobResult<JobKind> | null) => void>();
  readonly #queue: Waiting[] = [];
  #closed = false;

  constructor(private readonly options: SpeechPoolOptions) {}

  /**
   * Runs one job. Null: its worker ended or took too long, or the pool is closed.
   * @param characters of its text that will have been spoken with this job
   */
  run<K extends JobKind>(
    job: JobOf<K>,
    urgency: Readonly<Urgency> = { background: false },
    characters = 0,
  ): Promise<JobResult<K> | null> {
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve) => {
      // The worker answers a job of kind K with an Answer<K>.
      this.#queue.push({ job, urgency, rank: performance.now() * CHARACTERS_PER_MS + characters, resolve });
      this.#next();
    });
  }

  /** Ends the workers; jobs under way and waiting resolve null. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.resolve(null);
    await Promise.all([...this.#idle, ...this.#busy.keys()].map((worker) => worker.terminate()));
  }

  #next(): void {
    const waiting = this.#first();
    const worker = waiting === null ? undefined : this.#freeWorker();
    if (waiting === null || worker === undefined) return;
    this.#queue.splice(this.#queue.indexOf(waiting), 1);
    this.#idle.delete(worker);
    const limit = this.options.jobLimitMs ?? JOB_LIMIT_MS;
    const timer = setTimeout(() => {
      const { log } = this.options;
      const about = { code: 'SPEECH_FAILED', job: waiting.job.kind, limitMs: limit };
      log.error(about, 'speech job took too long, its worker is replaced');
      background('ending a speech worker', log, () => worker.terminate());
    }, limit);
    this.#busy.set(worker, (answer) => {
      clearTimeout(timer);
      this.#busy.delete(worker);
      waiting.resolve(answer);
    });
    worker.ref();
    worker.postMessage(waiting.job);
  }

  /** The job to do next: one of a live call if there is one, then the lowest rank, then the oldest. */
  #first(): Waiting | null {
    return this.#queue.reduce<Waiting | null>((best, each) => {
      if (best === null || best.urgency.background !== each.urgency.background) {
        return best === null || best.urgency.background ? each : best;
      }
      return each.rank < best.rank ? each : best;
    }, null);
  }

  /** An idle worker, a new one while there are fewer than allowed, or none. */
  #freeWorker(): Worker | undefined {
    const [idle] = this.#idle;
    if (idle !== undefined || this.#busy.size >= this.options.workers || this.#closed) return idle;
    const worker = startWorker(import.meta.url, './speech-worker', {
      workerData: this.options.data,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      stdout: true,
      stderr: true,
    });
    // The decoders print what they dislike in a file; the outcome of the job says it already.
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.on('data', (chunk: Buffer) => this.options.log.debug({ printed: chunk.toString('utf8').trim() }, 'speech worker'));
    }
    worker.on('message', (answer: JobResult<JobKind>) => {
      this.#busy.get(worker)?.(answer);
      this.#idle.add(worker);
      // An idle worker does not keep the process alive.
      worker.unref();
      this.#next();
    });
    worker.on('error', (error: Error) => {
      this.options.log.error({ code: 'SPEECH_FAILED', error: errorTrace(error) }, 'speech worker failed and is replaced');
    });
    worker.on('exit', () => {
      this.#idle.delete(worker);
      this.#busy.get(worker)?.(null);
      this.#next();
    });
    return worker;
  }
}
