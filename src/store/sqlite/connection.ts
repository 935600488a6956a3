/*
 * The one file that knows the `sqlite3` package: a connection in the shape Kysely's generic dialect wants. Another driver
 * (better-sqlite3, node:sqlite) would replace this file and nothing else.
 */
import { Kysely, sql, type QueryResult } from 'kysely';
import { GenericSqliteDialect, parseBigInt, type IGenericSqlite } from 'kysely-generic-sqlite';
import { LRUCache } from 'lru-cache';
import sqlite3 from 'sqlite3';
import type { Tables } from './tables.js';

/** How long SQLite itself waits for a lock, ms. Short, because it holds a thread of Node's pool; the writer retries after it. */
const BUSY_TIMEOUT_MS = 250;

/** `writer` creates the file; `reader` refuses every write; `lock` writes nothing and only holds its file. */
export type ConnectionRole = 'writer' | 'reader' | 'lock';

const PRAGMAS: Readonly<Record<ConnectionRole, readonly string[]>> = {
  // WAL + NORMAL: a committed transaction survives the death of the process; after a power cut the file is whole, and at
  // most the last moments before it are missing (https://sqlite.org/pragma.html#pragma_synchronous).
  writer: [
    'journal_mode = WAL',
    'synchronous = NORMAL',
    'foreign_keys = ON',
    'journal_size_limit = 67108864',
    'cache_size = -16384',
    // 2 MB: every commit writes whole pages, and what is not checkpointed is on the disk twice.
    'wal_autocheckpoint = 500',
  ],
  reader: ['query_only = ON'],
  lock: [],
};

function openFile(file: string): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const db = new sqlite3.Database(file, (error) => {
      if (error) reject(error);
      else resolve(db);
    });
  });
}

/** How many statements a connection keeps prepared; the writer has about a dozen. */
const PREPARED = 64;

/** Runs statements on one connection, keeping the ones in use prepared: half the thread hops, and no parsing. */
class Executor {
  readonly #prepared = new LRUCache<string, sqlite3.Statement>({
    max: PREPARED,
    dispose: (statement) => void statement.finalize(),
  });

  constructor(readonly db: sqlite3.Database) {}

  all(text: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#prepare(text, reject).all(parameters, (error: Error | null, rows: unknown[]) => {
        if (error) reject(error);
        else resolve({ rows });
      });
    });
  }

  run(text: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#prepare(text, reject).run(parameters, function (error) {
        if (error) reject(error);
        else resolve({ rows: [], numAffectedRows: BigInt(this.changes), insertId: parseBigInt(this.lastID) ?? 0n });
      });
    });
  }

  close(): Promise<void> {
    this.#prepared.clear();
    return new Promise((resolve, reject) => {
      this.db.close((error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** A statement that cannot be prepared is told to `failed`, and is not kept. */
  #prepare(text: string, failed: (error: Error) => void): sqlite3.Statement {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const statement = this.db.prepare(text, (error) => {
      if (!error) return;
      this.#prepared.delete(text);
      failed(error);
    });
    this.#prepared.set(text, statement);
    return statement;
  }
}

async function connect(file: string, role: ConnectionRole): Promise<IGenericSqlite<sqlite3.Database>> {
  const db = await openFile(file);
  db.configure('busyTimeout', BUSY_TIMEOUT_MS);
  const executor = new Executor(db);
  for (const pragma of PRAGMAS[role]) await executor.all(`PRAGMA ${pragma}`, []);
  return {
    db,
    query: (isSelect, text, parameters = []) =>
      isSelect || /\breturning\b/i.test(text) ? executor.all(text, parameters) : executor.run(text, parameters),
    close: () => executor.close(),
  };
}

/** A Kysely on its own connection to `file` (absolute path). Connects on first use; the errors of SQLite come through as thrown. */
export function openConnection(file: string, role: ConnectionRole): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new GenericSqliteDialect(() => connect(file, role)) });
}

/**
 * Makes room on a full disk: brings the write-ahead log into the file and cuts it off, so that what stands in both stands in one.
 * Fails silently when there is not even room for that.
 */
export async function reclaimSpace(db: Kysely<Tables>, error: unknown): Promise<void> {
  if (codeOf(error) !== 'SQLITE_FULL') return;
  await sql`pragma wal_checkpoint(truncate)`.execute(db).catch(() => undefined);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** What a failed statement means for the writer. */
export type FailureKind =
  /** This very row can never be written: a bug, or input nobody expected. */
  | 'item'
  /** The database cannot be written now (locked, disk full, I/O error): the same write may succeed later. */
  | 'database';

/** Result codes that are the row's own fault (https://sqlite.org/rescode.html). Everything else is worth another try. */
const ITEM_FAULTS = new Set(['SQLITE_CONSTRAINT', 'SQLITE_MISMATCH', 'SQLITE_TOOBIG', 'SQLITE_RANGE', 'SQLITE_ERROR']);

/** Tells a row that can never be written from a database that cannot be written now. Errors not of SQLite are the row's. */
export function classifyFailure(error: unknown): FailureKind {
  const code = codeOf(error);
  return !code.startsWith('SQLITE_') || ITEM_FAULTS.has(code) ? 'item' : 'database';
}
