import { makeFolders } from '../site/folders.js';
import type { Config } from '../site/config/config.js';
import { lastHeartbeat, type Heartbeat } from '../runs/heartbeat.js';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import type { Problem } from '../lib/problem.js';
import { ok, type Result } from '../lib/result.js';
import { type DatabaseFileWatch, watchDatabaseFile } from '../store/sqlite/file-watch.js';
import { openStore } from '../store/sqlite/store.js';
import type { Store } from '../store/store.js';
import type { Shutdown } from './shutdown.js';

/** Said of a data folder that was in use before. */
const EMPTY_DATABASE = 'the database was missing or empty and was made anew: calls and reports of before are not in it';

/** What is kept from one process to the next. */
export interface Data {
  readonly store: Store;
  readonly databaseFile: DatabaseFileWatch;
  /** When an earlier process was last seen alive; null: there was none. */
  readonly heartbeat: Heartbeat | null;
}

/** Makes the folders and opens the database. */
export async function openData(config: Config, log: Logger, shutdown: Shutdown): Promise<Result<Data, Problem>> {
  const folders = makeFolders(config);
  if (!folders.ok) return folders;
  const { file } = config.store;
  const stored = await openStore({ file, log, clock: systemClock });
  if (!stored.ok) return stored;
  const store = stored.value;
  shutdown.add(() => store.close());
  const databaseFile = watchDatabaseFile(file, systemClock, log);
  shutdown.add(databaseFile.close);
  // Read when the store is ours and before this process leaves its own.
  const heartbeat = lastHeartbeat(config.data.dir);
  if (store.isNew && heartbeat !== null) log.warn({ file }, EMPTY_DATABASE);
  return ok({ store, databaseFile, heartbeat });
}
