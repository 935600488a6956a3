import { statSync, utimes, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guarded } from '../lib/background.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log.js';

const FILE = 'alive';
/** How old the last sign of life of a process that was killed may be, ms. */
const BEAT_MS = 1000;

/**
 * When an earlier process was last seen alive, wall-clock ms; null when there is no trace of one. A journal says when a call last
 * did something; how long its caller then waited until the process was killed, only this tells.
 */
export function lastSignOfLife(dataDir: string): number | null {
  return statSync(join(dataDir, FILE), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** Leaves a sign of life every second: the time stamp of a file. Returns the function that stops it. */
export function startHeartbeat(dataDir: string, clock: Clock, log: Logger): () => void {
  const file = join(dataDir, FILE);
  writeFileSync(file, '');
  let stopped = false;
  let failed = false;
  let cancel = (): void => undefined;
  const beat = (): void => {
    const now = clock.now() / 1000;
    const told = guarded('sign of life', log, (error: Error | null) => {
      if (error !== null && !failed) {
        const about = { code: 'BACKGROUND_JOB_FAILED', job: 'sign of life', error: error.message };
        log.error(about, 'no sign of life can be left: after a crash, calls may look shorter than they were');
      }
      failed = error !== null;
      if (!stopped) cancel = clock.after(BEAT_MS, beat);
    });
    utimes(file, now, now, told);
  };
  beat();
  return () => {
    stopped = true;
    cancel();
  };
}
