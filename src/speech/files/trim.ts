import type { Pcm } from '../types.js';

/** Quieter than this is silence: −50 dBFS. */
const SILENCE_LEVEL = 104;
/** Kept before the first sound, so that a soft consonant is not cut, ms. */
const LEAD_MS = 30;
/** Kept after the last sound, ms: a breath between the parts of a sentence, more at its end. */
const TAIL_MS = { within: 80, sentence: 250 } as const;

/**
 * Takes off most of the silence a synthesizer puts around each text (two times 0.2 s): parts of one sentence would fall apart, and
 * every answer would come later than it must. After a text that ends a sentence a longer pause is kept.
 */
export function trimSpeech({ samples, sampleRate }: Pcm, text: string): Pcm {
  const loud = (sample: number): boolean => Math.abs(sample) > SILENCE_LEVEL;
  const first = samples.findIndex(loud);
  if (first < 0) return { samples, sampleRate };
  const last = samples.findLastIndex(loud);
  const tailMs = /[.!?:;]["')\]]*$/.test(text) ? TAIL_MS.sentence : TAIL_MS.within;
  const from = Math.max(0, first - (LEAD_MS * sampleRate) / 1000);
  const to = last + 1 + (tailMs * sampleRate) / 1000;
  return { samples: samples.slice(Math.round(from), Math.round(to)), sampleRate };
}
