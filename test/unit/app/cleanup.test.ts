import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCleanup } from '../../../src/app/cleanup.js';
import { recordingLogger, type Logged } from '../../support/signalling.js';
import { temporaryFolder } from '../../support/stores.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const DAY = 86_400_000;

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
  mkdirSync(join(temporary.folder, 'recordings'));
});
afterEach(() => temporary.remove());

interface Kept {
  readonly recordings?: readonly (readonly string[])[];
  readonly calls?: readonly number[];
  readonly links?: readonly number[];
  readonly broken?: 'recordings' | 'calls';
}

/** A cleanup over a store that has so much to forget, piece by piece; notes since when it forgot. */
function rig(keep: { recordings: number; calls: number }, { recordings = [], calls = [], links = [], broken }: Kept = {}) {
  const clock = new VirtualClock();
  const log: Logged[] = [];
  const asked = { recordings: [] as number[], calls: [] as number[], links: [] as number[] };
  const left = { recordings: [...recordings], calls: [...calls], links: [...links] };
  const age = (before: number): number => clock.now() - before;
  const dir = join(temporary.folder, 'recordings');
  const retention = {
    recordings(before: number) {
      asked.recordings.push(age(before));
      if (broken === 'recordings') return Promise.reject(new Error('disk'));
      return Promise.resolve((left.recordings.shift() ?? []).map((file) => ({ id: file, file })));
    },
    calls(before: number) {
      asked.calls.push(age(before));
      if (broken === 'calls') return Promise.reject(new Error('disk'));
      return Promise.resolve(left.calls.shift() ?? 0);
    },
  };
  const forgetExpired = (before: number): Promise<number> => {
    asked.links.push(age(before));
    return Promise.resolve(left.links.shift() ?? 0);
  };
  const stop = startCleanup({
    store: { retention, links: { forgetExpired } } as never,
    config: { recordings: { dir, keepDays: keep.recordings }, store: { keepDays: keep.calls } } as never,
    clock,
    log: recordingLogger(log),
  });
  return { clock, log, asked, dir, stop };
}

describe('the cleanup', () => {
  it('looks a minute after the start, then every hour, until it is stopped', async () => {
    const { clock, asked, stop } = rig({ recordings: 0, calls: 0 });
    await clock.advance(59_999);
    expect(asked.links).toHaveLength(0);
    await clock.advance(1);
    expect(asked.links).toHaveLength(1);
    await clock.advance(3_599_999);
    expect(asked.links).toHaveLength(1);
    await clock.advance(1);
    expect(asked.links).toHaveLength(2);
    stop();
    await clock.advance(10 * 3_600_000);
    expect(asked.links).toHaveLength(2);
  });

  it('keeps calls and recordings for ever where the days are 0', async () => {
    const { clock, asked } = rig({ recordings: 0, calls: 0 }, { recordings: [['a.wav']], calls: [5] });
    await clock.advance(2 * 3_600_000);
    expect(asked).toMatchObject({ recordings: [], calls: [] });
  });

  it('forgets what is older than so many days, and links thirty days after they expired', async () => {
    const { clock, asked } = rig({ recordings: 1, calls: 7 });
    await clock.advance(60_000);
    expect(asked).toEqual({ recordings: [DAY], calls: [7 * DAY], links: [30 * DAY] });
  });

  it('goes on until nothing is left, and deletes the files', async () => {
    const { clock, asked, dir } = rig(
      { recordings: 1, calls: 1 },
      { recordings: [['a.wav', 'b.wav'], ['c.wav']], calls: [200, 1], links: [500, 500, 3] },
    );
    for (const file of ['a.wav', 'b.wav', 'c.wav', 'kept.wav']) writeFileSync(join(dir, file), 'x');
    await clock.advance(60_000);
    await expect.poll(() => readdirSync(dir)).toEqual(['kept.wav']);
    await expect.poll(() => asked.links).toHaveLength(4);
    expect(asked.recordings).toHaveLength(3);
    expect(asked.calls).toHaveLength(3);
  });

  it.each(['recordings', 'calls'] as const)(
    'that fails with %s tells it with a code, does the rest, and looks again',
    async (broken) => {
      const { clock, log, asked } = rig({ recordings: 1, calls: 1 }, { broken });
      await clock.advance(60_000);
      expect(asked).toMatchObject({ recordings: [DAY], calls: [DAY], links: [30 * DAY] });
      expect(log).toMatchObject([{ fields: { code: 'BACKGROUND_JOB_FAILED', job: `forgetting old ${broken}` } }]);
      await clock.advance(3_600_000);
      expect(asked[broken]).toHaveLength(2);
    },
  );
});
