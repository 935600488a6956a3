import { describe, expect, it } from 'vitest';
import type { Audio } from '../../../../src/media/codec/audio.js';
import { CODECS, forEveryCodec } from '../../../../src/media/codec/codec.js';
import { makeAudio } from '../../../../src/media/codec/make-audio.js';
import { musicPlayout } from '../../../../src/media/worker/music.js';
import { Playout, type EncodedAudio } from '../../../../src/media/worker/playout.js';
import { PortPool } from '../../../../src/media/engine/port-pool.js';
import { emptyRtpPacket, readRtp } from '../../../../src/media/rtp/packet.js';
import { OutgoingStream } from '../../../../src/media/worker/outgoing-stream.js';

const encoded = (audio: Audio): EncodedAudio => forEveryCodec(({ name }) => new Uint8Array(audio.encoded[name]));
const piece = (level: number, frames: number): EncodedAudio => encoded(makeAudio(new Int16Array(frames * 160).fill(level)));
const codes = (playout: Playout, most = 20): number[] => {
  const found: number[] = [];
  const frame = new Uint8Array(160);
  while (found.length < most && playout.fill(frame, 0, CODECS.PCMU)) found.push(frame[0] ?? 0);
  return found;
};

describe('a playout', () => {
  const [one, two] = [piece(1000, 2), piece(2000, 1)];
  const [a, b] = [one.PCMU[0], two.PCMU[0]];

  it('walks its list as often as asked, and says how long that was', () => {
    const playout = new Playout({ audio: [one, two], loop: 2, gainDb: 0 });
    expect(codes(playout)).toEqual([a, a, b, a, a, b]);
    expect(playout.ms).toBe(120);
  });

  it('is over at once without audio, for ever or not', () => {
    expect(codes(new Playout({ audio: [], loop: 1, gainDb: 0 }))).toEqual([]);
    expect(codes(new Playout({ audio: [], loop: 0, gainDb: 0 }))).toEqual([]);
  });

  it('of music begins after its delay and has no end', () => {
    expect(codes(musicPlayout([two], { startDelayMs: 50, pauseMs: 0 }), 8)).toEqual([0xff, 0xff, 0xff, b, b, b, b, b]);
  });

  it('of a repeated prompt pauses after each round, and its delay passes while somebody else speaks', () => {
    const playout = musicPlayout([one, two], { startDelayMs: 60, pauseMs: 40 });
    playout.passLeadIn();
    playout.passLeadIn();
    expect(codes(playout, 8)).toEqual([0xff, a, a, b, 0xff, 0xff, a, a]);
    playout.passLeadIn();
    expect(codes(playout, 4)).toEqual([b, 0xff, 0xff, a]);
  });

  it('played a number of times has no pause at its end', () => {
    expect(codes(new Playout({ audio: [two], loop: 2, gainDb: 0, pauseMs: 20 }))).toEqual([b, 0xff, b]);
  });

  it('changes codec in the middle', () => {
    const playout = new Playout({ audio: [one], loop: 1, gainDb: 0 });
    const frame = new Uint8Array(160);
    playout.fill(frame, 0, CODECS.PCMU);
    playout.fill(frame, 0, CODECS.PCMA);
    expect(frame[0]).toBe(one.PCMA[160]);
  });
});

describe('an outgoing stream', () => {
  const headerOf = (bytes: Uint8Array | null) => {
    const packet = emptyRtpPacket();
    if (bytes === null || !readRtp(bytes, bytes.length, packet)) throw new Error('no packet');
    return { ...packet };
  };

  it('sets the marker when it begins, at each talkspurt and after a pause', () => {
    const stream = new OutgoingStream();
    const playout = new Playout({ audio: [piece(1000, 2)], loop: 1, gainDb: 0 });
    const markers = [null, null, playout, playout].map((from) => headerOf(stream.next(from, true)).marker);
    expect(markers).toEqual([true, false, true, false]);
    expect(stream.next(playout, true)).toBeNull();
    stream.skip(160);
    expect(headerOf(stream.next(null, true)).marker).toBe(true);
  });

  it('moves the timestamp but not the sequence number while it may not send', () => {
    const stream = new OutgoingStream();
    const before = headerOf(stream.next(null, true));
    stream.next(null, false);
    const after = headerOf(stream.next(null, true));
    expect((after.sequence - before.sequence) & 0xffff).toBe(1);
    expect((after.timestamp - before.timestamp) >>> 0).toBe(320);
  });
});

describe('the port pool', () => {
  it('hands out the even ports of its range in turn, and each again only after the others', () => {
    const pool = new PortPool({ from: 10_001, to: 10_006 }, () => 0);
    expect([pool.take(), pool.take(), pool.take(), pool.take()]).toEqual([10_002, 10_004, 10_006, null]);
    pool.give(10_004);
    pool.give(10_004);
    pool.give(10_002);
    expect(pool.free).toBe(2);
    expect([pool.take(), pool.take(), pool.take()]).toEqual([10_004, 10_002, null]);
  });

  it('begins anywhere, so that a restart does not meet the callers of before', () => {
    const pool = new PortPool({ from: 10_000, to: 10_006 }, () => 0.6);
    expect([pool.take(), pool.take(), pool.take(), pool.take(), pool.take()]).toEqual([10_004, 10_006, 10_000, 10_002, null]);
  });
});
