import { startsWith } from './mpeg.js';

/*
 * The pages of an Ogg file (RFC 3533 §6), read as far as needed to give a decoder whole pages of one stream at a time.
 */

const HEADER_BYTES = 27;
const FLAGS_AT = 5;
/** Flag of the first page of a logical stream. */
const BEGINS = 0x02;

/** Bytes of the whole page that begins at `at`; 0 when none does, or when the file ends before the page. */
function pageAt(bytes: Uint8Array, at: number): number {
  const segments = bytes[at + HEADER_BYTES - 1] ?? 0;
  const body = at + HEADER_BYTES + segments;
  if (!startsWith(bytes, 'OggS', at) || body > bytes.length) return 0;
  let length = HEADER_BYTES + segments;
  for (let i = at + HEADER_BYTES; i < body; i++) length += bytes[i] ?? 0;
  return at + length > bytes.length ? 0 : length;
}

/**
 * The streams of an Ogg file, one after the other (RFC 3533 §4), each of whole pages: what lies between pages, and a page that the
 * file cuts off, is left out. Decoders make minutes of noise of half a page.
 */
export function oggStreams(bytes: Uint8Array): readonly Uint8Array[] {
  const streams: Uint8Array[][] = [];
  let before = false;
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = pageAt(bytes, at);
    if (length === 0) {
      at = nextPage(bytes, at + 1);
      continue;
    }
    const begins = ((bytes[at + FLAGS_AT] ?? 0) & BEGINS) !== 0;
    // Several first pages in a row are of streams that run at the same time.
    if (streams.length === 0 || (begins && !before)) streams.push([]);
    streams.at(-1)?.push(bytes.subarray(at, at + length));
    before = begins;
    at += length;
  }
  return streams.map((pages) => Buffer.concat(pages));
}

function nextPage(bytes: Uint8Array, from: number): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf('OggS', from);
  return at < 0 ? bytes.length : at;
}
