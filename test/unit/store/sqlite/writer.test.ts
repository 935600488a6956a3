import { Kysely } from 'kysely';
import { GenericSqliteDialect } from 'kysely-generic-sqlite';
import { describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import type { Tables } from '../../../../src/store/sqlite/tables.js';
import { Writer, type WriteKind } from '../../../../src/store/sqlite/writer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const sqliteError = (code: string): Error => Object.assign(new Error(`${code}: trouble`), { code });

/** A database that runs nothing, notes its statements, and fails as `fail` says. */
function scripted(fail: (statement: string) => Error | null = () => null) {
  const statements: string[] = [];
  const dialect = new GenericSqliteDialect(() => ({
    db: null,
    close: () => undefined,
    query: (_isSelect, text) => {
      statements.push(text);
      const error = fail(text);
      if (error) throw error;
      return { rows: [] };
    },
  }));
  return { db: new Kysely<Tables>({ dialect }), statements };
}

/** A kind that notes every batch it writes, and fails as `fail` says. */
function kind(name: string, fail: (items: readonly string[]) => Error | null = () => null) {
  const batches: (readonly string[])[] = [];
  const writeKind: WriteKind<string, string> = {
    name,
    lingerMs: 0,
    size: (item) => item.length,
    write(_db, items) {
      const error = fail(items);
      if (error) return Promise.reject(error);
      batches.push(items);
      return Promise.resolve(items.map((item) => `${item}!`));
    },
  };
  return { writeKind, batches };
}

/** A monotonic clock that runs its timers at once and jumps ahead by their length. */
function jumpingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    after(ms, fire) {
      const immediate = setImmediate(() => {
        now += ms;
        fire();
      });
      return () => clearImmediate(immediate);
    },
  };
}

