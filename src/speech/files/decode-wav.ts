import wavefile from 'wavefile';
import { err, ok, type Result } from '../../lib/result.js';
import { wavCodec } from '../../media/codec/codec.js';
import { kindInside } from './file-kind.js';
import { readWavChunks, type WavChunks } from './riff.js';
import { isSampleRate, toInt16 } from './samples.js';
import type { Pcm, PromptError } from '../types.js';

/** wFormatTag of linear samples (RFC 2361); those of codecs stand in their table. */
const FORMAT = { pcm: 1, float: 3 } as const;
/** Encodings people meet that are not. */
const OTHERS: Readonly<Record<number, string>> = {
  0x02: 'Microsoft ADPCM',
  0x11: 'IMA ADPCM',
  0x31: 'GSM 6.10',
  0x45: 'G.726 ADPCM',
  0x50: 'MPEG audio',
  0x55: 'MP3',
  0xff: 'AAC',
  0x160: 'Windows Media Audio',
  0x161: 'Windows Media Audio',
};

/** What one stored sample means: subtract `offset`, divide by `scale`, and it is −1…1. By wavefile's name of the sample. */
const SCALES: Readonly<Record<string, { offset: number; scale: number }>> = {
  '8': { offset: 128, scale: 128 },
  '16': { offset: 0, scale: 2 ** 15 },
  '24': { offset: 0, scale: 2 ** 23 },
  '32': { offset: 0, scale: 2 ** 31 },
  '32f': { offset: 0, scale: 1 },
  '64': { offset: 0, scale: 1 },
};

const unreadable = (message: string): Result<never, PromptError> => err({ code: 'PROMPT_UNREADABLE', message });

/** A WAV file that {@link decodeWav} can read, or why not. */
export function inspectWav(bytes: Uint8Array): Result<WavChunks, PromptError> {
  const read = readWavChunks(bytes);
  if (!read.ok) return unreadable(read.error);
  const { tag, channels, sampleRate, bits, data } = read.value;
  const codec = wavCodec(tag);
  if (tag !== FORMAT.pcm && tag !== FORMAT.float && codec === null) {
    return unreadable(`the WAV file uses encoding ${OTHERS[tag] ?? tag}; save it as PCM, float, A-law or µ-law`);
  }
  const fits = SCALES[nameOf(tag, bits)] !== undefined || (codec !== null && bits === 8);
  if (!fits || channels === 0) {
    return unreadable(`the WAV file has ${bits} bits and ${channels} channels; save it as PCM of 16 bits`);
  }
  if (!isSampleRate(sampleRate)) return unreadable(`the file claims ${sampleRate} samples per second`);
  const inside = kindInside(data);
  return inside === null ? read : unreadable(`the WAV file holds ${inside} in place of samples; save it as WAV anew`);
}

/** Wavefile's name of a sample. */
function nameOf(tag: number, bits: number): string {
  if (tag === FORMAT.float) return bits === 32 ? '32f' : bits === 64 ? '64' : '';
  return tag === FORMAT.pcm && bits <= 32 ? String(bits) : '';
}

/**
 * Reads a RIFF/WAVE file: PCM of 8, 16, 24 or 32 bits, float, A-law, µ-law; stereo is mixed to mono. Chunks that are not needed are
 * passed over; samples whose size was never filled in are taken to the end of the file.
 */
export function decodeWav(bytes: Uint8Array, maxMs: number): Result<Pcm, PromptError> {
  const read = inspectWav(bytes);
  if (!read.ok) return read;
  const chunks = linear(read.value);
  const { channels, sampleRate, bits } = chunks;
  const wav = new wavefile.WaveFile();
  wav.fromBuffer(plainWav(chunks));
  const { offset, scale } = SCALES[wav.bitDepth] ?? { offset: 0, scale: 2 ** (bits - 1) };

  // Channels one after the other in each moment; wavefile's own mixing would need the whole file twice.
  const interleaved = wav.getSamples(true, Float64Array);
  const length = Math.floor(interleaved.length / channels);
  if (length > (maxMs / 1000) * sampleRate) return err({ code: 'PROMPT_TOO_LARGE', message: `longer than ${maxMs / 1000} s` });
  const mono = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += (interleaved[i * channels + channel] ?? 0) - offset;
    mono[i] = sum / (scale * channels);
  }
  return ok({ samples: toInt16(mono), sampleRate });
}

/** Samples in a codec as PCM of 16 bits; others as they are. */
function linear(chunks: WavChunks): WavChunks {
  const codec = wavCodec(chunks.tag);
  if (codec === null) return chunks;
  const samples = codec.coder.decode(chunks.data);
  const data = new Uint8Array(2 * samples.length);
  const view = new DataView(data.buffer);
  samples.forEach((sample, i) => view.setInt16(2 * i, sample, !chunks.bigEndian));
  return { ...chunks, tag: FORMAT.pcm, bits: 16, data };
}

/** The same samples with the shortest header there is, which is all that wavefile is to read: it knows few of the other chunks. */
function plainWav({ tag, channels, sampleRate, bits, data, bigEndian }: WavChunks): Uint8Array {
  const frame = (bits / 8) * channels;
  const size = Math.floor(data.length / frame) * frame;
  const wav = new Uint8Array(44 + size);
  const view = new DataView(wav.buffer);
  const text = new TextEncoder();
  wav.set(text.encode(bigEndian ? 'RIFX' : 'RIFF'), 0);
  view.setUint32(4, 36 + size, !bigEndian);
  wav.set(text.encode('WAVEfmt '), 8);
  view.setUint32(16, 16, !bigEndian);
  view.setUint16(20, tag, !bigEndian);
  view.setUint16(22, channels, !bigEndian);
  view.setUint32(24, sampleRate, !bigEndian);
  view.setUint32(28, sampleRate * frame, !bigEndian);
  view.setUint16(32, frame, !bigEndian);
  view.setUint16(34, bits, !bigEndian);
  wav.set(text.encode('data'), 36);
  view.setUint32(40, size, !bigEndian);
  wav.set(data.subarray(0, size), 44);
  return wav;
}
