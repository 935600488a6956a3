import type { Coder } from './coder.js';
import { FRAME_MS, FRAME_SAMPLES } from './frame.js';
import { A_LAW, MU_LAW } from './g711.js';

/*
 * The table of codecs. A codec is a row here and a file with its coder: offers and answers, the worker, recordings, WAV files,
 * prompts, the configuration and the test phone take all they need from the row (`codec.ts`).
 */

/** What is to be known of a codec. */
export interface CodecRow {
  /** RTP payload type: below 96 a static one (RFC 3551 §6), else the dynamic one that our own offers give it. */
  readonly payloadType: number;
  /** RTP clock rate, Hz: the rate of `a=rtpmap` and of timestamps. */
  readonly clockRate: number;
  /** One packet: its play time in ms, its samples (steps of the RTP clock) and its bytes. */
  readonly frame: { readonly ms: number; readonly samples: number; readonly bytes: number };
  /** The byte that silence consists of. */
  readonly silence: number;
  /** Format tag of WAV files in this codec (RFC 2361), one byte a sample; null: calls in it are recorded in another. */
  readonly wavTag: number | null;
  readonly coder: Coder;
}

/** One byte a sample. */
const BYTE_FRAME = { ms: FRAME_MS, samples: FRAME_SAMPLES, bytes: FRAME_SAMPLES } as const;

/** The codecs by their encoding names (RFC 3551 §6), preferred first. */
export const CODEC_TABLE = {
  PCMU: { payloadType: 0, clockRate: 8000, frame: BYTE_FRAME, silence: 0xff, wavTag: 7, coder: MU_LAW },
  PCMA: { payloadType: 8, clockRate: 8000, frame: BYTE_FRAME, silence: 0xd5, wavTag: 6, coder: A_LAW },
} as const satisfies Readonly<Record<string, CodecRow>>;

/** The encoding name of a codec as SDP writes it, e.g. `PCMU`. */
export type CodecName = keyof typeof CODEC_TABLE;
