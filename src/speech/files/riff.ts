import { err, ok, type Result } from '../../lib/result.js';

/*
 * The chunks of a WAV file (RIFF, RIFX, RF64, BW64), read as tolerantly as players do: chunks nobody needs are passed over wherever they
 * stand, and a size that a streaming writer never filled in, or that a cut file no longer has, ends with the file.
 */

/** What a WAV file says of its samples, and the samples as bytes. */
export interface WavChunks {
  /** wFormatTag (RFC 2361); of WAVE_FORMAT_EXTENSIBLE the one inside. */
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
  readonly data: Uint8Array;
  readonly bigEndian: boolean;
}

const EXTENSIBLE = 0xfffe;
/** Size of a chunk that is stated elsewhere (RF64, EBU Tech 3306; BW64, ITU-R BS.2088) or was never filled in. */
const UNKNOWN_SIZE = 0xffffffff;
const HEADER_BYTES = 12;
const CHUNK_BYTES = 8;
/** The fields of `fmt ` that every format has. */
const FORMAT_BYTES = 16;
/** Offset of the real format tag in a `fmt ` chunk of WAVE_FORMAT_EXTENSIBLE: the first word of its GUID. */
const SUBFORMAT_AT = 24;

/** Reads the chunks of a WAV file that begins with RIFF, RIFX, RF64 or BW64. The error is a sentence without a full stop. */
export function readWavChunks(bytes: Uint8Array): Result<WavChunks, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bigEndian = idAt(bytes, 0) === 'RIFX';
  let format: number | null = null;
  let data: Uint8Array | null = null;
  let longSize: number | null = null;
  for (let at = HEADER_BYTES; at + CHUNK_BYTES <= bytes.length && (format === null || data === null);) {
    const id = idAt(bytes, at);
    const from = at + CHUNK_BYTES;
    const stated = view.getUint32(at + 4, !bigEndian);
    const size = id === 'data' && stated === UNKNOWN_SIZE ? (longSize ?? stated) : stated;
    if (id === 'ds64' && from + 16 <= bytes.length) longSize = view.getUint32(from + 8, true);
    if (id === 'fmt ') format = from;
    if (id === 'data') data = bytes.subarray(from, endOfData(bytes, from, size));
    if (id === 'data' && from + size > bytes.length) break;
    at = nextChunk(bytes, from + size);
  }
  if (format === null || format + FORMAT_BYTES > bytes.length) return err('the WAV file has no whole "fmt " chunk');
  if (data === null) return err('the WAV file has no "data" chunk');
  const first = view.getUint16(format, !bigEndian);
  const inside = first === EXTENSIBLE && format + SUBFORMAT_AT + 2 <= bytes.length;
  return ok({
    tag: inside ? view.getUint16(format + SUBFORMAT_AT, !bigEndian) : first,
    channels: view.getUint16(format + 2, !bigEndian),
    sampleRate: view.getUint32(format + 4, !bigEndian),
    bits: view.getUint16(format + 14, !bigEndian),
    data,
    bigEndian,
  });
}

/** Size 0 is that of a writer that streams, unless another chunk follows; then the chunk is empty. */
function endOfData(bytes: Uint8Array, from: number, size: number): number {
  if (size > 0) return Math.min(from + size, bytes.length);
  return isChunk(bytes, from) ? from : bytes.length;
}

/** Chunks begin at even offsets; some writers leave the pad byte out. */
function nextChunk(bytes: Uint8Array, end: number): number {
  const padded = end + (end % 2);
  return padded !== end && !isChunk(bytes, padded) && isChunk(bytes, end) ? end : padded;
}

/** Whether a whole chunk lies there: four letters, digits or blanks, and a size within the file. */
function isChunk(bytes: Uint8Array, at: number): boolean {
  if (at + CHUNK_BYTES > bytes.length || !/^[A-Za-z0-9][A-Za-z0-9 ]{3}$/.test(idAt(bytes, at))) return false;
  const size = new DataView(bytes.buffer, bytes.byteOffset + at + 4, 4).getUint32(0, true);
  return at + CHUNK_BYTES + size <= bytes.length + 1;
}

function idAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
