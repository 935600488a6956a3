import { describe, expect, it } from 'vitest';
import { background, guarded, recurring, settled } from '../../../../src/lib/log/background.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

interface Line {
  readonly code?: string;
  readonly job?: string;
  readonly error?: string;
}

function logOf(lines: Line[]) {
  return { error: (fields: object) => void lines.push(fields) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('work nobody waits for', () => {
  it('begins at once, and its rejection is told with code, job and stack', async () => {
    const lines: Line[] = [];
    let begun = false;
    background('tidying', logOf(lines), async () => {
      begun = true;
      await Promise.resolve();
      throw new TypeError('no such thing');
    });
    expect(begun).toBe(true);
    await turn();
    expect(lines).toEqual([
      {
        code: 'BACKGROUND_JOB_FAILED',
        job: 'tidying',
        error: expect.stringMatching(/^TypeError: no such thing\n +at /u) as string,
      },
    ]);
  });

  it('throws nothing into whoever starts it', async () => {
    const lines: Line[] = [];
    background('tidying', logOf(lines), () => {
      throw new Error('at once');
    });
    await turn();
    expect(lines).toHaveLength(1);
  });

  it('lets whoever goes on after it go on', async () => {
    const lines: Line[] = [];
    await settled('tidying', logOf(lines), () => Promise.reject(new Error('later')));
    expect(lines).toHaveLength(1);
  });

  it('keeps what a callback throws from its timer', () => {
    const lines: Line[] = [];
    const got: number[] = [];
    const callback = guarded('counting', logOf(lines), (n: number) => {
      got.push(n);
      if (n === 1) throw new Error('one is too many');
    });
    callback(1);
    callback(2);
    expect(got).toEqual([1, 2]);
    expect(lines.map(({ job }) => job)).toEqual(['counting']);
  });
});

describe('a recurring job', () => {
  it('comes again after a run that threw and one that was rejected', async () => {
    const clock = new VirtualClock();
    const lines: Line[] = [];
    const runs: number[] = [];
    const stop = recurring('upkeep', { clock, log: logOf(lines), everyMs: 1000, firstMs: 10 }, () => {
      runs.push(clock.monotonic());
      if (runs.length === 1) throw new Error('thrown');
      return runs.length === 2 ? Promise.reject(new Error('rejected')) : undefined;
    });
    await clock.advance(3000);
    expect(runs).toHaveLength(3);
    expect(lines.map(({ error }) => error?.split('\n')[0])).toEqual(['Error: thrown', 'Error: rejected']);
    stop();
    await clock.advance(5000);
    expect(runs).toHaveLength(3);
  });

  it('is not begun again by a run that ends after it was stopped', async () => {
    const clock = new VirtualClock();
    let finish = (): void => undefined;
    let runs = 0;
    const stop = recurring('upkeep', { clock, log: logOf([]), everyMs: 10 }, () => {
      runs += 1;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await clock.advance(10);
    stop();
    finish();
    await clock.advance(100);
    expect(runs).toBe(1);
  });
});
