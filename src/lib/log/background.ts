import type { Clock } from '../clock.js';
import { errorTrace } from '../error-message.js';
import type { Logger } from './log.js';

/*
 * Work nobody waits for. Its failure is told in one log line with a code and the name of the job, and ends nothing else: no call, no
 * other job, not the process. A lint rule (no-floating-promises, without `void`) leaves no other way to start such work in `src/`.
 */

type ErrorLog = Pick<Logger, 'error'>;

/** Tells that a job nobody waits for has failed. `BACKGROUND_JOB_FAILED`, with the stack. */
export function jobFailed(job: string, log: ErrorLog, error: unknown): void {
  log.error({ code: 'BACKGROUND_JOB_FAILED', job, error: errorTrace(error) }, 'a background job failed; calls go on');
}

/**
 * Starts `work` at once and waits for nothing. What it throws, or rejects with, is logged as `BACKGROUND_JOB_FAILED`. Never throws.
 *
 * @param job what the log calls it, in a few plain words
 */
export function background(job: string, log: ErrorLog, work: () => unknown): void {
  settled(job, log, work).catch((error: unknown) => {
    // Only a log that throws leads here, and nothing is left to report to: `catchUncaughtErrors` takes it.
    queueMicrotask(() => {
      throw error;
    });
  });
}

/** The same for code that goes on after it: resolves when the work is over, however it ended. Never rejects. */
export async function settled(job: string, log: ErrorLog, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    jobFailed(job, log, error);
  }
}

/** A callback for timers, watchers and sockets: what it throws is logged as `BACKGROUND_JOB_FAILED` instead of ending the process. */
export function guarded<A extends readonly unknown[]>(
  job: string,
  log: ErrorLog,
  work: (...args: A) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      work(...args);
    } catch (error) {
      jobFailed(job, log, error);
    }
  };
}

/** When a recurring job runs. */
export interface Recurring {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: ErrorLog;
  /** From the end of one run to the next, ms. */
  readonly everyMs: number;
  /** Until the first run, ms; as `everyMs` when absent. */
  readonly firstMs?: number;
}

/** Runs `work` again and again, one run after the other. A run that fails is logged, and the next one still comes. Returns the function that stops it. */
export function recurring(job: string, { clock, log, everyMs, firstMs = everyMs }: Recurring, work: () => unknown): () => void {
  let stopped = false;
  let cancel = (): void => undefined;
  const wait = (ms: number): void => {
    if (!stopped) cancel = clock.after(ms, () => background(job, log, run));
  };
  const run = async (): Promise<void> => {
    await settled(job, log, work);
    wait(everyMs);
  };
  wait(firstMs);
  return () => {
    stopped = true;
    cancel();
  };
}
