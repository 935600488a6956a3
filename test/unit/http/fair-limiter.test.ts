import { describe, expect, it } from 'vitest';
import { FairLimiter } from '../../../src/http/fair-limiter.js';

const never = new AbortController().signal;

/** Work that is over when it is told to. */
function work() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    of: (name: string) => () =>
      new Promise<string>((resolve) => {
        started.push(name);
        ends.set(name, () => {
          resolve(name);
        });
      }),
    end: async (name: string) => {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a fair limiter', () => {
  it('runs as much at one time as its limit, and no more', async () => {
    const turns = new FairLimiter(2);
    const { of, started, end } = work();
    for (const name of ['1', '2', '3']) void turns.run('a', of(name), never);
    expect(started).toEqual(['1', '2']);
    await end('2');
    expect(started).toEqual(['1', '2', '3']);
  });

  it('serves the origins in turn: one with many pieces keeps no other waiting', async () => {
    const turns = new FairLimiter(1);
    const { of, started, end } = work();
    for (const name of ['a1', 'a2', 'a3', 'a4']) void turns.run('a', of(name), never);
    void turns.run('b', of('b1'), never);
    await end('a1');
    await end('a2');
    expect(started).toEqual(['a1', 'a2', 'b1']);
    await end('b1');
    await end('a3');
    expect(started).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('gives up a piece whose time is over, and the others lose nothing', async () => {
    const turns = new FairLimiter(1);
    const { of, started, end } = work();
    void turns.run('a', of('1'), never);
    const stop = new AbortController();
    const late = turns.run('a', of('2'), stop.signal);
    const after = turns.run('a', of('3'), never);
    stop.abort();
    expect(await late).toBeNull();
    expect(await turns.run('a', of('4'), stop.signal)).toBeNull();
    await end('1');
    await end('3');
    expect(await after).toBe('3');
    expect(started).toEqual(['1', '3']);
  });

  it('goes on after work that failed', async () => {
    const turns = new FairLimiter(1);
    const failing = turns.run('a', () => Promise.reject(new Error('no')), never);
    const next = turns.run('a', () => Promise.resolve('yes'), never);
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