describe('writer', () => {
  it.each([
    [1999, true],
    [2000, true],
    [2001, false],
  ])('of a disk that does not answer for %d ms is well: %s, and takes nothing new when it is not', async (ms, ok) => {
    const clock = new VirtualClock();
    let answer = (): void => undefined;
    const hanging = { ...kind('a').writeKind, write: () => new Promise<string[]>((resolve) => (answer = () => resolve(['x']))) };
    const writer = new Writer({ db: scripted().db, kinds: [hanging], clock, log: silentLogger });
    const first = writer.submit(hanging, 'x');
    await clock.advance(0);
    await expect.poll(() => answer.name).toBe('answer');
    await clock.advance(ms);
    expect(writer.health().ok).toBe(ok);
    if (!ok) {
      expect(writer.health().reason).toBe('the database has not accepted writes for 2 s: the disk does not answer');
      await expect(writer.admit(hanging, 'y')).rejects.toThrow('has not accepted writes');
    }
    answer();
    await first;
    expect(writer.health().ok).toBe(true);
  });

  it('writes what came together in one transaction, kinds in their order, and answers each', async () => {
    const { db, statements } = scripted();
    const [first, second] = [kind('first'), kind('second')];
    const writer = new Writer({ db, log: silentLogger, clock: systemClock, kinds: [first.writeKind, second.writeKind] });
    const answers = await Promise.all([
      writer.submit(second.writeKind, 'x'),
      writer.submit(first.writeKind, 'a'),
      writer.submit(first.writeKind, 'b'),
    ]);
    expect(answers).toEqual(['x!', 'a!', 'b!']);
    expect(statements).toEqual(['begin immediate', 'commit']);
    expect(first.batches).toEqual([['a', 'b']]);
    expect(second.batches).toEqual([['x']]);
  });

  it('lets a write that nobody waits for wait for company', async () => {
    const { db, statements } = scripted();
    const lazy = kind('lazy');
    const patient = { ...lazy.writeKind, lingerMs: 60_000 };
    const urgent = kind('urgent');
    const writer = new Writer({ db, log: silentLogger, clock: systemClock, kinds: [patient, urgent.writeKind] });
    writer.post(patient, 'a');
    writer.post(patient, 'b');
    await writer.submit(urgent.writeKind, 'now');
    expect(lazy.batches).toEqual([['a', 'b']]);
    expect(statements).toHaveLength(2);
    writer.post(patient, 'c');
    await writer.flush();
    expect(lazy.batches).toEqual([['a', 'b'], ['c']]);
  });

  it.each(['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CORRUPT'])(
    'tries again after %s until it works, same writes, same order, rolled back in between',
    async (code) => {
      let left = 7;
      const { db, statements } = scripted((text) => {
        // SQLite has rolled back by itself after these, so that our own rollback fails too.
        if (text === 'rollback') return sqliteError('SQLITE_ERROR');
        return text === 'commit' && left-- > 0 ? sqliteError(code) : null;
      });
      const only = kind('only');
      const writer = new Writer({ db, log: silentLogger, clock: jumpingClock(), kinds: [only.writeKind] });
      const one = writer.submit(only.writeKind, 'one');
      const two = writer.submit(only.writeKind, 'two');
      expect(await Promise.all([one, two])).toEqual(['one!', 'two!']);
      expect(only.batches).toEqual(Array.from({ length: 8 }, () => ['one', 'two']));
      expect(statements.filter((text) => text === 'commit')).toHaveLength(8);
      expect(writer.health()).toMatchObject({ ok: true, backlog: 0 });
    },
  );

  it('turns red while the database fails for long, and green again', async () => {
    let broken = true;
    const { db } = scripted((text) => (broken && text === 'begin immediate' ? sqliteError('SQLITE_FULL') : null));
    const only = kind('only');
    const writer = new Writer({ db, log: silentLogger, clock: jumpingClock(), kinds: [only.writeKind] });
    const waiting = writer.submit(only.writeKind, 'x');
    await expect.poll(() => writer.health().ok).toBe(false);
    expect(writer.health().reason).toMatch(/has not accepted writes for \d+ s: SQLITE_FULL/);
    // A new call is refused at once: its caller would wait in silence.
    await expect(writer.admit(only.writeKind, 'new')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    broken = false;
    await waiting;
    expect(await writer.admit(only.writeKind, 'new')).toBe('new!');
    expect(writer.health()).toMatchObject({ ok: true, reason: null });
  });

  it('refuses only the write that can never succeed', async () => {
    const { db } = scripted();
    const bad = (items: readonly string[]): Error | null => (items.includes('bad') ? sqliteError('SQLITE_CONSTRAINT') : null);
    const only = kind('only', bad);
    const writer = new Writer({ db, log: silentLogger, clock: systemClock, kinds: [only.writeKind] });
    const results = await Promise.allSettled(['a', 'bad', 'b'].map((item) => writer.submit(only.writeKind, item)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(only.batches).toEqual([['a'], ['b']]);
    expect(writer.health()).toMatchObject({ ok: true, backlog: 0 });
  });

  it('bounds its memory: drops what may be dropped, refuses what is new, keeps what must not be lost', async () => {
    let broken = true;
    const { db } = scripted((text) => (broken && text === 'begin immediate' ? sqliteError('SQLITE_FULL') : null));
    const [entries, ends] = [kind('entries'), kind('ends')];
    const droppable = { ...entries.writeKind, droppable: true } as const;
    const options = { db, log: silentLogger, clock: jumpingClock(), kinds: [droppable, ends.writeKind], maxBacklogBytes: 1000 };
    const writer = new Writer(options);
    for (let i = 0; i < 200; i += 1) writer.post(droppable, '0123456789');
    const end = writer.submit(ends.writeKind, 'end');
    await expect(writer.admit(ends.writeKind, 'new')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(writer.health()).toMatchObject({ ok: false, dropped: 100, backlog: 101, backlogBytes: 1003 });
    broken = false;
    expect(await end).toBe('end!');
    await writer.flush();
    expect(entries.batches.flat()).toHaveLength(100);
    expect(writer.health()).toMatchObject({ ok: true, dropped: 100, backlog: 0, backlogBytes: 0 });
  });

  it('bounds what is large by itself, so that it crowds out nothing small', async () => {
    let broken = true;
    const { db } = scripted((text) => (broken && text === 'begin immediate' ? sqliteError('SQLITE_FULL') : null));
    const entries = kind('entries');
    const droppable = { ...entries.writeKind, droppable: true } as const;
    const limits = { maxBacklogBytes: 100, maxLargeBytes: 300_000 };
    const writer = new Writer({ db, log: silentLogger, clock: jumpingClock(), kinds: [droppable], ...limits });
    for (let i = 0; i < 10; i += 1) writer.post(droppable, 'large'.repeat(20_000));
    expect(writer.health()).toMatchObject({ dropped: 7, backlogBytes: 300_000 });
    for (let i = 0; i < 20; i += 1) writer.post(droppable, '0123456789');
    expect(writer.health()).toMatchObject({ dropped: 17, backlogBytes: 300_100 });
    // Nothing has failed yet: no error is made up.
    const message = 'more writes wait for the database than it can take: the disk is too slow';
    await expect(writer.admit(droppable, 'new')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message });
    expect(writer.health().reason).toBe(message);
    broken = false;
    await writer.flush();
    expect(entries.batches.flat()).toHaveLength(13);
    expect(writer.health()).toMatchObject({ ok: true, backlog: 0, backlogBytes: 0 });
  });

  it('writes a large backlog in several transactions, nothing before what it must follow', async () => {
    const { db, statements } = scripted();
    const written: string[] = [];
    const noting = (name: string): WriteKind<string> => ({
      name,
      lingerMs: 60_000,
      size: () => 300_000,
      write(_db, items) {
        written.push(...items);
        return Promise.resolve(items.map(() => undefined));
      },
    });
    const [first, second] = [noting('first'), noting('second')];
    const writer = new Writer({ db, log: silentLogger, clock: systemClock, kinds: [first, second] });
    for (let i = 0; i < 6; i += 1) {
      writer.post(second, `second ${i}`);
      writer.post(first, `first ${i}`);
    }
    await writer.flush();
    const inOrder = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name} ${i}`);
    expect(written).toEqual([...inOrder('first', 6), ...inOrder('second', 6)]);
    expect(statements.filter((text) => text === 'commit').length).toBeGreaterThan(2);
    expect(writer.health()).toMatchObject({ backlog: 0, backlogBytes: 0 });
  });

  it('gives up at close after its time, and says what stayed behind', async () => {
    const { db } = scripted((text) => (text === 'begin immediate' ? sqliteError('SQLITE_FULL') : null));
    const only = kind('only');
    const writer = new Writer({ db, log: silentLogger, clock: systemClock, kinds: [only.writeKind] });
    writer.post(only.writeKind, 'x');
    expect(await writer.close(120)).toBe(1);
  });

  it('tells at close who still waits, whether the write was under way or queued', async () => {
    const { db } = scripted((text) => (text === 'begin immediate' ? sqliteError('SQLITE_BUSY') : null));
    const only = kind('only');
    const writer = new Writer({ db, log: silentLogger, clock: systemClock, kinds: [only.writeKind] });
    const waiting = [writer.submit(only.writeKind, 'under way')];
    await new Promise((resolve) => setImmediate(resolve));
    waiting.push(writer.submit(only.writeKind, 'queued'));
    const told = Promise.allSettled(waiting);
    expect(await writer.close(120)).toBe(2);
    expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('makes room on a full disk before it tries again', async () => {
    let full = true;
    const { db, statements } = scripted((text) => {
      if (text.includes('wal_checkpoint')) full = false;
      return full && text === 'begin immediate' ? sqliteError('SQLITE_FULL') : null;
    });
    const only = kind('only');
    const writer = new Writer({ db, log: silentLogger, clock: systemClock, kinds: [only.writeKind] });
    await writer.submit(only.writeKind, 'x');
    expect(statements.filter((text) => text.includes('wal_checkpoint'))).toHaveLength(1);
  });
});
