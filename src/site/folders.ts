import { mkdtempSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config/config.js';
import { CODES } from '../lib/codes.js';
import { errorMessage } from '../lib/error-message.js';
import { problem, type Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';

/** Makes the folders Offhook writes to, for this user alone, and finds out whether it may write there. */
export function makeFolders({ data, recordings }: Pick<Config, 'data' | 'recordings'>): Result<void, Problem> {
  for (const [setting, dir] of [
    ['data', data.dir],
    ['recordings', recordings.dir],
  ] as const) {
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      // Permissions, a read-only disk and a missing user all show only when something is written.
      rmdirSync(mkdtempSync(join(dir, '.probe-')));
    } catch (error) {
      const message = `${CODES.DATA_FOLDER_UNUSABLE.meaning} (${errorMessage(error)})`;
      return err(problem('DATA_FOLDER_UNUSABLE', { file: 'offhook.json', path: `$.${setting}.dir`, message }));
    }
  }
  return ok(undefined);
}
