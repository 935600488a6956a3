import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../site/config/config.js';
import { recurring, settled } from '../lib/log/background.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import type { Store } from '../store/store.js';

const DAY_MS = 86_400_000;
/** Time for which expired links are kept, so that their visitors learn that they expired. */
const KEEP_EXPIRED_MS = 30 * DAY_MS;
/** First look after the start, then hourly: forgetting is never urgent. */
const FIRST_MS = 60_000;
const EVERY_MS = 3_600_000;

export interface CleanupOptions {
  readonly store: Pick<Store, 'retention' | 'links'>;
  readonly config: Pick<Config, 'recordings' | 'store'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Forgets calls and recordings older than the configuration keeps, and links that expired long ago. Returns the function that stops it. */
export function startCleanup({ store: { retention, links }, config, clock, log }: CleanupOptions): () => void {
  let stopped = false;

  const forgetRecordings = async (): Promise<void> => {
    if (config.recordings.keepDays === 0) return;
    const before = clock.now() - config.recordings.keepDays * DAY_MS;
    for (;;) {
      const gone = await retention.recordings(before);
      if (gone.length === 0 || stopped) return;
      // One that cannot be deleted keeps none of the others; it is no longer known, so the log is where its name stands.
      const forget = (file: string) =>
        settled(`deleting ${file}`, log, () => rm(join(config.recordings.dir, file), { force: true }));
      await Promise.all(gone.map(({ file }) => forget(file)));
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
  // Each by itself: recordings that cannot be deleted keep no call in the store.
  const round = async (): Promise<void> => {
    await settled('forgetting old recordings', log, forgetRecordings);
    await settled('forgetting old calls', log, forgetCalls);
    await settled('forgetting expired links', log, forgetLinks);
  };

  const stop = recurring('upkeep', { clock, log, everyMs: EVERY_MS, firstMs: FIRST_MS }, round);
  return () => {
    stopped = true;
    stop();
  };
}
