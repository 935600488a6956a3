import { Playout, type EncodedAudio } from './playout.js';

/** Hold music: one piece for ever, after `startDelayMs` of silence. It has no end of its own and takes no keys. */
export function musicPlayout(audio: EncodedAudio, startDelayMs: number): Playout {
  return new Playout({ audio: [audio], loop: 0, gainDb: 0, leadInMs: startDelayMs });
}
