import { describe, expect, it } from 'vitest';
import { trimSpeech } from '../../../../src/speech/files/trim.js';

const RATE = 16_000;
const ms = (count: number): number => (count * 1000) / RATE;
/** `before` ms of silence, 100 ms of sound, `after` ms of silence. */
const speech = (before: number, after: number): Int16Array =>
  Int16Array.from({ length: ((before + 100 + after) * RATE) / 1000 }, (_, i) =>
    ms(i) >= before && ms(i) < before + 100 ? 5000 * (i % 2 === 0 ? 1 : -1) : i % 7,
  );
const lengthOf = (samples: Int16Array, text: string): number =>
  ms(trimSpeech({ samples, sampleRate: RATE }, text).samples.length);

describe('trimSpeech', () => {
  it('keeps a breath after a part of a sentence and a pause after its end', () => {
    expect(lengthOf(speech(200, 400), 'Your order')).toBeCloseTo(30 + 100 + 80, 0);
    expect(lengthOf(speech(200, 400), 'is ready.')).toBeCloseTo(30 + 100 + 250, 0);
    expect(lengthOf(speech(200, 400), 'They said "no!"')).toBeCloseTo(30 + 100 + 250, 0);
  });

  it('adds nothing and leaves pure silence alone', () => {
    expect(lengthOf(speech(5, 10), 'Hello.')).toBeCloseTo(115, 0);
    expect(lengthOf(new Int16Array(RATE), '…')).toBe(1000);
  });
});
