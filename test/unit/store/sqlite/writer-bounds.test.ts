import { Kysely } from 'kysely';
import { GenericSqliteDialect } from 'kysely-generic-sqlite';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/lib/log/log.js';
import type { Tables } from '../../../../src/store/sqlite/tables.js';
import { Writer, type WriteKind } from '../../../../src/store/sqlite/writer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** A writer over a database that runs nothing; `down` makes it refuse. Items are their sizes. */
function rig({ down = false, ...limits }: { down?: boolean; maxBacklogBytes?: number; maxLargeBytes?: number } = {}) {
  const state = { down };
  const begins: number[] = [];
  const clock = new VirtualClock();
  const dialect = new GenericSqliteDialect(() => ({
    db: null,
    close: () => undefined,
    query: (_isSelect, text) => {
      if (text === 'begin immediate') {
        begins.push(clock.monotonic());
        if (state.down) throw Object.assign(new Error('SQLITE_BUSY: trouble'), { code: 'SQLITE_BUSY' });
      }
      return { rows: [] };
    },
  }));
  const batches: (readonly number[])[] = [];
  const kind: WriteKind<number> = {
    name: 'sized',
    lingerMs: 0,
    droppable: true,
    size: (bytes) => bytes,
    write(_db, items) {
      batches.push(items);
      return Promise.resolve(items.map(() => undefined));
    },
  };
  const writer = new Writer({ db: new Kysely<Tables>({ dialect }), kinds: [kind], clock, log: silentLogger, ...limits });
  return { writer, kind, batches, begins, clock, state };
}

describe('one transaction', () => {
  it.each([
    [1_048_575, [[1_048_575, 1]]],
    [1_048_576, [[1_048_576], [1]]],
    [1_048_577, [[1_048_577], [1]]],
  ])('that has %i bytes takes one more write or none', async (bytes, expected) => {
    const { writer, kind, batches } = rig();
    writer.post(kind, bytes);
    writer.post(kind, 1);
    await writer.flush();
    expect(batches).toEqual(expected);
  });
});

describe('a write', () => {
  it.each([
    [65_535, 1],
    [65_536, 0],
    [65_537, 0],
  ])('of %i bytes fills the queue of small ones: %i is dropped behind it', async (bytes, dropped) => {
    const { writer, kind } = rig({ maxBacklogBytes: 60_000 });
    writer.post(kind, bytes);
    writer.post(kind, 1);
    expect(writer.health().dropped).toBe(dropped);
    await writer.flush();
  });

  it.each([
    [999, 0],
    [1000, 1],
    [1001, 1],
  ])('behind %i bytes of a thousand: %i is dropped', async (bytes, dropped) => {
    const { writer, kind } = rig({ maxBacklogBytes: 1000 });
    writer.post(kind, bytes);
    writer.post(kind, 1);
    expect(writer.health().dropped).toBe(dropped);
    await writer.flush();
  });

  it.each([
    [99_999, 0],
    [100_000, 1],
    [100_001, 1],
  ])('that is large, behind %i large bytes of a hundred thousand: %i is dropped', async (bytes, dropped) => {
    const { writer, kind } = rig({ maxLargeBytes: 100_000 });
    writer.post(kind, bytes);
    writer.post(kind, 70_000);
    expect(writer.health().dropped).toBe(dropped);
    await writer.flush();
  });
});

it('a database that refuses is tried again after 50 ms, then half as often each time, and at least once a second', async () => {
  const { writer, kind, begins, clock, state } = rig({ down: true });
  const written = writer.submit(kind, 1);
  await clock.advance(5000);
  const waits = begins.slice(1).map((at, i) => at - (begins[i] ?? 0));
  expect(waits.slice(0, 8)).toEqual([50, 100, 200, 400, 800, 1000, 1000, 1000]);
  state.down = false;
  await clock.runUntil(written);
});
