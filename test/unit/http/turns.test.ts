import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/http/turns.js';

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

describe('turns', () => {
  it('do so much at one time and no more', async () => {
    const turns = new Turns(2);
    const { of, started, end } = work();
    for (const name of ['1', '2', '3']) void turns.run('a', of(name), never);
    expect(started).toEqual(['1', '2']);
    await end('2');
    expect(started).toEqual(['1', '2', '3']);
  });

  it('go round by origin: one with many keeps no other one waiting', async () => {
    const turns = new Turns(1);
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

  it('are given up when the time is over, and cost the others nothing', async () => {
    const turns = new Turns(1);
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

  it('go on after work that failed', async () => {
    const turns = new Turns(1);
    const failing = turns.run('a', () => Promise.reject(new Error('no')), never);
    const next = turns.run('a', () => Promise.resolve('yes'), never);
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
