import { errorTrace } from '../error-message.js';
import type { Logger } from './log.js';

/*
 * The last net: errors that nobody caught. Node ends the process for either kind, and every live call with it. A call is worth more than
 * a clean state: each such error is logged with code and stack, and the process goes on. Calls share next to no state, and
 * what they share (store, signalling, media) lives behind queues and threads that are watched by themselves; an error in one callback
 * leaves its own work undone, not that of others.
 */

/** Lines told in one minute; the rest of them is counted. An error in a timer that comes every 20 ms must not fill a disk. */
const LINES_A_MINUTE = 20;
const MINUTE_MS = 60_000;

/** What the net is laid under: `process`, of the main thread or of a worker. */
export interface Faulting {
  on(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown;
  off(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown;
}

/**
 * Takes every error nobody caught, from now on: `UNEXPECTED_ERROR` in the log, and the thread lives. Returns the function that takes the
 * net away.
 *
 * @param monotonic ms
 */
export function layLastNet(target: Faulting, log: Pick<Logger, 'error'>, monotonic: () => number): () => void {
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
