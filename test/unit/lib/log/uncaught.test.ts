import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { catchUncaughtErrors } from '../../../../src/lib/log/uncaught.js';

function net() {
  const target = new EventEmitter();
  const lines: { readonly code?: string; readonly kind?: string; readonly error?: string; readonly untold?: number }[] = [];
  let now = 0;
  const remove = catchUncaughtErrors(target, { error: (fields: object) => void lines.push(fields) }, () => now);
  return { target, lines, remove, later: (ms: number) => (now += ms) };
}

describe('the last net', () => {
  it('tells a rejection and an exception with code and stack', () => {
    const { target, lines } = net();
    target.emit('unhandledRejection', new TypeError('contentType.trim is not a function'));
    target.emit('uncaughtException', new Error('in a timer'));
    target.emit('unhandledRejection', undefined);
    expect(lines).toEqual([
      {
        code: 'UNEXPECTED_ERROR',
        kind: 'rejection',
        error: expect.stringMatching(/^TypeError: contentType.*\n +at /u) as string,
      },
      { code: 'UNEXPECTED_ERROR', kind: 'exception', error: expect.stringMatching(/^Error: in a timer\n +at /u) as string },
      { code: 'UNEXPECTED_ERROR', kind: 'rejection', error: 'undefined' },
    ]);
  });

  it.each([
    [19, 19],
    [20, 20],
    [21, 20],
  ])('of %d errors in a minute tells %d, and the next minute how many it left out', (errors, told) => {
    const { target, lines, later } = net();
    for (let i = 0; i < errors; i++) target.emit('uncaughtException', new Error('again'));
    expect(lines).toHaveLength(told);
    later(59_999);
    target.emit('uncaughtException', new Error('again'));
    expect(lines).toHaveLength(Math.min(20, errors + 1));
    later(1);
    target.emit('uncaughtException', new Error('again'));
    const left = errors + 1 - Math.min(20, errors + 1);
    expect(lines.at(-1)?.untold).toBe(left === 0 ? undefined : left);
  });

  it('can be taken away', () => {
    const { target, remove } = net();
    remove();
    expect([target.listenerCount('unhandledRejection'), target.listenerCount('uncaughtException')]).toEqual([0, 0]);
  });
});
