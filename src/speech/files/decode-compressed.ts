import { err, ok, type Result } from '../../lib/result.js';
import { surveyMpeg } from './mpeg.js';
import { oggStreams } from './ogg.js';
import { concat, toInt16, toMono } from './samples.js';
import type { Pcm, PromptError } from '../types.js';

/*
 * MP3, Ogg/Opus and Ogg/Vorbis. A decoder is loaded when the first such file comes: all would double the start of the worker.
 */

/** Bytes decoded at a time, so that a small file that unpacks to hours is stopped early. */
const PIECE_BYTES = 32 * 1024;
/** Of the bytes of an MP3 file, those that whole frames in a row have at least; below it a decoder gives silence or noise. */
const LEAST_SHARE = 0.5;

/** What every decoder answers. */
interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
}

/** A decoder that takes a file in pieces. Ogg's answers promises, whatever its types say. */
interface Decoder {
  readonly ready: Promise<void>;
  decode(piece: Uint8Array): Decoded | Promise<Decoded>;
  /** What is still inside, for decoders that hold samples back. */
  flush?(): Promise<Decoded>;
  free(): void;
}

/** The file piece by piece, then what the decoder held back. */
async function* decodedPieces(decoder: Decoder, bytes: Uint8Array): AsyncGenerator<Decoded> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    yield await decoder.decode(bytes.subarray(from, from + PIECE_BYTES));
  }
  if (decoder.flush !== undefined) yield await decoder.flush();
}

/** Decodes the parts of a file one after the other into mono, each with a decoder of its own, up to `maxMs`. */
async function decodeParts(
  parts: readonly Uint8Array[],
  newDecoder: () => Decoder,
  maxMs: number,
): Promise<Result<Pcm, PromptError>> {
  const pieces: Int16Array[] = [];
  let sampleRate = 0;
  let length = 0;
  for (const part of parts) {
    const decoder = newDecoder();
    try {
      await decoder.ready;
      for await (const decoded of decodedPieces(decoder, part)) {
        if (decoded.samplesDecoded === 0) continue;
        if (sampleRate !== 0 && decoded.sampleRate !== sampleRate) return rateChanges();
        sampleRate = decoded.sampleRate;
        length += decoded.samplesDecoded;
        if (length > (maxMs / 1000) * sampleRate)
          return err({ code: 'PROMPT_TOO_LARGE', message: `longer than ${maxMs / 1000} s` });
        pieces.push(toInt16(toMono(decoded.channelData)));
      }
    } finally {
      decoder.free();
    }
  }
  return ok({ samples: concat(pieces), sampleRate });
}

const rateChanges = (): Result<never, PromptError> =>
  err({ code: 'PROMPT_UNREADABLE', message: 'the sample rate changes inside the file' });

/** Reads MPEG audio layer I–III. */
export async function decodeMp3(bytes: Uint8Array, maxMs: number): Promise<Result<Pcm, PromptError>> {
  const { rates, share } = surveyMpeg(bytes);
  // The decoder gives all samples of a piece one rate: the rest would be played too fast or too slow.
  if (rates > 1) return rateChanges();
  if (share < LEAST_SHARE) return err({ code: 'PROMPT_UNREADABLE', message: 'the file is damaged: most of it is no MP3' });
  const { MPEGDecoder } = await import('mpg123-decoder');
  return await decodeParts([bytes], () => new MPEGDecoder(), maxMs);
}

/** The codec of an Ogg file, by the identification headers of its first pages (RFC 7845 §3, Vorbis I §A.2); null for others. */
export function oggCodec(bytes: Uint8Array): 'opus' | 'vorbis' | null {
  const start = Buffer.from(bytes.subarray(0, 512));
  if (start.includes('OpusHead')) return 'opus';
  return start.includes('\x01vorbis') ? 'vorbis' : null;
}

/** Reads Opus (RFC 7845) and Vorbis in Ogg, streams that follow each other too. */
export async function decodeOgg(bytes: Uint8Array, maxMs: number): Promise<Result<Pcm, PromptError>> {
  const streams = oggStreams(bytes);
  if (oggCodec(bytes) === 'opus') {
    const { OggOpusDecoder } = await import('ogg-opus-decoder');
    return await decodeParts(streams, () => new OggOpusDecoder(), maxMs);
  }
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
  return await decodeParts(streams, () => new OggVorbisDecoder(), maxMs);
}
