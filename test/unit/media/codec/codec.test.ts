import { describe, expect, it } from 'vitest';
import {
  CODEC_NAMES,
  CODECS,
  codecNamed,
  DEFAULT_CODEC,
  staticCodec,
  wavCodec,
  type Codec,
} from '../../../../src/media/codec/codec.js';
import { gainOf, transcoderOf, type Gain, type Transcoder } from '../../../../src/media/codec/convert.js';
import { FRAME_MS } from '../../../../src/media/codec/frame.js';
import { makeAudio } from '../../../../src/media/codec/make-audio.js';

const sine = (amplitude: number): Int16Array =>
  Int16Array.from({ length: 800 }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * 440 * i) / 8000)));
const power = (samples: Int16Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
const gained = (gain: Gain | null, bytes: Uint8Array): Uint8Array => {
  gain?.(bytes, 0, bytes.length);
  return bytes;
};
const transcoded = (transcode: Transcoder | null, bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(transcode?.(bytes, 0, bytes.length) ?? []).subarray(0, bytes.length);

describe('the table of codecs', () => {
  it('has PCMU and PCMA, in that order, as RFC 3551 §6 and RFC 2361 number them', () => {
    const numbers = Object.values(CODECS).map(({ name, payloadType, clockRate, wavTag }) => [
      name,
      payloadType,
      clockRate,
      wavTag,
    ]);
    expect(numbers).toEqual([
      ['PCMU', 0, 8000, 7],
      ['PCMA', 8, 8000, 6],
    ]);
    expect(DEFAULT_CODEC.name).toBe('PCMU');
  });

  it('gives each codec a payload type and a format tag of its own, and none the number of telephone-event', () => {
    const types = Object.values(CODECS).map(({ payloadType }) => payloadType);
    expect(new Set([...types, 101]).size).toBe(CODEC_NAMES.length + 1);
    const tags = Object.values<Codec>(CODECS).flatMap(({ wavTag }) => wavTag ?? []);
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('is found by name whatever its case, by static payload type and by format tag', () => {
    expect(codecNamed('pcmA')).toBe(CODECS.PCMA);
    expect(codecNamed('G722')).toBeNull();
    expect([0, 8, 9, 96, 127].map(staticCodec)).toEqual([CODECS.PCMU, CODECS.PCMA, null, null, null]);
    expect([6, 7, 1].map(wavCodec)).toEqual([CODECS.PCMA, CODECS.PCMU, null]);
  });
});

describe.each(CODEC_NAMES)('the codec %s', (name) => {
  const codec = CODECS[name];
  const { encode, decode } = codec.coder;

  it('has as many bytes a packet as it says', () => {
    expect(encode(new Int16Array(codec.frame.samples))).toHaveLength(codec.frame.bytes);
    expect((codec.clockRate * codec.frame.ms) / 1000).toBe(codec.frame.samples);
    expect(codec.frame.ms).toBe(FRAME_MS);
  });

  it('has the silence the standard gives it', () => {
    expect(encode(new Int16Array(3))).toEqual(new Uint8Array(3).fill(codec.silence));
  });

  it('keeps a tone within the noise of the law', () => {
    const tone = sine(10_000);
    const back = decode(encode(tone));
    const noise = tone.map((sample, i) => sample - (back[i] ?? 0));
    expect(10 * Math.log10(power(tone) / power(noise))).toBeGreaterThan(33);
  });

  it('is not changed by a gain of 0 dB', () => expect(gainOf(codec, 0)).toBeNull());

  it('is made louder by the decibels asked for, and silence stays silence', () => {
    const louder = gainOf(codec, 6);
    const change = 10 * Math.log10(power(decode(gained(louder, encode(sine(4000))))) / power(sine(4000)));
    expect(change).toBeGreaterThan(5.8);
    expect(change).toBeLessThan(6.2);
    expect(gained(louder, Uint8Array.of(codec.silence))).toEqual(Uint8Array.of(codec.silence));
  });

  it.each(CODEC_NAMES.filter((other) => other !== name))('becomes %s without changing the level, silence to silence', (to) => {
    const other = CODECS[to];
    const transcode = transcoderOf(codec, other);
    const level = power(other.coder.decode(transcoded(transcode, encode(sine(8000)))));
    expect(Math.abs(10 * Math.log10(level / power(sine(8000))))).toBeLessThan(0.3);
    expect(transcoded(transcode, Uint8Array.of(codec.silence))).toEqual(Uint8Array.of(other.silence));
  });
});

describe('G.711', () => {
  it.each([
    ['PCMU', 0xff, [0xff]],
    ['PCMA', 0xd5, []],
  ] as const)(
    '%s has the silence %i and brings every code back to itself, but for the second zero of µ-law',
    (name, silence, two) => {
      const { coder } = CODECS[name];
      const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
      expect(CODECS[name].silence).toBe(silence);
      expect([...coder.encode(coder.decode(codes))].filter((code, index) => code !== index)).toEqual(two);
    },
  );
});

describe('makeAudio', () => {
  it('pads to whole frames with silence, the same length in every codec', () => {
    const audio = makeAudio(sine(1000).subarray(0, 200));
    expect(audio.ms).toBe(40);
    expect(audio.encoded.PCMU.byteLength).toBe(320);
    expect(audio.encoded.PCMA.byteLength).toBe(320);
    expect(new Uint8Array(audio.encoded.PCMU).subarray(200).every((code) => code === 0xff)).toBe(true);
    expect(new Uint8Array(audio.encoded.PCMA).subarray(200).every((code) => code === 0xd5)).toBe(true);
  });

  it('gives every audio an id of its own, and at least one frame', () => {
    const [one, two] = [makeAudio(new Int16Array(0)), makeAudio(new Int16Array(0))];
    expect(one.id).not.toBe(two.id);
    expect(one.ms).toBe(20);
  });
});
