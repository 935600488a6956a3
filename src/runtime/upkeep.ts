import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log.js';
import type { Store } from '../store/store.js';

const DAY_MS = 86_400_000;
/** Expired links are kept for so long, to tell their visitors that they expired. */
const KEEP_EXPIRED_MS = 30 * DAY_MS;
/** First look after the start, then hourly: forgetting is never urgent. */
const FIRST_MS = 60_000;
const EVERY_MS = 3_600_000;

export interface UpkeepOptions {
  readonly store: Pick<Store, 'retention' | 'links'>;
  readonly config: Pick<Config, 'recordings' | 'store'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Forgets calls and recordings older than the configuration keeps, and links that expired long ago. Returns the function that stops it. */
export function startUpkeep({ store: { retention, links }, config, clock, log }: UpkeepOptions): () => void {
  let stopped = false;
  let cancel = (): void => undefined;

  const forgetRecordings = async (): Promise<void> => {
    if (config.recordings.keepDays === 0) return;
    const before = clock.now() - config.recordings.keepDays * DAY_MS;
    for (;;) {
      const gone = await retention.recordings(before);
      if (gone.length === 0 || stopped) return;
      await Promise.all(gone.map(({ file }) => rm(join(config.recordings.dir, file), { force: true })));
    }
  };
  const forgetCalls = async (): Promise<void> => {
    if (config.store.keepDays === 0) return;
    const before = clock.now() - config.store.keepDays * DAY_MS;
    while (!stopped && (await retention.calls(before)) > 0);
  };
  const forgetLinks = async (): Promise<void> => {
    while (!stopped && (await links.forgetExpired(clock.now() - KEEP_EXPIRED_MS)) > 0);
  };
  const round = async (): Promise<void> => {
    try {
      await forgetRecordings();
      await forgetCalls();
      await forgetLinks();
    } catch (error) {
      log.error({ error: String(error) }, 'what is old could not be forgotten; trying again in an hour');
    }
    if (!stopped) cancel = clock.after(EVERY_MS, () => void round());
  };

  cancel = clock.after(FIRST_MS, () => void round());
  return () => {
    stopped = true;
    cancel();
  };
}
