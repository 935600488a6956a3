import { describe, expect, it } from 'vitest';
import { endSizeInChars, EndQueue } from '../../../src/runs/end-queue.js';

const MB = 1_048_576;

/** Ends under way, each let go by its name. */
function held(ends: EndQueue) {
  const begun: string[] = [];
  const settle = new Map<string, (error?: Error) => void>();
  const make = (name: string, chars: number): Promise<string> =>
    ends.run(chars, () => {
      begun.push(name);
      return new Promise((resolve, reject) => {
        settle.set(name, (error) => {
          if (error === undefined) resolve(name);
          else reject(error);
        });
      });
    });
  return { begun, make, let: (name: string, error?: Error) => settle.get(name)?.(error) };
}

/** Lets everything that is ready go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('large ends', () => {
  it('are made by turns, in order, no more at once than the limit', async () => {
    const { begun, make, let: settle } = held(new EndQueue());
    const all = Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => make(name, MB)));
    await turn();
    expect(begun).toEqual(['a', 'b']);
    settle('b');
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd', 'e']) {
      settle(name);
      await turn();
    }
    expect(await all).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('delay no small one, which begins at once', () => {
    const { begun, make } = held(new EndQueue());
    for (const name of ['a', 'b', 'c']) void make(name, MB);
    void make('small', 500);
    expect(begun).toContain('small');
  });

  it('that are larger than all together may be go alone, and nothing overtakes them', async () => {
    const { begun, make, let: settle } = held(new EndQueue());
    const all = Promise.all([make('a', MB), make('giant', 900 * MB), make('b', MB)]);
    await turn();
    expect(begun).toEqual(['a']);
    settle('a');
    await turn();
    expect(begun).toEqual(['a', 'giant']);
    settle('giant');
    await turn();
    expect(begun).toEqual(['a', 'giant', 'b']);
    settle('b');
    await all;
  });

  it('that the store refuses, or a bug breaks, make room for the next', async () => {
    const ends = new EndQueue();
    const { begun, make, let: settle } = held(ends);
    const refused = expect(make('a', 2 * MB)).rejects.toThrow('closed');
    const broken = expect(
      ends.run(2 * MB, () => {
        throw new Error('bug');
      }),
    ).rejects.toThrow('bug');
    const last = make('b', 2 * MB);
    await turn();
    settle('a', new Error('closed'));
    await Promise.all([refused, broken]);
    await turn();
    expect(begun).toEqual(['a', 'b']);
    settle('b');
    expect(await last).toBe('b');
  });
});

it('the size of an end is about that of its values as JSON', () => {
  const value = { list: Array.from({ length: 1000 }, (_, i) => ({ [`name-${i}`]: 'x'.repeat(100), flag: true, none: null })) };
  const chars = endSizeInChars({
    variables: [
      { name: '$flow.key.a', value, masked: false },
      { name: '$flow.key.b', value: 'y'.repeat(50_000), masked: false },
    ],
  });
  const text = JSON.stringify(value).length + 50_000;
  expect(chars / text).toBeGreaterThan(0.7);
  expect(chars / text).toBeLessThan(1.4);
});
