import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../../lib/clock.js';
import { CODES } from '../../lib/codes.js';
import { errorMessage } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import { problem, type Problem } from '../../lib/problem.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { Store } from '../store.js';
import { beginCalls, callStore, endCalls, recordedCalls } from './calls.js';
import { addDeliveries, addTurns, DELIVERY_KINDS, deliveryStore, releaseLeases } from './deliveries.js';
import { appendEntries, indexRecordings, journalSink } from './journal.js';
import { INTEGRATION_KINDS, integrationStore } from './integrations.js';
import { LINK_KINDS, linkStore } from './links.js';
import { lockStore, StoreInUse } from './lock.js';
import { migrate } from './migrate.js';
import { PAUSE_KINDS, pauseStore } from './pauses.js';
import { storeQueries } from './queries.js';
import { retention, RETENTION_KINDS } from './retention.js';
import { openConnection } from './connection.js';
import { saveUserVariables, userVariables } from './users.js';
import { Writer, type Database } from './writer.js';

export interface StoreOptions {
  /** Path of the database file; its folder is made when missing. */
  readonly file: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** See `WriterOptions`; for tests. */
  readonly writer?: { readonly maxBacklogBytes?: number };
}

/** How long `close` tries to write what is queued, ms. */
const CLOSE_MS = 5000;

/** Read and written by this user, by nobody else. */
const PRIVATE = 0o600;

/** The order in which one transaction writes: a call before its journal, its journal before its end, claims after everything. */
const KINDS = [
  beginCalls,
  appendEntries,
  indexRecordings,
  saveUserVariables,
  addDeliveries,
  addTurns,
  endCalls,
  ...DELIVERY_KINDS,
  recordedCalls,
  ...LINK_KINDS,
  ...PAUSE_KINDS,
  ...INTEGRATION_KINDS,
  ...RETENTION_KINDS,
] as const;

/**
 * Opens (or makes) the database, takes it for this process alone and brings its schema up to date. Leases of deliveries that an
 * earlier process left are released. Fails with a problem to show to the operator.
 */
export async function openStore(options: StoreOptions): Promise<Result<Store, Problem>> {
  const file = resolve(options.file);
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const open = (role: 'writer' | 'reader'): Database => {
    const connection = openConnection(file, role);
    closers.push(() => connection.destroy());
    return connection;
  };
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    keepPrivate(file, options.log);
    closers.push(await lockStore(file));
    const db = open('writer');
    const migrated = await migrate(db);
    if (migrated.ok) {
      await releaseLeases(db);
      return ok(assemble(options, { db, reader: open('reader'), isNew: migrated.value.isNew }, closeAll));
    }
    await closeAll();
    return err(
      openProblem(file, migrated.error.kind === 'too-new' ? 'STORE_TOO_NEW' : 'STORE_OPEN_FAILED', migrated.error.cause),
    );
  } catch (error) {
    await closeAll().catch(() => undefined);
    return err(openProblem(file, error instanceof StoreInUse ? 'STORE_IN_USE' : 'STORE_OPEN_FAILED', error));
  }
}

/**
 * Numbers, variables and reports are nobody else's business: the database is made for this user alone, and one that an older version left
 * open to others is closed. SQLite gives its `-wal` and `-shm` the mode of the database.
 */
function keepPrivate(file: string, log: Pick<Logger, 'warn'>): void {
  for (const made of [file, `${file}.lock`]) closeSync(openSync(made, 'a', PRIVATE));
  try {
    for (const ending of ['', '.lock', '-wal', '-shm']) if (existsSync(file + ending)) chmodSync(file + ending, PRIVATE);
  } catch (error) {
    // Somebody else's file that we may write: theirs to close.
    log.warn({ file, error: errorMessage(error) }, 'the database cannot be closed to other users of this machine');
  }
}

function openProblem(file: string, code: 'STORE_TOO_NEW' | 'STORE_OPEN_FAILED' | 'STORE_IN_USE', cause: unknown): Problem {
  const message = `${CODES[code].meaning} (${file}: ${errorMessage(cause)})`;
  return problem(code, { file: 'offhook.json', path: '$.store.file', message });
}

interface OpenedStore {
  readonly db: Database;
  readonly reader: Database;
  readonly isNew: boolean;
}

function assemble(options: StoreOptions, { db, reader, isNew }: OpenedStore, closeAll: () => Promise<void>): Store {
  const { log, clock } = options;
  const writer = new Writer({ db, log, clock, kinds: KINDS, ...options.writer });
  let closing: Promise<void> | null = null;
  return {
    calls: callStore(writer, reader),
    journal: journalSink(writer),
    users: userVariables(writer, reader, clock),
    deliveries: deliveryStore(writer, reader),
    links: linkStore(writer, reader),
    pauses: pauseStore(writer, reader),
    integrations: integrationStore(writer, reader),
    queries: storeQueries(reader),
    retention: retention(writer),
    isNew,
    health: () => writer.health(),
    flush: () => writer.flush(),
    close() {
      closing ??= writer.close(CLOSE_MS).then((left) => {
        if (left > 0)
          log.error({ code: 'STORE_UNAVAILABLE', writes: left }, 'the store was closed with writes it could not commit');
        return closeAll();
      });
      return closing;
    },
  };
}
