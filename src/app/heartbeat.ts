import { readFileSync, statSync, utimes, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { guarded } from '../lib/log/background.js';
import { type Clock, steadyClock } from '../lib/clock.js';
import { randomHex } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';

const FILE = 'alive';
/** How old the last sign of life of a process that was killed may be, ms. */
const BEAT_MS = 1000;

/** Since when a process lives: how long it has lived at a moment is a duration that no setting of the wall clock changes. */
export interface Life {
  /** Another one for every process. */
  readonly id: string;
  /** Wall-clock ms of its beginning. */
  readonly since: number;
}

/** The last sign of life of an earlier process. */
export interface SignOfLife {
  /** Wall-clock ms, as that process counted it. */
  readonly at: number;
  /** Null when that process did not say. */
  readonly life: Life | null;
}

const lifeSchema = z.object({ id: z.string().max(64), since: z.number() });

/** This process, from now on, and how long it has lived, ms. */
export interface OwnLife extends Life {
  readonly ms: () => number;
  /** Its wall clock, which runs with the monotonic one. */
  readonly clock: Clock;
}

/** Begins to count. */
export function beginLife(clock: Clock): OwnLife {
  const steady = steadyClock(clock);
  const since = steady.now();
  return { id: randomHex(8), since, ms: () => steady.now() - since, clock: steady };
}

/**
 * When an earlier process was last seen alive; null when there is no trace of one. A journal says when a call last did something; how
 * long its caller then waited until the process was killed, only this tells.
 */
export function lastSignOfLife(dataDir: string): SignOfLife | null {
  const file = join(dataDir, FILE);
  const at = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return at === undefined ? null : { at, life: readLife(file) };
}

function readLife(file: string): Life | null {
  try {
    return lifeSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // An older version left an empty file; a torn one says as little.
    return null;
  }
}

/** Leaves a sign of life every second: the time stamp of a file. Returns the function that stops it. */
export function startHeartbeat(dataDir: string, { id, since, clock }: OwnLife, log: Logger): () => void {
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
