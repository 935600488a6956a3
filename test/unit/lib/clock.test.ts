import { describe, expect, it } from 'vitest';
import { Aborted, untilAborted, within } from '../../../src/lib/clock.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const never = new Promise<never>(() => undefined);

describe('untilAborted', () => {
  it('gives what the promise gives', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('rejects with Aborted as soon as the signal fires, however long the promise takes', async () => {
    const stop = new AbortController();
    const waiting = untilAborted(never, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toBeInstanceOf(Aborted);
  });

  it('rejects at once when the signal has fired before, whatever the promise comes to', async () => {
    const failing = Promise.reject(new Error('nobody asks any more'));
    await expect(untilAborted(failing, AbortSignal.abort())).rejects.toBeInstanceOf(Aborted);
    await expect(untilAborted(Promise.resolve(7), AbortSignal.abort())).rejects.toBeInstanceOf(Aborted);
  });
});

describe('within', () => {
  it('waits for the work, and no longer than it may', async () => {
    const clock = new VirtualClock();
    await within(clock, 1000, Promise.resolve());
    expect(clock.pending).toBe(0);
    await clock.runUntil(within(clock, 1000, never));
    expect(clock.monotonic()).toBe(1000);
  });

  it('passes on that the work failed', async () => {
    await expect(within(new VirtualClock(), 1000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
