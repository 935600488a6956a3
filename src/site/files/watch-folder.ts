import { statSync, watch, type FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { guarded, recurring } from '../../lib/log/background.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';

export interface WatchFolderOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Looks for changes. What it throws is logged, and the next look still comes. */
  readonly look: () => void;
  /** How long the folder must be quiet before it is looked at: editors write in several steps. Default 150 ms. */
  readonly quietMs?: number;
  /** How often it is looked at even without a notice, for file systems that give none. Default 5000 ms. */
  readonly pollMs?: number;
}

/** Looks at a folder whenever something in it may have changed. Returns the function that stops it. */
export function watchFolder(dir: string, options: WatchFolderOptions): () => void {
  const { clock, log, look, quietMs = 150, pollMs = 5000 } = options;
  let cancelQuiet = (): void => undefined;
  let watcher: FSWatcher | null = null;
  const job = `looking at ${basename(dir)}`;
  // Notices are a shortcut, not a need: without them polling finds every change.
  try {
    watcher = watch(dir, { persistent: false }, () => {
      cancelQuiet();
      cancelQuiet = clock.after(quietMs, guarded(job, log, look));
    });
    watcher.on('error', () => {
      watcher?.close();
      watcher = null;
    });
  } catch (error) {
    log.debug({ dir, error: String(error) }, 'no notices for this folder; it is polled');
  }
  const stopPolling = recurring(job, { clock, log, everyMs: pollMs }, look);
  return () => {
    watcher?.close();
    cancelQuiet();
    stopPolling();
  };
}

/** What tells a changed file from an unchanged one without reading it; empty when there is none. */
export function stampOf(file: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(file, { bigint: true });
    return `${mtimeNs}/${size}/${ino}`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return code === 'ENOENT' ? '' : code;
  }
}
