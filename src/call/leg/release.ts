import { jobFailed } from '../../lib/log/background.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';

/** How long closing the media and the recordings may each hold the end of a call up, ms. */
const RELEASE_TIMEOUT_MS = 5000;

/**
 * Waits for `work` for at most 5000 ms, and whatever comes of it: nothing may keep a call from ending. Never rejects.
 *
 * @param what for the log
 */
export function released(work: Promise<unknown>, what: string, clock: Clock, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(RELEASE_TIMEOUT_MS, () => {
      log.error({ code: 'BACKGROUND_JOB_FAILED', job: `releasing ${what}` }, 'releasing took too long; the call ends without it');
      resolve();
    });
    work
      .catch((error: unknown) => {
        jobFailed(`releasing ${what} of a call`, log, error);
      })
      .finally(() => {
        cancel();
        resolve();
      });
  });
}
