import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CODECS } from '../../src/media/codec/codec.js';
import { makeAudio } from '../../src/media/codec/make-audio.js';
import { dominantFrequency } from '../../src/phone/analysis.js';
import { MEASURED } from '../support/measured.js';
import { codeOf, deadAir, isOf, MediaRig, never, plain, play, SILENT } from '../support/media-rig.js';
import type { Heard } from '../support/rtp-peer.js';
import { toneSamples } from '../support/tones.js';

/*
 * What of the media engine is measured in real time: a whole wait as the caller hears it, one prompt after the other, a recording of
 * both sides. Tones on the wire, in the codec of the call.
 */

const [MUSIC, PLEASE, HOLD, NEXT] = [440, 660, 880, 1320];
/** Longest time between two packets, and from the answer to the first packet of what follows, ms. */
const DEAD_AIR_MS = 60;
/** Pieces of sound that are told apart, ms. */
const PIECE_MS = 100;

const tone = (hertz: number, ms: number) => makeAudio(toneSamples(hertz, ms));
const soundOf = (heard: readonly Heard[]): Int16Array =>
  CODECS[heard[0]?.payloadType === 8 ? 'PCMA' : 'PCMU'].coder.decode(Buffer.concat(heard.map(({ payload }) => payload)));

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
] as const)('media in real time (packets: %s, %s)', (receive, codec, payloadType) => {
  const rig = new MediaRig({ receive });

  it('a wait is music, each announcement in full, the same music going on, and the answer at once', MEASURED, async () => {
    const { peer, session } = await rig.call({ payloadType });
    const music = tone(MUSIC, 3000);
    const tune = Buffer.from(music.encoded[codec]);
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
    const frame = Buffer.from(next.encoded[codec]).subarray(0, 160);
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

  it('records both sides apart, each at its level, lost packets as silence', MEASURED, async () => {
    const { peer, session } = await rig.call({ talking: false });
    const [audio, voice] = [plain(8000, 10_000), 0xa0];
    const file = rig.file(`both-${receive}.wav`);
    peer.keepSaying(session.port, voice);
    await peer.until((heard) => heard.length > 20);
    void session.play(play([audio]), never);
    await peer.until((heard) => heard.some(isOf(audio)));
    const recording = await session.startRecording({ file, tracks: 'both', maxMs: 1000 });
    if (!recording.ok) throw new Error(recording.error);
    const count = await peer.arrived();
    await peer.until((heard) => heard.length > count + 15);
    peer.lose(10);
    peer.silence();
    await peer.until((heard) => heard.length > count + 25);
    peer.keepSaying(session.port, voice);
    const end = await recording.value.ended;
    expect(end).toEqual({ ms: 1000, bytes: 58 + 16_000 });
    const wav = await readFile(file);
    expect(wav.length).toBe(end.bytes);
    expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(54)]).toEqual([7, 2, 16_000]);
    const samples = [...wav.subarray(58)];
    const share = (channel: number, code: number): number =>
      samples.filter((sample, i) => i % 2 === channel && sample === code).length / 8000;
    expect(share(1, codeOf(audio))).toBeGreaterThan(0.9);
    expect(share(0, voice)).toBeGreaterThan(0.6);
    expect(share(0, SILENT)).toBeGreaterThan(0.1);
    expect(share(0, voice) + share(0, SILENT)).toBe(1);
  });
});
