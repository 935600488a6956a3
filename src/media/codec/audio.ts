/*
 * Audio as the engine plays it: decoded once, G.711 in both laws, shared between all threads and calls
 * (docs/decisions/0002-media-in-worker-threads.md).
 */

/** Bytes of G.711 per second. */
export const BYTES_PER_SECOND = 8000;
/** Bytes of one 20 ms packet. */
export const FRAME_BYTES = 160;
/** µ-law and A-law silence. */
export const SILENCE = { PCMU: 0xff, PCMA: 0xd5 } as const;

/** G.711 variant by its SDP name (RFC 3551). */
export type Law = 'PCMU' | 'PCMA';

/** A piece of audio, immutable once made. Both buffers have the same length, a whole number of frames (padded with silence). */
export interface Audio {
  /** Unique for the life of the process. */
  readonly id: number;
  readonly pcmu: SharedArrayBuffer;
  readonly pcma: SharedArrayBuffer;
  /** Play time in ms. */
  readonly ms: number;
}
