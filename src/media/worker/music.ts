import { Playout, type EncodedAudio } from './playout.js';
import type { MusicAudio } from '../types.js';

/** Hold music, or a repeated prompt: over and over, after `startDelayMs` of silence. It has no end of its own and takes no keys. */
export function musicPlayout(audio: readonly EncodedAudio[], times: Omit<MusicAudio, 'audio'>): Playout {
  return new Playout({ audio, loop: 0, gainDb: 0, leadInMs: times.startDelayMs, pauseMs: times.pauseMs });
}
