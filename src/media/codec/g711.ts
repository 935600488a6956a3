import alawmulaw from 'alawmulaw';
import { SILENCE, type Law } from './audio.js';

/*
 * G.711 by table. The standard's arithmetic is alawmulaw's; here it is spread into tables once, so that a frame costs one look-up
 * a byte. All tables are per thread and made on first use.
 */

const codecs = { PCMU: alawmulaw.mulaw, PCMA: alawmulaw.alaw } as const;

const EVERY_CODE = Uint8Array.from({ length: 256 }, (_, code) => code);

/** Linear 16-bit value of every code. */
const linear: Record<Law, Int16Array> = {
  PCMU: codecs.PCMU.decode(EVERY_CODE),
  PCMA: codecs.PCMA.decode(EVERY_CODE),
};

/** Encodes 8 kHz 16-bit samples, one byte each. */
export function encode(pcm: Int16Array, law: Law): Uint8Array {
  return codecs[law].encode(pcm);
}

/** Decodes to 16-bit samples. */
export function decode(bytes: Uint8Array, law: Law): Int16Array {
  const table = linear[law];
  return Int16Array.from(bytes, (code) => table[code] ?? 0);
}

/** Makes a table code → code from a function on linear values. Silence stays silence, so that a gain never makes a hum of it. */
function table(from: Law, to: Law, change: (sample: number) => number): Uint8Array {
  const samples = Int16Array.from(linear[from], (sample) => Math.max(-32768, Math.min(32767, Math.round(change(sample)))));
  const codes = encode(samples, to);
  codes[SILENCE[from]] = SILENCE[to];
  return codes;
}

const conversions: Partial<Record<Law, Uint8Array>> = {};

/** 256-byte table from one law to the other (ITU-T G.711 §3.3). */
export function conversionFrom(law: Law): Uint8Array {
  return (conversions[law] ??= table(law, law === 'PCMU' ? 'PCMA' : 'PCMU', (sample) => sample));
}

const gains = new Map<string, Uint8Array>();
/** Gains beyond this are of no use on a telephone, and bound the tables kept. */
const MAX_GAIN_DB = 24;

/** 256-byte table that makes audio of `law` louder or softer; null for 0 dB. Rounded to half a dB, at most ±24 dB. */
export function gainTable(law: Law, gainDb: number): Uint8Array | null {
  const db = Math.max(-MAX_GAIN_DB, Math.min(MAX_GAIN_DB, Math.round(gainDb * 2) / 2));
  if (db === 0 || Number.isNaN(db)) return null;
  const key = `${law} ${db}`;
  const known = gains.get(key);
  if (known !== undefined) return known;
  const factor = 10 ** (db / 20);
  const made = table(law, law, (sample) => sample * factor);
  gains.set(key, made);
  return made;
}
