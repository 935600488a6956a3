import type { Heard } from '../../src/phone/heard.js';

/** Longest time between two packets that no widget asked for, ms. */
export const DEAD_AIR_MS = 60;

/**
 * Silences on the wire between two packets, in words: longer than {@link DEAD_AIR_MS}, what this process itself was away for not
 * counted.
 */
export function deadAir(heard: Heard, between: { readonly fromMs?: number; readonly toMs?: number } = {}): readonly string[] {
  return heard
    .gaps(DEAD_AIR_MS, between)
    .filter(({ ms, stalledMs }) => ms - stalledMs > DEAD_AIR_MS)
    .map(({ fromMs, ms, stalledMs }) => `${Math.round(ms)} ms (${Math.round(stalledMs)} ms ours) at ${Math.round(fromMs)} ms`);
}

/** Window that tells tones 100 Hz apart, ms. */
const WINDOW_MS = 40;

/** The tones heard, in order, of those that could be: each once for as long as it lasts; what is none of them does not count. */
export function tonesHeard(heard: Heard, tones: readonly number[], fromMs = 0, toMs = heard.endMs()): readonly number[] {
  const order: number[] = [];
  for (let at = fromMs; at + WINDOW_MS <= toMs; at += WINDOW_MS / 2) {
    const found = toneAt(heard, tones, at);
    if (found !== null && found !== order.at(-1)) order.push(found);
  }
  return order;
}

/** The tone heard in the window that begins there. */
export function toneAt(heard: Heard, tones: readonly number[], atMs: number): number | null {
  const hertz = heard.dominantFrequency(atMs, atMs + WINDOW_MS);
  return tones.find((tone) => hertz !== null && Math.abs(hertz - tone) < 15) ?? null;
}
