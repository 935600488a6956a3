import { watchFolder } from './watch-folder.js';
import { guarded } from '../../lib/log/background.js';
import { systemClock } from '../../lib/clock.js';
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
  /** Calls back after every change. One listener. */
  readonly onChange: (listener: () => void) => void;
  readonly close: () => void;
}

/** What the files say, judged. `value` is null when it is not fit to be used. */
export interface Judged<T> {
  readonly value: T | null;
  readonly problems: readonly Problem[];
}

/** How something is followed. */
export interface Following<T> {
  /** Names the file in the log. */
  readonly file: string;
  /** What the log calls it, as in “the webhooks”. */
  readonly what: string;
  readonly first: T;
  /** Where its files are; others are polled. */
  readonly folders: readonly string[];
  /** Another text when a file is another. */
  readonly stamp: () => string;
  /** Reads the files. */
  readonly judge: (now: T) => Judged<T>;
  readonly same: (one: T, other: T) => boolean;
  /** Puts a change into use and says what it is. */
  readonly changed: (now: T, before: T) => void;
  readonly log: Logger;
}

/**
 * Follows files. What they say is used from the moment it is found good; until then what was good before stays, and the log says why.
 * Looks at once: what was written while the first was read is not missed.
 */
export function follow<T>(following: Following<T>): Followed<T> {
  const { file, what, stamp, judge, same, changed, log } = following;
  let current = following.first;
  let seen: string | null = null;
  let refused = false;
  let tell = (): void => undefined;
  const read = (again: boolean): void => {
    const stamped = stamp();
    if (stamped === seen && !(again && refused)) return;
    const { value, problems } = judge(current);
    seen = stamped;
    const wasRefused = refused;
    refused = value === null;
    if (value !== null && same(value, current)) {
      if (wasRefused) log.info({ file }, `${what} in the file are those in use again`);
      return;
    }
    for (const found of problems) log[found.severity === 'error' ? 'error' : 'warn']({ code: found.code, problem: found }, file);
    if (value === null) {
      log.error({ code: 'CONFIG_REFUSED', file }, `${what} stay as they were before this change`);
      return;
    }
    const before = current;
    current = value;
    guarded(`putting ${what} into use`, log, () => {
      changed(current, before);
    })();
    guarded(`telling that ${what} changed`, log, tell)();
  };
  const look = (again?: 'refused'): void => {
    try {
      read(again === 'refused');
    } catch (error) {
      // What vanished while it was read: the next look finds it gone.
      log.warn({ code: 'CONFIG_UNREADABLE', file, error: String(error) }, 'cannot be read just now');
    }
  };
  look();
  const stops = following.folders.map((folder) => watchFolder(folder, { clock: systemClock, log, look }));
  return {
    now: () => current,
    look,
    refused: () => refused,
    onChange: (listener) => {
      tell = listener;
    },
    close: () => {
      for (const stop of stops) stop();
    },
  };
}
