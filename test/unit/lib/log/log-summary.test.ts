import { describe, expect, it } from 'vitest';
import { LogSummary } from '../../../../src/lib/log/log-summary.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

function summary() {
  const clock = new VirtualClock();
  const lines: (readonly [fields: object, message: string])[] = [];
  const log = {
    info: (fields: object, message: string) => lines.push([fields, message]),
    warn: () => undefined,
  };
  return { clock, lines, sums: new LogSummary({ log, clock, message: 'call refused' }) };
}

describe('a summary of log lines', () => {
  it('tells the first of a key at once with its details, and one that stays alone only then', async () => {
    const { clock, lines, sums } = summary();
    sums.add({ source: '192.0.2.1', reason: 'unknown-number' }, { did: '999' });
    expect(lines).toEqual([[{ source: '192.0.2.1', reason: 'unknown-number', did: '999' }, 'call refused']]);
    await clock.advance(60_000);
    expect(lines).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('names a source once a minute with how many there were', async () => {
    const { clock, lines, sums } = summary();
    for (let i = 0; i < 5000; i++) sums.add({ source: '192.0.2.1' });
    await clock.advance(59_999);
    expect(lines).toHaveLength(1);
    await clock.advance(1);
    expect(lines.slice(1)).toEqual([[{ source: '192.0.2.1', count: 5000 }, 'call refused: count of the last minute']]);
  });

  it('begins anew with the first event after a minute', async () => {
    const { clock, lines, sums } = summary();
    sums.add({ source: '192.0.2.1' });
    await clock.advance(60_000);
    sums.add({ source: '192.0.2.1' });
    expect(lines).toHaveLength(2);
    expect(lines[1]).toEqual([{ source: '192.0.2.1' }, 'call refused']);
  });

  it.each([
    { sources: 20, lines: 20 },
    // The twenty-first has no first line: it is told at the end of the minute.
    { sources: 21, lines: 21 },
    { sources: 40, lines: 40 },
    { sources: 41, lines: 41, others: 1 },
    { sources: 5000, lines: 41, others: 5000 - 40 },
  ])(
    'gives lines to no more than forty of $sources sources and counts the others',
    async ({ sources, lines: expected, others }) => {
      const { clock, lines, sums } = summary();
      for (let i = 0; i < sources; i++) sums.add({ source: i });
      expect(lines).toHaveLength(Math.min(sources, 20));
      await clock.advance(60_000);
      expect(lines).toHaveLength(expected);
      if (others !== undefined) {
        expect(lines.at(-1)).toEqual([{ count: others }, 'call refused: count of all others in the last minute']);
      }
    },
  );

  it('names the most frequent', async () => {
    const { clock, lines, sums } = summary();
    for (let i = 0; i < 500; i++) sums.add({ source: i });
    for (let i = 0; i < 7; i++) sums.add({ source: 'the flood' });
    await clock.advance(60_000);
    expect(lines[20]).toEqual([{ source: 'the flood', count: 7 }, 'call refused: count of the last minute']);
  });

  it.each([999, 1000, 1001])('counts single keys up to a thousand, further ones together (%i)', async (keys) => {
    const { clock, lines, sums } = summary();
    for (let i = 0; i < keys; i++) sums.add({ source: i });
    for (let i = 0; i < 2; i++) sums.add({ source: keys - 1 });
    await clock.advance(60_000);
    const named = lines.some(([fields]) => 'source' in fields && fields.source === keys - 1);
    expect(named).toBe(keys <= 1000);
    const counted = lines.reduce((sum, [fields]) => sum + ('count' in fields ? Number(fields.count) : 0), 0);
    expect(counted).toBe(keys - 20 + 2);
  });

  it('says what it has counted when it is closed, and starts no timer after that', () => {
    const { clock, lines, sums } = summary();
    sums.add({ source: 'a' });
    sums.add({ source: 'a' });
    sums.close();
    sums.close();
    expect(lines).toHaveLength(2);
    sums.add({ source: 'b' });
    expect(lines).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });
});
