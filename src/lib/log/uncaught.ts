import { errorTrace } from '../error-message.js';
import type { Logger } from './log.js';

/*
 * Uncaught errors and unhandled rejections. Node ends the process for either kind, and every live call with it. A call is worth more than
 * a clean state: each such error is logged with code and stack, and the process goes on. Calls share next to no state, and
 * what they share (store, signalling, media) lives behind queues and threads that are watched by themselves; an error in one callback
 * leaves its own work undone, not that of others.
 */

/** Lines logged per minute; further errors are only counted. An error in a timer that fires every 20 ms must not fill a disk. */
const LINES_A_MINUTE = 20;
const MINUTE_MS = 60_000;

/** Where uncaught errors come from: `process`, of the main thread or of a worker. */
export interface UncaughtErrorSource {
  on(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown;
  off(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown;
}

/**
 * Logs every uncaught error from now on as `UNEXPECTED_ERROR`, and the thread goes on. Returns the function that stops this.
 *
 * @param monotonic ms
 */
export function catchUncaughtErrors(
  target: UncaughtErrorSource,
  log: Pick<Logger, 'error'>,
  monotonic: () => number,
): () => void {
  let since = -Infinity;
  let told = 0;
  let untold = 0;
  const take = (kind: string) => (error: unknown) => {
    if (monotonic() - since >= MINUTE_MS) {
      since = monotonic();
      told = 0;
    }
    if (told === LINES_A_MINUTE) {
      untold += 1;
      return;
    }
    told += 1;
    const more = untold > 0 ? { untold } : {};
    untold = 0;
    log.error({ code: 'UNEXPECTED_ERROR', kind, error: errorTrace(error), ...more }, 'an error that nobody caught; calls go on');
  };
  const rejection = take('rejection');
  const exception = take('exception');
  target.on('unhandledRejection', rejection);
  target.on('uncaughtException', exception);
  return () => {
    target.off('unhandledRejection', rejection);
    target.off('uncaughtException', exception);
  };
}
