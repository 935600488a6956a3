import { drainCalls } from '../call/drain.js';
import { systemClock, within } from '../lib/clock.js';
import type { Services } from './services.js';

/** How long the last steps of ended calls may take at a stop, ms. */
const FINISH_MS = 10_000;

/** Refuses new calls, lets the running ones end, and sends what is due. */
export async function drain({ site, edge, admission, registry, http, functions, log }: Services): Promise<void> {
  const waitMs = site.config.drainSeconds * 1000;
  const clean = await drainCalls({ signaling: edge, admission, registry, clock: systemClock, log, waitMs, finishMs: FINISH_MS });
  if (!clean)
    log.error(
      { code: 'BACKGROUND_JOB_FAILED', job: 'draining' },
      'some calls did not finish in time; they are ended at the next start',
    );
  await within(systemClock, FINISH_MS, functions.idle());
  await http.finish();
}
