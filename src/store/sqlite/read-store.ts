import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorMessage } from '../../lib/error-message.js';
import { problem, type Problem } from '../../lib/problem.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { StoreQueries } from '../store.js';
import { storeQueries } from './queries.js';
import { openConnection } from './connection.js';

/**
 * Asks a database without taking it: beside a running process, or after it. Nothing is written and no file is made; the schema is
 * that of the last process that wrote it. Fails with a problem to show to the operator.
 */
export async function readStore<T>(file: string, ask: (queries: StoreQueries) => Promise<T>): Promise<Result<T, Problem>> {
  const path = resolve(file);
  if (!existsSync(path)) return err(unreadable(`There is no database ${path} yet.`));
  const reader = openConnection(path, 'reader');
  try {
    return ok(await ask(storeQueries(reader)));
  } catch (error) {
    return err(unreadable(`${path} cannot be read: ${errorMessage(error)}.`));
  } finally {
    await reader.destroy();
  }
}

function unreadable(message: string): Problem {
  return problem('STORE_OPEN_FAILED', { file: 'offhook.json', path: '$.store.file', message });
}
