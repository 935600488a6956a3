import { sql, type Kysely } from 'kysely';
import { settled } from '../../lib/log/background.js';
import { type Clock, within } from '../../lib/clock.js';
import { errorMessage } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import { type StoreHealth, StoreUnavailable } from '../store.js';
import { classifyFailure, reclaimSpace, type FailureKind } from './connection.js';
import type { Tables } from './tables.js';

/*
 * The group-commit writer: the only one who changes the database. Writes queue up and go out together, in one transaction per
 * flush, with everything that came while the last one was in flight. A transaction is what costs, so each kind of write says how
 * long it may wait for company: not at all when somebody waits for its answer, some milliseconds when nobody does.
 *
 * A database that is locked, full or broken is tried again, for ever, with the same writes in the same order; meanwhile the
 * process lives, `health()` turns red and the queue is bounded. A single write that can never succeed is taken out and refused
 * alone: it does not hold up the others.
 */

/** A connection inside a transaction, or outside of one. */
export type Database = Kysely<Tables>;

/** A kind of write: how all queued writes of the kind go into the flush's transaction. Must be safe to run twice. */
export interface WriteKind<T, R = undefined> {
  readonly name: string;
  /** Writes the items, in order, and answers each in the same order. */
  write(db: Database, items: readonly T[]): Promise<readonly R[]>;
  /** Rough size of an item in memory, bytes. */
  size(item: T): number;
  /** How long a write of this kind may wait for others to share its transaction, ms. */
  readonly lingerMs: number;
  /** When the queue is full these are dropped and counted (journal entries); all others are kept or refused by `admit`. */
  readonly droppable?: true;
}

export interface WriterOptions {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
  /** Every kind, in the order in which one transaction writes them. */
  readonly kinds: readonly WriteKind<never, unknown>[];
  /** Largest backlog in bytes before journal entries are dropped. */
  readonly maxBacklogBytes?: number;
  /** The same of large writes, which have a backlog of their own. */
  readonly maxLargeBytes?: number;
}

interface Queued {
  readonly item: unknown;
  readonly bytes: number;
  /** Absent for writes nobody waits for. */
  readonly settle?: { resolve(answer: unknown): void; reject(error: unknown): void };
}

type AnyKind = WriteKind<unknown, unknown>;
type Batch = Map<AnyKind, Queued[]>;

const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1000;
/** What one transaction takes at most, bytes and one write. */
const MAX_FLUSH_BYTES = 1024 * 1024;
/** From this size on a write is large: many at once shall crowd out no small ones. Bytes. */
const LARGE_BYTES = 65_536;
/** Failures shorter than this do not turn health red: another program's short lock is no news. */
const GRACE_MS = 2000;

/** The queue and its one flush at a time. */
export class Writer {
  readonly #options: Required<WriterOptions>;
  readonly #kinds: readonly AnyKind[];
  #queue: Batch = new Map();
  #flushing: Promise<void> | null = null;
  /** When the queue must go out at the latest (monotonic ms). */
  #deadline = Infinity;
  #cancelTimer: (() => void) | null = null;
  #backlog = 0;
  #smallBytes = 0;
  #largeBytes = 0;
  #dropped = 0;
  #droppedSinceCommit = 0;
  #failingSince: number | null = null;
  /** When the transaction under way was begun, monotonic ms: a disk that hangs fails nothing and takes nothing. */
  #begunAt: number | null = null;
  #lastError = '';
  #closed = false;
  #abandoned = false;

  constructor(options: WriterOptions) {
    this.#options = { maxBacklogBytes: 64 * 1024 * 1024, maxLargeBytes: 256 * 1024 * 1024, ...options };
    this.#kinds = options.kinds;
  }

  /** Queues a write that nobody waits for. Dropped, counted and logged when the queue is full. Never throws. */
  post<T, R>(kind: WriteKind<T, R>, item: T): void {
    const bytes = kind.size(item);
    const full = isLarge(bytes) ? this.#fullOfLarge() : this.#fullOfSmall();
    if (this.#closed || (kind.droppable && full)) {
      this.#drop(kind.name);
      return;
    }
    this.#add(kind, { item, bytes });
  }

