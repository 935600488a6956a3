import { errorMessage } from '../../lib/error-message.js';
import { err, ok, type Result } from '../../lib/result.js';
import { decodeMp3, decodeOgg, oggCodec } from './decode-compressed.js';
import { decodeWav, inspectWav } from './decode-wav.js';
import { foreignKind } from './file-kind.js';
import { afterId3, findMpeg, startsWith } from './mpeg.js';
import { isSampleRate } from './samples.js';
import type { Pcm, PromptError } from '../types.js';

/** Largest prompt file, bytes (docs/behaviour.md#prompt-audio). */
export const MAX_PROMPT_BYTES = 4 * 1024 * 1024;
/** Longest prompt, ms. */
export const MAX_PROMPT_MS = 10 * 60_000;

type Decode = (bytes: Uint8Array, maxMs: number) => Result<Pcm, PromptError> | Promise<Result<Pcm, PromptError>>;

const unreadable = (message: string): Result<never, PromptError> => err({ code: 'PROMPT_UNREADABLE', message });

/** Picks the decoder by the file's first bytes; a file's name and what a server calls it prove nothing. */
function decoderFor(bytes: Uint8Array): Result<Decode, PromptError> {
  if (['RIFF', 'RIFX', 'RF64', 'BW64'].some((id) => startsWith(bytes, id)) && startsWith(bytes, 'WAVE', 8)) {
    const wav = inspectWav(bytes);
    return wav.ok ? ok(decodeWav) : wav;
  }
  if (startsWith(bytes, 'OggS')) {
    if (oggCodec(bytes) !== null) return ok(decodeOgg);
    return unreadable('the Ogg file holds neither Opus nor Vorbis; convert it to one of them, MP3 or WAV');
  }
  const kind = foreignKind(bytes);
  if (kind !== null) return unreadable(`the file is ${kind}; save it as WAV, MP3 or Ogg`);
  const start = findMpeg(bytes, afterId3(bytes));
  if (start < 0) return unreadable('the file is not WAV, MP3 or Ogg');
  return ok((whole, maxMs) => decodeMp3(whole.subarray(start), maxMs));
}

function chooseDecoder(bytes: Uint8Array, maxBytes: number): Result<Decode, PromptError> {
  if (bytes.byteLength <= maxBytes) return decoderFor(bytes);
  return err({ code: 'PROMPT_TOO_LARGE', message: `the file has ${bytes.byteLength} bytes, at most ${maxBytes} are taken` });
}

/**
 * Looks at a prompt file without decoding it: why it will not be played, or null when its first bytes promise that it can be.
 * `PROMPT_TOO_LARGE` above 4 MB, `PROMPT_UNREADABLE` for what is no audio of ours.
 */
export function inspectAudio(bytes: Uint8Array, maxBytes = MAX_PROMPT_BYTES): PromptError | null {
  const decode = chooseDecoder(bytes, maxBytes);
  return decode.ok ? null : decode.error;
}

/**
 * Decodes a prompt file (WAV, MP3, Ogg with Opus or Vorbis) to mono 16 bit at its own rate. Never throws for what is in the file:
 * `PROMPT_TOO_LARGE` above 4 MB or 10 minutes, `PROMPT_UNREADABLE` for anything that is not audio.
 */
export async function decodeAudio(
  bytes: Uint8Array,
  { maxBytes = MAX_PROMPT_BYTES, maxMs = MAX_PROMPT_MS } = {},
): Promise<Result<Pcm, PromptError>> {
  const decode = chooseDecoder(bytes, maxBytes);
  if (!decode.ok) return decode;
  let decoded: Result<Pcm, PromptError>;
  try {
    decoded = await decode.value(bytes, maxMs);
  } catch (error) {
    // The decoders throw at a broken file; that is an outcome here, not a bug.
    return unreadable(`the file is damaged: ${errorMessage(error)}`);
  }
  if (!decoded.ok) return decoded;
  const { samples, sampleRate } = decoded.value;
  if (samples.length === 0) return unreadable('the file holds no audio');
  return isSampleRate(sampleRate) ? decoded : unreadable(`the file claims ${sampleRate} samples per second`);
}
