import { describe, expect, it } from 'vitest';
import { SILENCE, type Law } from '../../../src/media/codec/audio.js';
import { conversionFrom, decode, encode, gainTable } from '../../../src/media/codec/g711.js';
import { makeAudio } from '../../../src/media/codec/make-audio.js';

const LAWS: readonly Law[] = ['PCMU', 'PCMA'];
const sine = (amplitude: number): Int16Array =>
  Int16Array.from({ length: 800 }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * 440 * i) / 8000)));
const power = (samples: Int16Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;

describe.each(LAWS)('G.711 %s', (law) => {
  it('has the silence the standard gives it', () => {
    expect(encode(new Int16Array(3), law)).toEqual(new Uint8Array(3).fill(SILENCE[law]));
  });

  it('brings every code back to itself, but for the second zero of µ-law', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const changed = [...encode(decode(codes, law), law)].filter((code, index) => code !== index);
    expect(changed).toEqual(law === 'PCMU' ? [0xff] : []);
  });

  it('keeps a tone within the noise of the law', () => {
    const tone = sine(10_000);
    const back = decode(encode(tone, law), law);
    const noise = tone.map((sample, i) => sample - (back[i] ?? 0));
    expect(10 * Math.log10(power(tone) / power(noise))).toBeGreaterThan(33);
  });

  it('has no table for a gain of 0 dB', () => expect(gainTable(law, 0)).toBeNull());

  it('makes audio louder by the decibels asked for, and silence stays silence', () => {
    const louder = gainTable(law, 6);
    const bytes = encode(sine(4000), law).map((code) => louder?.[code] ?? 0);
    const gained = 10 * Math.log10(power(decode(bytes, law)) / power(sine(4000)));
    expect(gained).toBeGreaterThan(5.8);
    expect(gained).toBeLessThan(6.2);
    expect(louder?.[SILENCE[law]]).toBe(SILENCE[law]);
  });

  it('converts to the other law without changing the level, silence to silence', () => {
    const other = law === 'PCMU' ? 'PCMA' : 'PCMU';
    const converted = encode(sine(8000), law).map((code) => conversionFrom(law)[code] ?? 0);
    expect(Math.abs(10 * Math.log10(power(decode(converted, other)) / power(sine(8000))))).toBeLessThan(0.3);
    expect(conversionFrom(law)[SILENCE[law]]).toBe(SILENCE[other]);
  });
});

describe('makeAudio', () => {
  it('pads to whole frames with silence, the same length in both laws', () => {
    const audio = makeAudio(sine(1000).subarray(0, 200));
    expect(audio.ms).toBe(40);
    expect(audio.pcmu.byteLength).toBe(320);
    expect(audio.pcma.byteLength).toBe(320);
    expect(new Uint8Array(audio.pcmu).subarray(200).every((code) => code === 0xff)).toBe(true);
    expect(new Uint8Array(audio.pcma).subarray(200).every((code) => code === 0xd5)).toBe(true);
  });

  it('gives every audio an id of its own, and at least one frame', () => {
    const [one, two] = [makeAudio(new Int16Array(0)), makeAudio(new Int16Array(0))];
    expect(one.id).not.toBe(two.id);
    expect(one.ms).toBe(20);
  });
});
