import type { Audio } from './audio.js';
import { forEveryCodec } from './codec.js';
import { FRAME_MS, FRAME_SAMPLES } from './frame.js';

let lastId = 0;

/**
 * Audio from 16-bit mono samples at 8 kHz: encoded in every codec, padded with silence to whole 20 ms frames (at least one).
 * Ids are unique per thread; audio made in another thread than it is used in goes through {@link adoptAudio}.
 */
export function makeAudio(samples: Int16Array): Audio {
  const frames = Math.max(1, Math.ceil(samples.length / FRAME_SAMPLES));
  const encoded = forEveryCodec(({ frame, silence, coder }) => {
    const buffer = new SharedArrayBuffer(frames * frame.bytes);
    const bytes = new Uint8Array(buffer).fill(silence);
    bytes.set(coder.encode(samples));
    return buffer;
  });
  lastId += 1;
  return { id: lastId, encoded, ms: frames * FRAME_MS };
}

/** Audio that another thread made, under an id of this thread. Nothing is copied. */
export function adoptAudio(audio: Audio): Audio {
  lastId += 1;
  return { ...audio, id: lastId };
}
