import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.js';
import { err } from '../../lib/result.js';
import { startWorker } from '../../lib/worker.js';
import type { XmlFindings, XmlQuery } from './xml.js';

/**
 * Longest one document may take, ms. What a document may cost is counted where it is read (`xml-work.ts`); this only ends what counts
 * nothing, a loop in a library, and leaves a machine that is busy all the time it needs.
 */
const QUERY_LIMIT_MS = 30_000;
/** Longest the thread may take to start, ms. */
const START_LIMIT_MS = 10_000;
/** Of the thread. An expression makes garbage as fast as it can until its work is too much; a small young generation has it collected sooner. */
const MEMORY = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 } as const;
/** Documents that may wait for the thread, and their characters in all. */
const MAX_WAITING = 100;
const MAX_WAITING_CHARS = 8_388_608;

interface Job {
  readonly query: XmlQuery;
  readonly done: (findings: XmlFindings) => void;
}

/** The main thread's face of `xml-worker.ts`: one document at a time, and a thread that takes too long is replaced. */
export class XmlReader {
  readonly #waiting: Job[] = [];
  #current: Job | null = null;
  #worker: Worker | null = null;
  #ready = false;
  #cancelTimer: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  /**
   * Never rejects: what cannot be read in time is an error like any other.
   *
   * @param withinMs the wait for others included
   */
  query(query: XmlQuery, withinMs = START_LIMIT_MS): Promise<XmlFindings> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(withinMs, () => {
        const at = this.#waiting.indexOf(job);
        if (at !== -1) this.#waiting.splice(at, 1);
        resolve(err('the XML could not be read in time'));
      });
      const job: Job = {
        query,
        done: (findings) => {
          cancel();
          resolve(findings);
        },
      };
      this.#waiting.push(job);
      this.#makeRoom();
      this.#next();
    });
  }

  /** The largest gives way, of equals the newest: many large ones of one call's service leave room for the short ones of others. */
  #makeRoom(): void {
    const sizes = this.#waiting.map(({ query }) => query.text.length);
    const chars = sizes.reduce((sum, size) => sum + size, 0);
    if (sizes.length <= MAX_WAITING && chars <= MAX_WAITING_CHARS) return;
    const [dropped] = this.#waiting.splice(sizes.lastIndexOf(Math.max(...sizes)), 1);
    dropped?.done(err('too many XML answers are waiting to be read'));
  }

  #next(): void {
    if (this.#current !== null || this.#waiting.length === 0) return;
    if (this.#worker === null) this.#start();
    if (!this.#ready) return;
    this.#current = this.#takeShortest();
    this.#limit(QUERY_LIMIT_MS, 'takes too long to search');
    this.#worker?.postMessage(this.#current?.query);
  }

  /** Short documents first, then the oldest: nobody waits behind the many large ones of another call's service. */
  #takeShortest(): Job | null {
    const sizes = this.#waiting.map(({ query }) => query.text.length);
    return this.#waiting.splice(sizes.indexOf(Math.min(...sizes)), 1)[0] ?? null;
  }

  #start(): void {
    const worker = startWorker(import.meta.url, './xml-worker', { resourceLimits: MEMORY });
    this.#worker = worker;
    this.#ready = false;
    this.#limit(START_LIMIT_MS, 'cannot be read: the thread for it does not start');
    worker.on('message', (message: XmlFindings | 'ready') => {
      if (worker !== this.#worker) return;
      this.#cancelTimer();
      if (message === 'ready') this.#ready = true;
      else this.#settle(message);
      this.#next();
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#replace(`cannot be read (${error.message})`);
    });
    worker.on('exit', () => {
      if (worker === this.#worker) this.#ended();
    });
    // The thread alone never keeps the process alive. After the listeners: the first of them takes the reference back.
    worker.unref();
  }

  /** The thread ended without an error. One that had nothing to do is replaced when the next document comes. */
  #ended(): void {
    if (this.#current !== null || !this.#ready) {
      this.#replace('cannot be read: its thread ended');
      return;
    }
    this.#worker = null;
    this.#ready = false;
    this.#next();
  }

  #limit(ms: number, problem: string): void {
    this.#cancelTimer();
    this.#cancelTimer = this.clock.after(ms, () => {
      this.#replace(problem);
    });
  }

  /** Gives up on the document under way, or on the first one when the thread never started, and on the thread. */
  #replace(problem: string): void {
    this.#cancelTimer();
    // It rejects for no thread there is.
    this.#worker?.terminate().catch(() => undefined);
    this.#worker = null;
    this.#ready = false;
    this.#current ??= this.#waiting.shift() ?? null;
    this.#settle(err(`the XML ${problem}`));
    this.#next();
  }

  #settle(findings: XmlFindings): void {
    const job = this.#current;
    this.#current = null;
    job?.done(findings);
  }
}
