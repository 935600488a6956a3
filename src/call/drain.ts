import { background } from '../lib/log/background.js';
import { type Clock, within } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import type { CallRegistry } from './registry.js';
import { END_REASONS } from './termination.js';

export interface DrainOptions {
  /** What lets calls in: SIP, and the admission behind it. */
  readonly signaling: { drain(): void };
  readonly admission: { drain(): void };
  readonly registry: CallRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long running calls may go on, ms. */
  readonly waitMs: number;
  /** How long their flows' last steps and reports may then take, ms. */
  readonly finishMs: number;
}

/**
 * Stops taking calls, lets those that run finish for `waitMs`, ends the rest with reason `drain`, and resolves when every call and
 * what follows it is done. False when `finishMs` was not enough.
 */
export async function drainCalls(options: DrainOptions): Promise<boolean> {
  const { signaling, admission, registry, log } = options;
  admission.drain();
  signaling.drain();
  log.info({ calls: registry.size, waitMs: options.waitMs }, 'draining');
  if (await idleWithin(options, options.waitMs)) return true;
  const rest = registry.all();
  log.warn({ calls: rest.length }, 'draining: ending the calls that are left');
  for (const call of rest) background('ending a call', log, () => call.end(END_REASONS.drain()));
  return idleWithin(options, options.finishMs);
}

async function idleWithin({ registry, clock }: DrainOptions, ms: number): Promise<boolean> {
  let idle = false;
  await within(
    clock,
    ms,
    registry.idle().then(() => (idle = true)),
  );
  return idle;
}
