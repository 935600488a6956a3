import { SAMPLE_RATE } from '../media/codec/frame.js';

/*
 * What a piece of sound is like: level, pitch, where the silences are. Pure functions on 16-bit samples.
 */

/** Window over which the level is measured, ms. */
const WINDOW_MS = 20;
/** Frequencies looked at for the strongest one, Hz. */
const BAND = { from: 100, to: 3900, coarse: 10, fine: 1 } as const;

/** Root mean square of 16-bit samples as a share of full scale, 0–1; 0 for none. */
export function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length) / 32768;
}

/** Level in dB below full scale; −Infinity for digital silence. */
export function levelDb(samples: Int16Array): number {
  return 20 * Math.log10(rms(samples));
}

/** Power at one frequency (Goertzel's algorithm). */
function power(samples: Int16Array, hertz: number, rate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  let last = 0;
  let before = 0;
  for (const sample of samples) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
  }
  return last * last + before * before - coefficient * last * before;
}

function strongest(candidates: readonly number[], powerAt: (hertz: number) => number): number {
  return candidates
    .map((hertz) => ({ hertz, power: powerAt(hertz) }))
    .reduce((best, each) => (each.power > best.power ? each : best), { hertz: 0, power: 0 }).hertz;
}

const steps = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

/** The strongest frequency between 100 and 3900 Hz, to 1 Hz; null for silence. At most the first second is looked at. */
export function dominantFrequency(samples: Int16Array, rate: number = SAMPLE_RATE): number | null {
  const piece = samples.subarray(0, rate);
  if (rms(piece) < 0.0005) return null;
  const powerAt = (hertz: number): number => power(piece, hertz, rate);
  const near = strongest(steps(BAND.from, BAND.to, BAND.coarse), powerAt);
  return strongest(steps(near - BAND.coarse, near + BAND.coarse, BAND.fine), powerAt);
}

/** A stretch of time, ms from the start of the samples. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Where something is heard: stretches whose level stays above `thresholdDb` (dBFS), pauses shorter than `bridgeMs` included.
 */
export function soundStretches(
  samples: Int16Array,
  { thresholdDb = -45, bridgeMs = 300 }: { readonly thresholdDb?: number; readonly bridgeMs?: number } = {},
): Stretch[] {
  const window = (SAMPLE_RATE * WINDOW_MS) / 1000;
  const stretches: { fromMs: number; toMs: number }[] = [];
  for (let at = 0; at < samples.length; at += window) {
    if (levelDb(samples.subarray(at, at + window)) < thresholdDb) continue;
    const fromMs = (at * 1000) / SAMPLE_RATE;
    const last = stretches.at(-1);
    if (last !== undefined && fromMs - last.toMs < bridgeMs) last.toMs = fromMs + WINDOW_MS;
    else stretches.push({ fromMs, toMs: fromMs + WINDOW_MS });
  }
  return stretches;
}
