import { errorMessage } from '../../lib/error-message.js';
import { err, type Result } from '../../lib/result.js';
import { decodeMp3, decodeOgg } from './decode-compressed.js';
import { decodeWav } from './decode-wav.js';
import type { Pcm, PromptError } from './types.js';

/** Largest prompt file, bytes (behaviour A9). */
export const MAX_PROMPT_BYTES = 4 * 1024 * 1024;
/** Longest prompt, ms. */
export const MAX_PROMPT_MS = 10 * 60_000;
/** Sample rates anybody would record at; outside them a header is broken. */
const RATES = { min: 1000, max: 384_000 } as const;

type Decode = (bytes: Uint8Array, maxMs: number) => Result<Pcm, PromptError> | Promise<Result<Pcm, PromptError>>;

/** Picks the decoder by the file's first bytes; a file's name proves nothing. */
function decoderFor(bytes: Uint8Array): Decode | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString('latin1');
  if (/^(RIFF|RIFX|RF64)/.test(head) && head.slice(8, 12) === 'WAVE') return decodeWav;
  if (head.startsWith('OggS')) return decodeOgg;
  // An ID3 tag or an MPEG frame sync: eleven set bits (ISO 11172-3 §2.4.1.3).
  if (head.startsWith('ID3') || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0)) return decodeMp3;
  return null;
}

/**
 * Decodes a prompt file (WAV, MP3, Ogg with Opus or Vorbis) to mono 16 bit at its own rate. Never throws for what is in the file:
 * `PROMPT_TOO_LARGE` above 4 MB or 10 minutes, `PROMPT_UNREADABLE` for anything that is not audio.
 */
export async function decodeAudio(
  bytes: Uint8Array,
  { maxBytes = MAX_PROMPT_BYTES, maxMs = MAX_PROMPT_MS } = {},
): Promise<Result<Pcm, PromptError>> {
  if (bytes.byteLength > maxBytes) {
    return err({ code: 'PROMPT_TOO_LARGE', message: `the file has ${bytes.byteLength} bytes, at most ${maxBytes} are taken` });
  }
  const decode = decoderFor(bytes);
  if (decode === null) return err({ code: 'PROMPT_UNREADABLE', message: 'the file is not WAV, MP3 or Ogg' });
  let decoded: Result<Pcm, PromptError>;
  try {
    decoded = await decode(bytes, maxMs);
  } catch (error) {
    // The decoders throw at a broken file; that is an outcome here, not a bug.
    return err({
      code: 'PROMPT_UNREADABLE',
      message: `the file is damaged: ${errorMessage(error)}`,
    });
  }
  if (!decoded.ok) return decoded;
  const { samples, sampleRate } = decoded.value;
  if (samples.length === 0) return err({ code: 'PROMPT_UNREADABLE', message: 'the file holds no audio' });
  if (!(sampleRate >= RATES.min && sampleRate <= RATES.max)) {
    return err({ code: 'PROMPT_UNREADABLE', message: `the file claims ${sampleRate} samples per second` });
  }
  return decoded;
}
