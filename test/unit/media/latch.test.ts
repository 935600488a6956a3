import { describe, expect, it } from 'vitest';
import { Latch, type Source, type Verdict } from '../../../src/media/latch.js';
import { emptyRtpPacket } from '../../../src/media/rtp/packet.js';

const REMOTE = { address: '192.0.2.10', port: 4000 };
const packet = (sequence: number, ssrc = 1) => ({ ...emptyRtpPacket(), sequence: sequence & 0xffff, ssrc });
const latch = (): Latch => {
  const made = new Latch('198.51.100.7');
  made.expect(REMOTE);
  made.open();
  return made;
};
const NEIGHBOUR = { ...REMOTE, port: 4002 };
/** Verdicts over packets in sequence. */
const judged = (one: Latch, source: Source, from: number, count: number): readonly Verdict[] =>
  Array.from({ length: count }, (_, i) => one.judge(source, packet(from + i)));

describe('a latch', () => {
  it('believes the negotiated address and port at once', () => expect(latch().judge(REMOTE, packet(1))).toBe('latch'));

  it('believes nobody before there is a negotiation', () =>
    expect(new Latch('192.0.2.10').judge(REMOTE, packet(1))).toBe('stranger'));

  it.each([
    ['another port of the negotiated address', { address: '192.0.2.10', port: 4002 }],
    ['the signalling address', { address: '198.51.100.7', port: 9 }],
  ])('follows %s after four packets in sequence, over the wrap', (_, source) => {
    const one = latch();
    const verdicts = [0xfffe, 0xffff, 0, 1].map((sequence) => one.judge(source, packet(sequence)));
    expect(verdicts).toEqual(['wait', 'wait', 'wait', 'follow']);
  });

  it('never believes another address', () => {
    const one = latch();
    const verdicts = [1, 2, 3, 4, 5, 6].map((sequence) => one.judge({ address: '203.0.113.1', port: 4000 }, packet(sequence)));
    expect(new Set(verdicts)).toEqual(new Set(['stranger']));
  });

  it.each([
    ['a gap', [1, 2, 3, 5, 6, 7], [1, 1, 1, 1, 1, 1]],
    ['another SSRC', [1, 2, 3, 4, 5, 6], [1, 1, 1, 2, 2, 2]],
    ['a repeat', [1, 2, 3, 3, 4, 5], [1, 1, 1, 1, 1, 1]],
  ])('starts counting anew at %s', (_, sequences, ssrcs) => {
    const one = latch();
    const verdicts = sequences.map((sequence, i) => one.judge({ ...REMOTE, port: 5 }, packet(sequence, ssrcs[i])));
    expect(new Set(verdicts)).toEqual(new Set(['wait']));
  });

  it('leaves whom it follows as soon as the negotiated source speaks', () => {
    const one = latch();
    expect(judged(one, NEIGHBOUR, 1, 5).at(-1)).toBe('follow');
    expect(one.judge(REMOTE, packet(900, 2))).toBe('latch');
  });

  it('follows one at a time, and believes that one for good after five seconds', () => {
    const one = latch();
    judged(one, NEIGHBOUR, 1, 4);
    expect(new Set(judged(one, { ...REMOTE, port: 4006 }, 1, 10))).toEqual(new Set(['stranger']));
    const verdicts = judged(one, NEIGHBOUR, 5, 246);
    expect(verdicts.slice(0, 245).every((verdict) => verdict === 'follow')).toBe(true);
    expect(verdicts.at(-1)).toBe('latch');
  });

  it('never follows who sent before our description left: they cannot know the port from us', () => {
    const one = new Latch('198.51.100.7');
    one.judge(NEIGHBOUR, packet(1));
    one.expect(REMOTE);
    one.open();
    expect(new Set(judged(one, NEIGHBOUR, 2, 20))).toEqual(new Set(['stranger']));
    expect(judged(one, { ...REMOTE, port: 4006 }, 1, 4).at(-1)).toBe('follow');
    expect(one.judge(REMOTE, packet(1))).toBe('latch');
  });

  it('tells a new negotiation from the same again', () => {
    const one = latch();
    expect(one.expect(REMOTE)).toBe(false);
    expect(one.expect({ ...REMOTE, port: 4004 })).toBe(true);
    expect(one.judge(REMOTE, packet(1))).toBe('wait');
  });
});
