import { describe, expect, it } from 'vitest';
import { SipTimers } from '../../../../../src/sip/server/transaction/wheel.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

describe('TimerWheel', () => {
  it('fires each timer once, never early, at most a tick late, and rests when nothing waits', async () => {
    const clock = new VirtualClock();
    const wheel = new SipTimers(clock, 10, () => undefined);
    const fired: [number, number][] = [];
    const waits = [0, 1, 9, 10, 11, 500, 4_000, 32_000, 180_000];
    for (const ms of waits) wheel.schedule(ms, () => fired.push([ms, clock.monotonic()]));
    expect(clock.pending).toBe(1);
    await clock.advance(200_000);
    expect(fired.map(([ms]) => ms)).toEqual(waits);
    for (const [ms, at] of fired) {
      expect(at).toBeGreaterThanOrEqual(ms);
      expect(at).toBeLessThanOrEqual(ms + 20);
    }
    expect([wheel.size, clock.pending]).toEqual([0, 0]);
  });

  it('a cancelled timer never fires, not even when cancelled by another of its tick', async () => {
    const clock = new VirtualClock();
    const wheel = new SipTimers(clock, 10, () => undefined);
    const fired: string[] = [];
    const second = wheel.schedule(30, () => fired.push('second'));
    const first = wheel.schedule(20, () => {
      fired.push('first');
      wheel.cancel(second);
      wheel.cancel(first);
    });
    const never = wheel.schedule(5, () => fired.push('never'));
    wheel.cancel(never);
    wheel.cancel(never);
    wheel.cancel(null);
    await clock.advance(1_000);
    expect(fired).toEqual(['first']);
    expect(wheel.size).toBe(0);
  });

  it('one that throws stops no other, and may start new ones', async () => {
    const clock = new VirtualClock();
    const faults: unknown[] = [];
    const wheel = new SipTimers(clock, 10, (error) => faults.push(error));
    let later = false;
    wheel.schedule(10, () => {
      throw new Error('mine');
    });
    wheel.schedule(10, () => wheel.schedule(10, () => (later = true)));
    await clock.advance(100);
    expect([faults.length, later]).toEqual([1, true]);
  });

  it('catches up after a stall longer than a round', () => {
    let at = 0;
    let tick = (): void => undefined;
    const stalled = {
      now: () => 0,
      monotonic: () => at,
      after: (_ms: number, fire: () => void) => ((tick = fire), () => undefined),
    };
    const wheel = new SipTimers(stalled, 10, () => undefined);
    let fired = 0;
    for (const ms of [10, 5_000, 50_000, 90_000, 500_000]) wheel.schedule(ms, () => fired++);
    at = 100_000;
    tick();
    expect([fired, wheel.size]).toEqual([4, 1]);
  });
});
