import alawmulaw from 'alawmulaw';
import { EVERY_BYTE, type Coder } from './coder.js';

/*
 * G.711: one byte a sample. The standard's arithmetic is alawmulaw's; here it is spread into tables once, so that decoding costs
 * one look-up a byte.
 */

function byTable(law: typeof alawmulaw.mulaw): Coder {
  const linear = law.decode(EVERY_BYTE);
  return {
    encode: (samples) => law.encode(samples),
    decode: (bytes) => Int16Array.from(bytes, (code) => linear[code] ?? 0),
  };
}

/** The µ-law of ITU-T G.711. */
export const MU_LAW = byTable(alawmulaw.mulaw);
/** The A-law of ITU-T G.711. */
export const A_LAW = byTable(alawmulaw.alaw);
