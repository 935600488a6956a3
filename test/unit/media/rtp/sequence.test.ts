import { describe, expect, it } from 'vitest';
import { SequenceTracker, sequenceDelta, timestampDelta } from '../../../../src/media/rtp/sequence.js';

const packet = (sequence: number, ssrc = 1) => ({ sequence, timestamp: sequence * 160, ssrc });

describe('serial numbers', () => {
  it('wrap at 16 bits', () => {
    expect(sequenceDelta(1, 0xffff)).toBe(2);
    expect(sequenceDelta(0xffff, 1)).toBe(-2);
  });

  it('wrap at 32 bits', () => expect(timestampDelta(100, 0xffffffff)).toBe(101));
});

describe('a sequence tracker', () => {
  it('counts what is missing, over the wrap', () => {
    const tracker = new SequenceTracker();
    const verdicts = [0xfffe, 0xffff, 1, 2].map((sequence) => tracker.take(packet(sequence), 0));
    expect(verdicts).toEqual(['first', 'next', 'ahead', 'next']);
    expect(tracker).toMatchObject({ received: 4, lost: 1 });
  });

  it('takes back a loss when the packet comes late', () => {
    const tracker = new SequenceTracker();
    expect([1, 3, 2].map((sequence) => tracker.take(packet(sequence), 0))).toEqual(['first', 'ahead', 'late']);
    expect(tracker).toMatchObject({ received: 3, lost: 0 });
  });

  it('does not count a packet that came twice', () => {
    const tracker = new SequenceTracker();
    expect([1, 1].map((sequence) => tracker.take(packet(sequence), 0))).toEqual(['first', 'repeat']);
    expect(tracker).toMatchObject({ received: 1, lost: 0 });
  });

  it('takes a new SSRC or a far jump for a new start, not for loss', () => {
    const tracker = new SequenceTracker();
    expect([packet(1), packet(30_000), packet(5, 2)].map((one) => tracker.take(one, 0))).toEqual(['first', 'restart', 'restart']);
    expect(tracker.lost).toBe(0);
  });

  it('finds no jitter in an even stream and finds it in an uneven one', () => {
    const even = new SequenceTracker();
    const uneven = new SequenceTracker();
    for (let i = 1; i < 100; i++) {
      even.take(packet(i), i * 160 + 5);
      uneven.take(packet(i), i * 160 + (i % 2) * 80);
    }
    expect(even.jitter).toBe(0);
    expect(uneven.jitter).toBeGreaterThan(60);
  });
});
