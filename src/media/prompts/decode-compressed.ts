import { err, ok, type Result } from '../../lib/result.js';
import { concat, toInt16, toMono } from './samples.js';
import type { Pcm, PromptError } from './types.js';

/*
 * MP3, Ogg/Opus and Ogg/Vorbis. A decoder is loaded when the first such file comes: all would double the start of the worker.
 */

/** Bytes decoded at a time, so that a small file that unpacks to hours is stopped early. */
const PIECE_BYTES = 32 * 1024;

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

/** Decodes into mono, up to `maxMs`. */
async function decodeInPieces(decoder: Decoder, bytes: Uint8Array, maxMs: number): Promise<Result<Pcm, PromptError>> {
  await decoder.ready;
  try {
    const pieces: Int16Array[] = [];
    let sampleRate = 0;
    let length = 0;
    for await (const decoded of decodedPieces(decoder, bytes)) {
      if (decoded.samplesDecoded === 0) continue;
      if (sampleRate !== 0 && decoded.sampleRate !== sampleRate) {
        return err({ code: 'PROMPT_UNREADABLE', message: 'the sample rate changes inside the file' });
      }
      sampleRate = decoded.sampleRate;
      length += decoded.samplesDecoded;
      if (length > (maxMs / 1000) * sampleRate)
        return err({ code: 'PROMPT_TOO_LARGE', message: `longer than ${maxMs / 1000} s` });
      pieces.push(toInt16(toMono(decoded.channelData)));
    }
    return ok({ samples: concat(pieces), sampleRate });
  } finally {
    decoder.free();
  }
}

/** Reads MPEG audio layer I–III. */
export async function decodeMp3(bytes: Uint8Array, maxMs: number): Promise<Result<Pcm, PromptError>> {
  const { MPEGDecoder } = await import('mpg123-decoder');
  return await decodeInPieces(new MPEGDecoder(), bytes, maxMs);
}

/** Reads Opus (RFC 7845) and Vorbis in Ogg. Other codecs in Ogg are refused. */
export async function decodeOgg(bytes: Uint8Array, maxMs: number): Promise<Result<Pcm, PromptError>> {
  // The identification header is in the first page (RFC 7845 §3, Vorbis I §A.2).
  const start = Buffer.from(bytes.subarray(0, 512));
  if (start.includes('OpusHead')) {
    const { OggOpusDecoder } = await import('ogg-opus-decoder');
    return await decodeInPieces(new OggOpusDecoder(), bytes, maxMs);
  }
  if (start.includes('\x01vorbis')) {
    const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
    return await decodeInPieces(new OggVorbisDecoder(), bytes, maxMs);
  }
  return err({
    code: 'PROMPT_UNREADABLE',
    message: 'the Ogg file holds neither Opus nor Vorbis; convert it to one of them, MP3 or WAV',
  });
}
