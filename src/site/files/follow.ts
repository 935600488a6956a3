import { watch, type FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { guarded, recurring } from '../../lib/log/background.js';
import { systemClock, type Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { Problem } from '../../lib/problem.js';

/** Something that is read from files, kept up to date with them. */
export interface Followed<T> {
  /** As it is now. */
  readonly now: () => T;
  /** Looks at the files at once; `refused`: judges again what was refused, because what it is judged by has changed. */
  readonly look: (again?: 'refused') => void;
  /** True while the files say something that is not fit to be used: what was good before stays in use. */
  readonly refused: () => boolean;
  /** Calls back after every change. */
  readonly onChange: (listener: () => void) => void;
  readonly close: () => void;
}

/** What one reading of the files gave. */
export interface Reading<T> {
  /** In use from now on: what was read, or what was good before. */
  readonly value: T;
  /** The files say something that is not fit to be used. */
  readonly refused: boolean;
  /** Puts a change into use and logs it; null when nothing changed. */
  readonly use: (() => void) | null;
}

/** Files, and how they are read. */
export interface FollowedFiles<T> {
  /** Names them in the log. */
  readonly at: { readonly file: string } | { readonly dir: string };
  /** What the log calls their content, as in “the webhooks”. */
  readonly what: string;
  /** What the log says when they cannot be read. */
  readonly unreadable: string;
  readonly first: T;
  /** Where the files are. */
  readonly folders: readonly string[];
  /** Another text when a file is another. */
  readonly stamp: () => string;
  /** Reads the files. `again`: what was refused is to be judged again. Throws when a file vanishes meanwhile. */
  readonly read: (now: T, how: { readonly again: boolean; readonly wasRefused: boolean }) => Reading<T>;
  readonly log: Logger;
  readonly clock?: Clock;
  /** How long a folder must be quiet before it is looked at: editors write in several steps. Default 150 ms. */
  readonly quietMs?: number;
  /** How often a folder is looked at even without a notice, for file systems that give none. Default 5000 ms. */
  readonly pollMs?: number;
}

/**
 * Keeps a value up to date with the files it is read from: flows, webhooks, credentials and secrets. Looks at once: what was written
 * while the first was read is not missed.
 */
export function keepUpToDate<T>(files: FollowedFiles<T>): Followed<T> {
  const { at, what, stamp, log } = files;
  const listeners: (() => void)[] = [];
  let current = files.first;
  let seen: string | null = null;
  let refused = false;
  const read = (again: boolean): void => {
    const stamped = stamp();
    if (stamped === seen && !(again && refused)) return;
    const reading = files.read(current, { again, wasRefused: refused });
    seen = stamped;
    refused = reading.refused;
    current = reading.value;
    if (reading.use === null) return;
    guarded(`putting ${what} into use`, log, reading.use)();
    // Last: what they look at in turn can bring one more change.
    for (const tell of listeners) guarded(`telling that ${what} changed`, log, tell)();
  };
  const look = (again?: 'refused'): void => {
    try {
      read(again === 'refused');
    } catch (error) {
      // What vanished while it was read: the next look finds it gone.
      log.warn({ code: 'CONFIG_UNREADABLE', ...at, error: String(error) }, files.unreadable);
    }
  };
  look();
  const stops = files.folders.map((folder) => watchFolder(folder, files, look));
  return {
    now: () => current,
    look,
    refused: () => refused,
    onChange: (listener) => void listeners.push(listener),
    close: () => {
      for (const stop of stops) stop();
    },
  };
}

/** Looks at a folder whenever something in it may have changed. Returns the function that stops it. */
function watchFolder(
  dir: string,
  {
    clock = systemClock,
    log,
    quietMs = 150,
    pollMs = 5000,
  }: Pick<FollowedFiles<unknown>, 'clock' | 'log' | 'quietMs' | 'pollMs'>,
  look: () => void,
): () => void {
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

/** What the files say, judged. `value` is null when it is not fit to be used. */
export interface Judged<T> {
  readonly value: T | null;
  readonly problems: readonly Problem[];
}

/** How something that is good or refused as a whole is followed. */
export interface Following<T> extends Pick<FollowedFiles<T>, 'what' | 'first' | 'folders' | 'stamp' | 'log'> {
  /** Names the file in the log. */
  readonly file: string;
  /** Reads the files. */
  readonly judge: (now: T) => Judged<T>;
  readonly same: (one: T, other: T) => boolean;
  /** Puts a change into use and says what it is. */
  readonly changed: (now: T, before: T) => void;
}

/**
 * Follows files that are good or refused as a whole. What they say is used from the moment it is found good; until then what was good
 * before stays, and the log says why.
 */
export function follow<T>({ file, what, judge, same, changed, log, ...files }: Following<T>): Followed<T> {
  const read: FollowedFiles<T>['read'] = (before, { wasRefused }) => {
    const { value, problems } = judge(before);
    if (value !== null && same(value, before)) {
      if (wasRefused) log.info({ file }, `${what} in the file are those in use again`);
      return { value: before, refused: false, use: null };
    }
    for (const found of problems) log[found.severity === 'error' ? 'error' : 'warn']({ code: found.code, problem: found }, file);
    if (value === null) {
      log.error({ code: 'CONFIG_REFUSED', file }, `${what} stay as they were before this change`);
      return { value: before, refused: true, use: null };
    }
    return { value, refused: false, use: () => changed(value, before) };
  };
  return keepUpToDate({ ...files, at: { file }, what, unreadable: 'cannot be read just now', read, log });
}
