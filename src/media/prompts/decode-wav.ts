import wavefile from 'wavefile';
import { err, ok, type Result } from '../../lib/result.js';
import { toInt16 } from './samples.js';
import type { Pcm, PromptError } from './types.js';

/** wFormatTag of the encodings that are read (RFC 2361). */
const FORMAT = { pcm: 1, float: 3, alaw: 6, mulaw: 7, extensible: 0xfffe } as const;

/** The fields of wavefile's `fmt ` chunk that matter; its own types call it `object`. */
interface Format {
  readonly audioFormat: number;
  readonly numChannels: number;
  readonly sampleRate: number;
  /** GUID of WAVE_FORMAT_EXTENSIBLE as four 32-bit words; the first is the real format tag. */
  readonly subformat: readonly number[];
}

/** What one stored sample means: subtract `offset`, divide by `scale`, and it is −1…1. */
const SCALES: Readonly<Record<string, { offset: number; scale: number }>> = {
  '8': { offset: 128, scale: 128 },
  '16': { offset: 0, scale: 2 ** 15 },
  '24': { offset: 0, scale: 2 ** 23 },
  '32': { offset: 0, scale: 2 ** 31 },
  '32f': { offset: 0, scale: 1 },
  '64': { offset: 0, scale: 1 },
};

const unreadable = (message: string): Result<never, PromptError> => err({ code: 'PROMPT_UNREADABLE', message });

/**
 * Reads a RIFF/WAVE file: PCM of 8, 16, 24 or 32 bits, float, A-law, µ-law; stereo is mixed to mono. Headers with sizes that a
 * streaming writer never filled in are taken up to the end of the file.
 */
export function decodeWav(bytes: Uint8Array, maxMs: number): Result<Pcm, PromptError> {
  const wav = new wavefile.WaveFile();
  wav.fromBuffer(bytes);
  // A copy: decoding the laws below empties the chunk.
  const { audioFormat, subformat, numChannels: channels, sampleRate } = { ...(wav.fmt as Format) };
  const tag = audioFormat === FORMAT.extensible ? (subformat[0] ?? 0) : audioFormat;
  if (!([FORMAT.pcm, FORMAT.float, FORMAT.alaw, FORMAT.mulaw] as number[]).includes(tag)) {
    return unreadable(`the WAV file uses encoding ${tag}; save it as PCM, float, A-law or µ-law`);
  }
  if (tag === FORMAT.alaw) wav.fromALaw();
  if (tag === FORMAT.mulaw) wav.fromMuLaw();
  const scale = SCALES[wav.bitDepth];
  if (scale === undefined || channels < 1) return unreadable(`the WAV file has ${wav.bitDepth} bits and ${channels} channels`);

  // Channels one after the other in each moment; wavefile's own mixing would need the whole file twice.
  const interleaved = wav.getSamples(true, Float64Array);
  const length = Math.floor(interleaved.length / channels);
  if (length > (maxMs / 1000) * sampleRate) return err({ code: 'PROMPT_TOO_LARGE', message: `longer than ${maxMs / 1000} s` });
  const mono = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += (interleaved[i * channels + channel] ?? 0) - scale.offset;
    mono[i] = sum / (scale.scale * channels);
  }
  return ok({ samples: toInt16(mono), sampleRate });
}
