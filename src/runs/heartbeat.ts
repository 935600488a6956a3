import { readFileSync, statSync, utimes, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { guarded } from '../lib/log/background.js';
import { type Clock, steadyClock } from '../lib/clock.js';
import { randomHex } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';

const FILE = 'alive';
/** Time between two heartbeats, ms: a process that was killed ended at most this long after the last one. */
const BEAT_MS = 1000;

/** Identity and start of a process. Its age is counted on a monotonic clock, so setting the wall clock does not change it. */
export interface ProcessLifetime {
  /** Different for each process. */
  readonly id: string;
  /** Wall-clock ms of its start. */
  readonly since: number;
}

/** The last heartbeat of an earlier process. */
export interface Heartbeat {
  /** Wall-clock ms, as that process counted it. */
  readonly at: number;
  /** Null when the file does not say. */
  readonly process: ProcessLifetime | null;
}

const lifeSchema = z.object({ id: z.string().max(64), since: z.number() });

/** This process. `ms`: its age. */
export interface OwnProcess extends ProcessLifetime {
  readonly ms: () => number;
  /** Its wall clock, which runs with the monotonic one. */
  readonly clock: Clock;
}

/** Starts to count the age of this process. */
export function startProcessClock(clock: Clock): OwnProcess {
  const steady = steadyClock(clock);
  const since = steady.now();
  return { id: randomHex(8), since, ms: () => steady.now() - since, clock: steady };
}

/**
 * The last heartbeat of an earlier process; null when there was none. A journal says when a call last did something; only the heartbeat
 * says how long the caller waited after that until the process was killed.
 */
export function lastHeartbeat(dataDir: string): Heartbeat | null {
  const file = join(dataDir, FILE);
  const at = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return at === undefined ? null : { at, process: readLife(file) };
}

function readLife(file: string): ProcessLifetime | null {
  try {
    return lifeSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // An older version left an empty file; an incomplete one is read the same way.
    return null;
  }
}

/** Writes a heartbeat every second: the time stamp of a file. Returns the function that stops it. */
export function startHeartbeat(dataDir: string, { id, since, clock }: OwnProcess, log: Logger): () => void {
  const file = join(dataDir, FILE);
  writeFileSync(file, JSON.stringify({ id, since }), { mode: 0o600 });
  let stopped = false;
  let failed = false;
  let cancel = (): void => undefined;
  const told = guarded('sign of life', log, (error: Error | null) => {
    if (error !== null && !failed) {
      const about = { code: 'BACKGROUND_JOB_FAILED', job: 'sign of life', error: error.message };
      log.error(about, 'no sign of life can be left: after a crash, calls may look shorter than they were');
    }
    failed = error !== null;
    if (!stopped) cancel = clock.after(BEAT_MS, beat);
  });
  const beat = (): void => {
    const now = clock.now() / 1000;
    utimes(file, now, now, told);
  };
  beat();
  return () => {
    stopped = true;
    cancel();
  };
}
