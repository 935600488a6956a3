import { describe, expect, it } from 'vitest';
import { processNow } from '../../../../src/media/worker/clock.js';
import { SourceLatch, type PacketDecision } from '../../../../src/media/worker/source-latch.js';
import { emptyRtpPacket } from '../../../../src/media/rtp/packet.js';
import type { Source } from '../../../../src/media/rtp/source.js';

const REMOTE = { address: '192.0.2.10', port: 4000 };
const packet = (sequence: number, ssrc = 1) => ({ ...emptyRtpPacket(), sequence: sequence & 0xffff, ssrc });
const latch = (): SourceLatch => {
  const made = new SourceLatch('198.51.100.7');
  made.expect(REMOTE);
  made.open();
  return made;
};
const NEIGHBOUR = { ...REMOTE, port: 4002 };
/** Verdicts over packets in sequence. */
const judged = (one: SourceLatch, source: Source, from: number, count: number): readonly PacketDecision[] =>
  Array.from({ length: count }, (_, i) => one.judge(source, packet(from + i)));

describe('a latch', () => {
  it('believes the negotiated address and port at once', () => expect(latch().judge(REMOTE, packet(1))).toBe('latch'));

  it('believes nobody before there is a negotiation', () =>
    expect(new SourceLatch('192.0.2.10').judge(REMOTE, packet(1))).toBe('unexpected'));

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
    expect(new Set(verdicts)).toEqual(new Set(['unexpected']));
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
    expect(new Set(judged(one, { ...REMOTE, port: 4006 }, 1, 10))).toEqual(new Set(['unexpected']));
    const verdicts = judged(one, NEIGHBOUR, 5, 246);
    expect(verdicts.slice(0, 245).every((verdict) => verdict === 'follow')).toBe(true);
    expect(verdicts.at(-1)).toBe('latch');
  });

  it('never follows who sent before our description left: they cannot know the port from us', () => {
    const one = new SourceLatch('198.51.100.7');
    one.judge(NEIGHBOUR, packet(1));
    one.expect(REMOTE);
    one.open();
    expect(new Set(judged(one, NEIGHBOUR, 2, 20))).toEqual(new Set(['unexpected']));
    expect(judged(one, { ...REMOTE, port: 4006 }, 1, 4).at(-1)).toBe('follow');
    expect(one.judge(REMOTE, packet(1))).toBe('latch');
  });

  it('holds nothing against a stream that was read after our description left, however late it learns of that', () => {
    const one = new SourceLatch('198.51.100.7');
    one.expect(REMOTE);
    const left = processNow();
    one.judge(NEIGHBOUR, packet(1));
    one.open(left);
    expect(judged(one, NEIGHBOUR, 2, 4).at(-1)).toBe('follow');
  });

  it('holds a stream from before against that stream only, not against its source', () => {
    const one = new SourceLatch('198.51.100.7');
    one.expect(REMOTE);
    one.judge(NEIGHBOUR, packet(1));
    one.open();
    expect(one.judge(NEIGHBOUR, packet(2))).toBe('unexpected');
    expect([1, 2, 3, 4].map((sequence) => one.judge(NEIGHBOUR, packet(sequence, 2))).at(-1)).toBe('follow');
  });

  it('remembers sixteen streams from before; one more is followed like anybody', () => {
    const one = new SourceLatch('198.51.100.7');
    one.expect(REMOTE);
    for (let ssrc = 1; ssrc <= 17; ssrc++) one.judge(NEIGHBOUR, packet(0, ssrc));
    one.open(processNow() + 1);
    const follows = (ssrc: number): boolean => [1, 2, 3, 4].some((n) => one.judge(NEIGHBOUR, packet(n, ssrc)) === 'follow');
    expect([follows(15), follows(16), follows(17)]).toEqual([false, false, true]);
  });

  it('counts sources apart from each other, up to eight of them', () => {
    const one = latch();
    const ports = (count: number): Source[] => Array.from({ length: count }, (_, i) => ({ ...REMOTE, port: 5000 + i }));
    for (const sequence of [1, 2, 3]) for (const source of ports(8)) one.judge(source, packet(sequence));
    // A ninth takes the place of the oldest with as few packets.
    one.judge({ ...REMOTE, port: 6000 }, packet(1));
    expect(one.judge(ports(1)[0]!, packet(4))).toBe('wait');
    expect(one.judge(ports(3)[2]!, packet(4))).toBe('follow');
  });

  it('tells a new negotiation from the same again', () => {
    const one = latch();
    expect(one.expect(REMOTE)).toBe(false);
    expect(one.expect({ ...REMOTE, port: 4004 })).toBe(true);
    expect(one.judge(REMOTE, packet(1))).toBe('wait');
  });
});

