import type { CodecName } from './codec.js';

/** A piece of audio, decoded once and shared between all threads and calls (docs/decisions/0002-media-in-worker-threads.md). Immutable. */
export interface Audio {
  /** Unique for the life of the process. */
  readonly id: number;
  /** Its bytes in every codec: the same number of whole frames, padded with silence. */
  readonly encoded: Readonly<Record<CodecName, SharedArrayBuffer>>;
  /** Play time, ms. */
  readonly ms: number;
}

/** Bytes of memory that a piece of audio takes, all codecs together. */
export function audioBytes({ encoded }: Audio): number {
  return Object.values(encoded).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
