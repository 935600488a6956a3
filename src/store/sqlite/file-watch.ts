import { stat, type Stats, statSync } from 'node:fs';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';

/** Time between two looks at the file, ms. */
const LOOK_MS = 5000;

/** Whether the open database is still the file at its path, where the next start opens it. */
export interface DatabaseFileWatch {
  /** A sentence while it does not, else null. */
  readonly reason: () => string | null;
  readonly close: () => void;
}

/**
 * Watches an open database file, every 5 s: is it deleted, moved or replaced? SQLite does not notice and goes on writing into a file
 * without a name, so everything written would be lost at the next start. Logs `STORE_UNAVAILABLE` once each time.
 */
export function watchDatabaseFile(file: string, clock: Clock, log: Logger): DatabaseFileWatch {
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