describe('a latch, when the stream it believes has gone quiet', () => {
  const HEARD = { begun: true, ssrc: 1, newest: 0xfff0 };
  const MOVED = { ...REMOTE, port: 4100 };
  /** Verdicts over two packets from elsewhere: ahead of the newest by so many, of that SSRC, after so long a silence. */
  const verdicts = ({
    source = MOVED,
    ahead = 1,
    ssrc = 1,
    quietMs = 600,
    step = 1,
    stream = HEARD,
  } = {}): readonly PacketDecision[] => {
    const one = latch();
    one.judge(REMOTE, packet(0));
    return [ahead, ahead + step].map((delta) => one.judge(source, packet(0xfff0 + delta, ssrc), stream, quietMs));
  };
  const FOLLOWED = ['wait', 'latch'];
  const UNEXPECTED = ['unexpected', 'unexpected'];

  it('follows it to another port of its address after two packets in sequence', () => expect(verdicts()).toEqual(FOLLOWED));

  it.each([
    [499, UNEXPECTED],
    [500, FOLLOWED],
    [501, FOLLOWED],
  ])('needs half a second of silence (%i ms)', (quietMs, expected) => expect(verdicts({ quietMs })).toEqual(expected));

  it.each([
    [600, 109, FOLLOWED],
    [600, 110, ['wait', 'unexpected']],
    [600, 111, UNEXPECTED],
    [60_000, 2999, FOLLOWED],
    [60_000, 3000, ['wait', 'unexpected']],
    [60_000, 3001, UNEXPECTED],
  ])('after %i ms takes packets that the silence can have held only (%i ahead)', (quietMs, ahead, expected) =>
    expect(verdicts({ quietMs, ahead })).toEqual(expected),
  );

  it.each([
    ['another address', { source: { address: '192.0.2.11', port: 4000 } }],
    ['the signalling address, when it was believed elsewhere', { source: { address: '198.51.100.7', port: 4000 } }],
    ['another SSRC', { ssrc: 2 }],
    ['the newest packet again', { ahead: 0, step: 0 }],
    ['packets from before', { ahead: -5 }],
    ['a stream nobody heard', { stream: { ...HEARD, begun: false } }],
  ])('never follows %s', (_, change) => expect(verdicts(change)).toEqual(UNEXPECTED));

  it('does not follow packets that are not next to each other, nor guesses between which others lie', () => {
    expect(verdicts({ step: 2 })).toEqual(['wait', 'wait']);
    const one = latch();
    one.judge(REMOTE, packet(0));
    const guesses = [1, 9000, 2, 9001].map((delta) => one.judge(MOVED, packet(0xfff0 + delta), HEARD, 600));
    expect(guesses).toEqual(['wait', 'unexpected', 'wait', 'unexpected']);
  });

  it('believes the negotiated source again whenever that speaks', () => {
    const one = latch();
    one.judge(REMOTE, packet(0));
    for (const delta of [1, 2]) one.judge(MOVED, packet(0xfff0 + delta), HEARD, 600);
    expect(one.judge(REMOTE, packet(7, 9))).toBe('latch');
  });
});
