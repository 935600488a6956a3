import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SlotClock } from '../../../../src/media/worker/clock.js';
import { TimerWheel } from '../../../../src/media/worker/timer-wheel.js';

describe('the slot clock', () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] }),
  );
  afterEach(() => void vi.useRealTimers());

  const started = () => {
    const seen = { slots: [] as number[], skipped: [] as number[], late: [] as number[] };
    const clock = new SlotClock({
      onSlot: (slot) => seen.slots.push(slot),
      onSkip: (slots) => seen.skipped.push(slots),
      onFinished: (lateMs) => seen.late.push(lateMs),
    });
    clock.start();
    return { clock, seen };
  };
  it('runs every slot once, in order, 200 in a second', () => {
    const { clock, seen } = started();
    vi.advanceTimersByTime(1000);
    clock.stop();
    expect(seen.slots.length).toBeGreaterThanOrEqual(199);
    expect(seen.slots.length).toBeLessThanOrEqual(202);
    expect(seen.slots).toEqual(seen.slots.map((_, i) => i));
    vi.advanceTimersByTime(1000);
    expect(seen.slots.length).toBeLessThanOrEqual(202);
  });

  it('runs the next slot after one that threw', () => {
    const slots: number[] = [];
    const clock = new SlotClock({
      onSlot(slot) {
        slots.push(slot);
        if (slot === 3) throw new Error('a bug in slot 3');
      },
      onSkip: () => undefined,
      onFinished: () => undefined,
    });
    clock.start();
    expect(() => vi.advanceTimersByTime(100)).toThrow('a bug in slot 3');
    vi.advanceTimersByTime(100);
    clock.stop();
    expect(slots.length).toBeGreaterThan(10);
    expect(slots).toEqual(slots.map((_, i) => i));
  });

  it('goes on with the next number after a stop', () => {
    const { clock, seen } = started();
    vi.advanceTimersByTime(100);
    clock.stop();
    const { next } = clock;
    vi.advanceTimersByTime(5000);
    clock.start();
    vi.advanceTimersByTime(50);
    clock.stop();
    expect(seen.slots).toEqual(seen.slots.map((_, i) => i));
    expect(seen.slots.length).toBeGreaterThan(next);
    expect(seen.skipped).toEqual([]);
  });

  it('catches up after a short delay, without moving the schedule', () => {
    let now = 0;
    const slots: number[] = [];
    const skipped: number[] = [];
    const clock = new SlotClock(
      { onSlot: (slot) => slots.push(slot), onSkip: (count) => skipped.push(count), onFinished: () => undefined },
      () => now,
    );
    clock.start();
    now = 60;
    vi.advanceTimersByTime(30);
    expect(slots).toHaveLength(12);
    expect(skipped).toEqual([]);
    clock.stop();
  });

  it('skips what would be a burst, and says how much', () => {
    let now = 0;
    const slots: number[] = [];
    const skipped: number[] = [];
    const clock = new SlotClock(
      { onSlot: (slot) => slots.push(slot), onSkip: (count) => skipped.push(count), onFinished: () => undefined },
      () => now,
    );
    clock.start();
    now = 1000;
    vi.advanceTimersByTime(30);
    expect(skipped).toEqual([199]);
    expect(slots.length).toBeLessThanOrEqual(2);
    clock.stop();
  });

  it('tells how late the work of a slot was done', () => {
    const { clock, seen } = started();
    vi.advanceTimersByTime(100);
    clock.stop();
    expect(Math.max(...seen.late)).toBeLessThan(1.1);
  });
});

describe('the wheel', () => {
  interface Item {
    due: number;
  }
  const visited = (wheel: TimerWheel<Item>, slot: number): Item[] => {
    const items: Item[] = [];
    wheel.run(slot, (item) => items.push(item));
    return items;
  };

  it('brings up an item in its slot, once', () => {
    const wheel = new TimerWheel<Item>(({ due }) => due);
    const item = { due: 3 };
    wheel.add(item);
    expect([1, 2, 3, 3, 67].map((slot) => visited(wheel, slot).length)).toEqual([0, 0, 1, 0, 0]);
  });

  it('follows an item that was moved, and forgets one that was taken out', () => {
    const wheel = new TimerWheel<Item>(({ due }) => due);
    const [moved, out] = [{ due: 3 }, { due: 4 }];
    wheel.add(moved);
    wheel.add(out);
    moved.due = 2;
    wheel.add(moved);
    out.due = -1;
    expect([1, 2, 3, 4].map((slot) => visited(wheel, slot).length)).toEqual([0, 1, 0, 0]);
  });

  it('takes items for the same bucket while it runs', () => {
    const wheel = new TimerWheel<Item>(({ due }) => due);
    const item = { due: 1 };
    wheel.add(item);
    wheel.run(1, (one) => {
      one.due += 64;
      wheel.add(one);
    });
    expect(visited(wheel, 65)).toEqual([item]);
  });
});