  /**
   * Queues a write and resolves with its answer once its transaction is committed. Rejects when this very write can never be
   * written (a bug), and when the writer is closed.
   */
  submit<T, R>(kind: WriteKind<T, R>, item: T): Promise<R> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'));
    return new Promise<R>((resolve, reject) => {
      const settle = { resolve: resolve as (answer: unknown) => void, reject };
      this.#add(kind, { item, bytes: kind.size(item), settle });
    });
  }

  /**
   * Rejects with {@link StoreUnavailable} what would start something new while the queue is full or the database has failed for longer
   * than a moment; else the same as `submit`.
   */
  admit<T, R>(kind: WriteKind<T, R>, item: T): Promise<R> {
    if (!this.#failing()) return this.submit(kind, item);
    return Promise.reject(new StoreUnavailable(this.#whyBehind()));
  }

  /** Resolves when everything queued so far is committed (or was refused). */
  async flush(): Promise<void> {
    while (this.#backlog > 0 && !this.#abandoned) {
      this.#flushNow();
      await this.#flushing;
    }
  }

  /**
   * Takes nothing more and writes what is queued, for at most `timeoutMs`; answers how many writes stayed behind. Code that waits for
   * one of those gets an error.
   */
  async close(timeoutMs: number): Promise<number> {
    this.#closed = true;
    await within(this.#options.clock, timeoutMs, this.flush());
    this.#abandoned = true;
    refuse(this.#queue);
    return this.#backlog;
  }

  health(): StoreHealth {
    const reason = this.#failing()
      ? this.#whyBehind()
      : this.#droppedSinceCommit > 0
        ? `${this.#droppedSinceCommit} journal entries could not be kept`
        : null;
    return {
      ok: reason === null,
      reason,
      backlog: this.#backlog,
      backlogBytes: this.#smallBytes + this.#largeBytes,
      dropped: this.#dropped,
    };
  }

  #failing(): boolean {
    return this.#failingMs() > GRACE_MS || this.#full();
  }

  #failingMs(): number {
    const since = this.#failingSince ?? this.#begunAt;
    return since === null ? 0 : this.#options.clock.monotonic() - since;
  }

  /** Why writes wait, as a sentence part: those that are tried fail, or more come than the disk takes. */
  #whyBehind(): string {
    if (this.#failingMs() <= GRACE_MS) return 'more writes wait for the database than it can take: the disk is too slow';
    const cause = this.#failingSince === null ? 'the disk does not answer' : this.#lastError;
    return `the database has not accepted writes for ${Math.round(this.#failingMs() / 1000)} s: ${cause}`;
  }

  #full(): boolean {
    return this.#fullOfSmall() || this.#fullOfLarge();
  }

  #fullOfSmall(): boolean {
    return this.#smallBytes >= this.#options.maxBacklogBytes;
  }

  #fullOfLarge(): boolean {
    return this.#largeBytes >= this.#options.maxLargeBytes;
  }

  #count(bytes: number, times: 1 | -1): void {
    this.#backlog += times;
    if (isLarge(bytes)) this.#largeBytes += times * bytes;
    else this.#smallBytes += times * bytes;
  }

  #add(kind: AnyKind, queued: Queued): void {
    const items = this.#queue.get(kind);
    if (items) items.push(queued);
    else this.#queue.set(kind, [queued]);
    this.#count(queued.bytes, 1);
    this.#flushWithin(kind.lingerMs);
  }

  #drop(kind: string): void {
    this.#dropped += 1;
    this.#droppedSinceCommit += 1;
    if (this.#droppedSinceCommit === 1) {
      this.#options.log.error(
        { code: 'STORE_UNAVAILABLE', kind, error: this.#lastError },
        'queue full: writes are being dropped',
      );
    }
  }

  /** Sees to it that the queue goes out within `ms`, or as soon as the flush in flight is over. */
  #flushWithin(ms: number): void {
    const deadline = this.#options.clock.monotonic() + ms;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#flushing === null) this.#cancelTimer = this.#options.clock.after(ms, () => this.#flushNow());
  }

  #flushNow(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#flushing !== null) {
      this.#deadline = 0;
      return;
    }
    this.#deadline = Infinity;
    if (this.#queue.size === 0) return;
    const batch = this.#take();
    const { log } = this.#options;
    this.#flushing = settled('writing to the database', log, () => this.#commitOrRefuse(batch)).then(() => {
      this.#flushing = null;
      if (this.#queue.size === 0) return;
      const left = this.#deadline - this.#options.clock.monotonic();
      this.#deadline = Infinity;
      this.#flushWithin(Math.max(0, left));
    });
  }

  /**
   * Takes what one transaction writes out of the queue: all of it, unless trouble has piled up more than is good for the main
   * thread at once. Then the first kinds go first, so that nothing overtakes what must be written before it.
   */
  #take(): Batch {
    const batch: Batch = new Map();
    let bytes = 0;
    for (const kind of this.#kinds) {
      const items = this.#queue.get(kind);
      if (items === undefined) continue;
      let count = 0;
      for (; count < items.length && bytes < MAX_FLUSH_BYTES; count += 1) bytes += items[count]?.bytes ?? 0;
      if (count > 0) batch.set(kind, items.splice(0, count));
      if (items.length > 0) {
        this.#deadline = 0;
        return batch;
      }
      this.#queue.delete(kind);
    }
    return batch;
  }

  /** A bug in a write must not stop those that come after it, nor leave anybody waiting for it. */
  async #commitOrRefuse(batch: Batch): Promise<void> {
    try {
      await this.#commitWithRetries(batch);
    } catch (error) {
      refuse(batch, error);
      throw error;
    }
  }

  async #commitWithRetries(batch: Batch): Promise<void> {
    for (let delay = RETRY_FIRST_MS; ; delay = Math.min(delay * 2, RETRY_MAX_MS)) {
      const failure = await this.#commit(batch);
      if (failure === null) return;
      if (failure.kind === 'item') {
        await this.#isolate(batch, failure.error);
        return;
      }
      this.#noteFailure(failure.error);
      await reclaimSpace(this.#options.db, failure.error);
      await new Promise<void>((resolve) => this.#options.clock.after(delay, resolve));
      if (this.#abandoned) {
        refuse(batch);
        return;
      }
    }
  }

  /** Something in the batch cannot be written: writes its items one by one, so that only the culprit is refused. */
  async #isolate(batch: Batch, error: unknown): Promise<void> {
    const singles = this.#kinds.flatMap((kind) => (batch.get(kind) ?? []).map((queued) => ({ kind, queued })));
    const [only] = singles;
    if (singles.length > 1 || only === undefined) {
      for (const { kind, queued } of singles) await this.#commitWithRetries(new Map([[kind, [queued]]]));
      return;
    }
    this.#done(only.queued);
    this.#options.log.error(
      { code: 'STORE_WRITE_FAILED', kind: only.kind.name, error: String(error) },
      'a write can never succeed and was refused',
    );
    only.queued.settle?.reject(error);
  }

  /** One transaction. Answers null when it is committed; waiters are told only then. */
  async #commit(batch: Batch): Promise<{ kind: FailureKind; error: unknown } | null> {
    const answers = new Map<Queued, unknown>();
    this.#begunAt = this.#options.clock.monotonic();
    try {
      await this.#options.db.connection().execute(async (db) => {
        await sql`begin immediate`.execute(db);
        try {
          for (const kind of this.#kinds) {
            const items = batch.get(kind);
            if (items === undefined) continue;
            const results = await kind.write(
              db,
              items.map((queued) => queued.item),
            );
            items.forEach((queued, i) => answers.set(queued, results[i]));
          }
          await sql`commit`.execute(db);
        } catch (error) {
          // After a full disk or an I/O error SQLite has rolled back by itself, and this statement fails.
          await sql`rollback`.execute(db).catch(() => undefined);
          throw error;
        }
      });
    } catch (error) {
      return { kind: classifyFailure(error), error };
    } finally {
      this.#begunAt = null;
    }
    this.#noteSuccess();
    for (const items of batch.values()) {
      for (const queued of items) {
        this.#done(queued);
        queued.settle?.resolve(answers.get(queued));
      }
    }
    return null;
  }

  #done(queued: Queued): void {
    this.#count(queued.bytes, -1);
  }

  #noteFailure(error: unknown): void {
    this.#lastError = errorMessage(error);
    if (this.#failingSince !== null) return;
    this.#failingSince = this.#options.clock.monotonic();
    this.#options.log.warn(
      { code: 'STORE_UNAVAILABLE', error: this.#lastError },
      'the database does not accept writes; they are kept and tried again',
    );
  }

  #noteSuccess(): void {
    if (this.#failingSince !== null) {
      const ms = Math.round(this.#options.clock.monotonic() - this.#failingSince);
      this.#options.log.info({ ms, dropped: this.#droppedSinceCommit }, 'the database accepts writes again');
    }
    this.#failingSince = null;
    this.#droppedSinceCommit = 0;
  }
}

function isLarge(bytes: number): boolean {
  return bytes >= LARGE_BYTES;
}

/** Tells who waits for these writes that they will not be made. */
function refuse(batch: Batch, error: unknown = new StoreUnavailable('the store was closed before it could write this')): void {
  for (const items of batch.values()) {
    for (const { settle } of items) settle?.reject(error);
  }
}
