import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { problem, type Problem } from '../../lib/problem.js';

/** Where Offhook writes, and what is to be said of it. */
export interface DataPlace {
  /** Absolute. */
  readonly dir: string;
  /** An error when nobody can tell which of two databases is meant, a warning when the one at the old place is used. */
  readonly problems: readonly Problem[];
}

/** The settings that decide it. */
interface Written {
  readonly data: { readonly dir: string };
  readonly store: { readonly file: string };
}

/**
 * The folder for data. A relative `data.dir` is below the configuration folder, from wherever Offhook is started. Older versions took
 * it as below the working directory: an installation that has its database there keeps it, and is told so; with a database in both
 * places nobody can tell which is meant, and nothing is opened.
 *
 * @param base the working directory
 */
export function dataPlace({ data, store }: Written, { dir, base }: { readonly dir: string; readonly base: string }): DataPlace {
  const place = resolve(dir, data.dir);
  const old = resolve(base, data.dir);
  if (isAbsolute(data.dir) || place === old || !isInUse(old, store)) return { dir: place, problems: [] };
  const at = { file: 'offhook.json', path: '$.data.dir' };
  if (isInUse(place, store)) {
    const message = `“${data.dir}” may mean ${place} or ${old}, and both have a database.`;
    return { dir: place, problems: [problem('DATA_FOLDER_AMBIGUOUS', { ...at, message })] };
  }
  const message = `Offhook uses the database in ${old}, below the folder where it was started, as older versions did.`;
  return { dir: old, problems: [problem('DATA_FOLDER_OLD_PLACE', { ...at, message }, { severity: 'warning' })] };
}

/** True for a data folder that an Offhook has used: its database is there, or the key of one that keeps its database elsewhere. */
function isInUse(place: string, { file }: Written['store']): boolean {
  return existsSync(resolve(place, isAbsolute(file) ? 'signing.key' : file));
}
