import type { Audio } from '../../media/codec/audio.js';
import { makeAudio } from '../../media/codec/make-audio.js';
import { SAMPLE_RATE } from '../../media/codec/frame.js';

const FREQUENCY_HZ = 1000;
const SECONDS = 0.25;
/** −12 dBFS: heard over anything, hurting nobody. */
const AMPLITUDE = 8192;
/** Rise and fall, so that it does not click. */
const RAMP_SECONDS = 0.008;

/** The tone before a recording: 1 kHz, 0.25 s. */
export function makeBeep(): Audio {
  const length = SAMPLE_RATE * SECONDS;
  const ramp = SAMPLE_RATE * RAMP_SECONDS;
  const samples = Int16Array.from({ length }, (_, i) => {
    const envelope = Math.min(1, i / ramp, (length - i) / ramp);
    return AMPLITUDE * envelope * Math.sin((2 * Math.PI * FREQUENCY_HZ * i) / SAMPLE_RATE);
  });
  return makeAudio(samples);
}
