import { BYTES_PER_SECOND, FRAME_BYTES, SILENCE, type Audio, type Law } from './audio.js';
import { encode } from './g711.js';

let lastId = 0;

/**
 * Audio from 16-bit mono samples at 8 kHz: encoded in both laws, padded with silence to whole 20 ms frames (at least one).
 * Ids are unique per thread; audio made in another thread than it is used in goes through {@link adoptAudio}.
 */
export function makeAudio(pcm: Int16Array): Audio {
  const frames = Math.max(1, Math.ceil(pcm.length / FRAME_BYTES));
  const bytes = frames * FRAME_BYTES;
  const shared = (law: Law): SharedArrayBuffer => {
    const buffer = new SharedArrayBuffer(bytes);
    const view = new Uint8Array(buffer).fill(SILENCE[law]);
    view.set(encode(pcm, law));
    return buffer;
  };
  lastId += 1;
  return { id: lastId, pcmu: shared('PCMU'), pcma: shared('PCMA'), ms: (bytes / BYTES_PER_SECOND) * 1000 };
}

/** Audio that another thread made, under an id of this thread. Nothing is copied. */
export function adoptAudio(audio: Audio): Audio {
  lastId += 1;
  return { ...audio, id: lastId };
}
