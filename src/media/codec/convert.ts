import type { Codec } from './codec.js';
import { EVERY_BYTE } from './coder.js';

/*
 * Encoded audio made louder, or changed from one codec to another. Where a sample is one byte that is a table of 256; other codecs
 * go through linear samples. What is made here is kept, so that a packet costs one look-up a byte.
 */

/** Makes `bytes[start, end)` louder or softer, in place. */
export type Gain = (bytes: Uint8Array, start: number, end: number) => void;

/** Gives `bytes[start, end)` in another codec; what it returns is valid until the next call, and may be longer. */
export type Transcoder = (bytes: Uint8Array, start: number, end: number) => Uint8Array;

/** Gains beyond this are of no use on a telephone, and bound the tables kept. */
const MAX_GAIN_DB = 24;

const gains = new Map<string, Gain>();
const transcoders = new Map<string, Transcoder>();

/** A gain for audio in `codec`; null for 0 dB. Rounded to half a dB, at most ±24 dB. */
export function gainOf(codec: Codec, gainDb: number): Gain | null {
  const db = Math.max(-MAX_GAIN_DB, Math.min(MAX_GAIN_DB, Math.round(gainDb * 2) / 2));
  if (db === 0 || Number.isNaN(db)) return null;
  const key = `${codec.name} ${db}`;
  const known = gains.get(key);
  if (known !== undefined) return known;
  const factor = 10 ** (db / 20);
  const made = makeGain(codec, (sample) => sample * factor);
  gains.set(key, made);
  return made;
}

/** From one codec to another (ITU-T G.711 §3.3 for its two laws); null when they are the same. */
export function transcoderOf(from: Codec, to: Codec): Transcoder | null {
  if (from.name === to.name) return null;
  const key = `${from.name} ${to.name}`;
  const known = transcoders.get(key);
  if (known !== undefined) return known;
  const made = makeTranscoder(from, to);
  transcoders.set(key, made);
  return made;
}

function makeGain(codec: Codec, change: Change): Gain {
  const table = tableOf(codec, codec, change);
  if (table === null) {
    return (bytes, start, end) => {
      bytes.set(recoded(codec, codec, bytes.subarray(start, end), change), start);
    };
  }
  return (bytes, start, end) => {
    for (let i = start; i < end; i++) bytes[i] = table[bytes[i] ?? 0] ?? 0;
  };
}

function makeTranscoder(from: Codec, to: Codec): Transcoder {
  const same: Change = (sample) => sample;
  const table = tableOf(from, to, same);
  if (table === null) return (bytes, start, end) => recoded(from, to, bytes.subarray(start, end), same);
  let room = new Uint8Array(from.frame.bytes);
  return (bytes, start, end) => {
    if (room.length < end - start) room = new Uint8Array(end - start);
    for (let i = start; i < end; i++) room[i - start] = table[bytes[i] ?? 0] ?? 0;
    return room;
  };
}

/** What becomes of a linear sample. */
type Change = (sample: number) => number;

/** 256 bytes for codecs of one byte a sample, null for others. Silence stays silence, so that a gain never makes a hum of it. */
function tableOf(from: Codec, to: Codec, change: Change): Uint8Array | null {
  if (from.frame.bytes !== from.frame.samples || to.frame.bytes !== to.frame.samples) return null;
  const table = recoded(from, to, EVERY_BYTE, change);
  table[from.silence] = to.silence;
  return table;
}

function recoded(from: Codec, to: Codec, bytes: Uint8Array, change: Change): Uint8Array {
  const samples = from.coder.decode(bytes);
  return to.coder.encode(samples.map((sample) => Math.max(-32768, Math.min(32767, Math.round(change(sample))))));
}
