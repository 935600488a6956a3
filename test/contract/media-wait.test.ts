import { describe, expect, it } from 'vitest';
import { decode } from '../../src/media/codec/g711.js';
import { makeAudio } from '../../src/media/make-audio.js';
import { dominantFrequency } from '../../src/phone/analysis.js';
import { deadAir, isOf, MediaRig, never, plain, play } from '../support/media-rig.js';
import type { Heard } from '../support/rtp-peer.js';
import { toneSamples } from '../support/tones.js';

/*
 * A whole wait as the caller hears it: silence, music, two announcements, music again, the answer. Tones on the wire, in the law of
 * the call. Real time on a shared machine: it runs alone, and a measurement that fails is taken again, for what is built in shows every
 * time.
 */

const MEASURED = { retry: 2 };
const [MUSIC, PLEASE, HOLD, NEXT] = [440, 660, 880, 1320];
/** Longest time between two packets, and from the answer to the first packet of what follows, ms. */
const DEAD_AIR_MS = 60;
/** Pieces of sound that are told apart, ms. */
const PIECE_MS = 100;

const tone = (hertz: number, ms: number) => makeAudio(toneSamples(hertz, ms));
const soundOf = (heard: readonly Heard[]): Int16Array =>
  decode(Buffer.concat(heard.map(({ payload }) => payload)), heard[0]?.payloadType === 8 ? 'PCMA' : 'PCMU');

/** The tones of a sound in order, each once for as long as it lasts; pieces in which one gives way to another do not count. */
function tonesOf(sound: Int16Array): readonly number[] {
  const order: number[] = [];
  for (let at = 0; at + PIECE_MS * 8 <= sound.length; at += PIECE_MS * 4) {
    const hertz = dominantFrequency(sound.subarray(at, at + PIECE_MS * 8));
    const found = [MUSIC, PLEASE, HOLD, NEXT].find((each) => hertz !== null && Math.abs(hertz - each) <= 5);
    if (found !== undefined && found !== order.at(-1)) order.push(found);
  }
  return order;
}

describe.each([
  ['events', 'PCMU', 0],
  ['auto', 'PCMA', 8],
] as const)('a wait heard by the caller (packets: %s, %s)', (receive, law, payloadType) => {
  const rig = new MediaRig({ receive });

  it('is music, each announcement in full, the same music going on, and the answer at once', MEASURED, async () => {
    const { peer, session } = await rig.call({ payloadType });
    const music = tone(MUSIC, 3000);
    const tune = Buffer.from(law === 'PCMU' ? music.pcmu : music.pcma);
    const isMusic = ({ payload }: Heard): boolean => tune.includes(Buffer.from(payload));
    const from = peer.heard.length;
    session.startMusic({ audio: [music], startDelayMs: 100, pauseMs: 0 });
    await peer.until((heard) => heard.filter(isMusic).length >= 20);
    const said = [PLEASE, HOLD].map((hertz) => session.announce({ audio: [tone(hertz, 400)], gainDb: 0 }, never));
    expect(await Promise.all(said)).toEqual(Array(2).fill({ kind: 'done', ms: 400 }));
    const resumed = peer.heard.length;
    await peer.until((heard) => heard.slice(resumed).filter(isMusic).length >= 20);
    // What went before is the tune from its first frame on, and nothing of it is missing.
    const heardMusic = Buffer.concat(
      peer.heard
        .slice(from)
        .filter(isMusic)
        .map(({ payload }) => payload),
    );
    expect(heardMusic.equals(tune.subarray(0, heardMusic.length))).toBe(true);

    const late = new AbortController();
    const announcing = session.announce({ audio: [tone(PLEASE, 5000)], gainDb: 0 }, late.signal);
    const before = peer.heard.length;
    await peer.until((heard) => heard.slice(before).filter((packet) => !isMusic(packet)).length >= 15);
    const answered = performance.now();
    const last = peer.heard.length;
    session.stopMusic();
    late.abort();
    await expect(announcing).rejects.toMatchObject({ name: 'Aborted' });
    const next = tone(NEXT, 400);
    await session.play(play([next]), never);

    const { heard } = peer;
    const frame = Buffer.from(law === 'PCMU' ? next.pcmu : next.pcma).subarray(0, 160);
    const first = heard.findIndex(({ payload }) => frame.equals(payload));
    expect(first - last).toBeLessThanOrEqual(2);
    expect((heard[first]?.at ?? Infinity) - answered).toBeLessThan(DEAD_AIR_MS);
    expect(heard.slice(first).some(isMusic)).toBe(false);
    expect(tonesOf(soundOf(heard.slice(from)))).toEqual([MUSIC, PLEASE, HOLD, MUSIC, PLEASE, NEXT]);
    const { gap, silence } = deadAir(heard, isMusic);
    expect(gap).toBeLessThan(DEAD_AIR_MS);
    expect(silence).toBe(0);
  });

  it('leaves no dead air between one prompt and the next, and keeps sequence and timestamp whole', MEASURED, async () => {
    const { peer, session } = await rig.call();
    const [one, two] = [plain(3000, 200), plain(9000, 200)];
    for (let round = 0; round < 3; round++) {
      await session.play(play([one]), never);
      await session.play(play([two]), never);
    }
    const { heard } = peer;
    const { gap, silence } = deadAir(heard, isOf(one));
    expect(gap).toBeLessThan(DEAD_AIR_MS);
    expect(silence).toBeLessThanOrEqual(20);
    heard.slice(1).forEach((packet, i) => {
      expect((packet.sequence - (heard[i]?.sequence ?? 0)) & 0xffff).toBe(1);
      expect((packet.timestamp - (heard[i]?.timestamp ?? 0)) >>> 0).toBe(160);
    });
  });
});
