import { stat, type Stats, statSync } from 'node:fs';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';

/** How often it is looked at, ms. */
const LOOK_MS = 5000;

/** Whether a database still stands where the next start will look for it. */
export interface Presence {
  /** A sentence while it does not, else null. */
  readonly reason: () => string | null;
  readonly close: () => void;
}

/**
 * Watches that `file`, which is open, is neither deleted nor put elsewhere nor replaced. SQLite notices nothing and goes on writing into a
 * file without a name: whatever the next start should have found there would be lost without a word.
 */
export function watchPresence(file: string, clock: Clock, log: Logger): Presence {
  const opened = identityOf(statSync(file));
  let gone = false;
  let closed = false;
  let cancel = (): void => undefined;
  const look = (): void => {
    stat(file, (error, stats) => {
      if (closed) return;
      const isGone = error === null ? identityOf(stats) !== opened : error.code === 'ENOENT';
      if (isGone && !gone) {
        log.error({ code: 'STORE_UNAVAILABLE', file }, 'the database file was deleted or replaced; put it back and start again');
      }
      gone = isGone;
      cancel = clock.after(LOOK_MS, look);
    });
  };
  cancel = clock.after(LOOK_MS, look);
  return {
    reason: () => (gone ? `the database file was deleted or replaced while in use: ${file}` : null),
    close() {
      closed = true;
      cancel();
    },
  };
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}/${ino}`;
}
