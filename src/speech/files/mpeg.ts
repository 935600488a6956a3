/*
 * MPEG audio and AAC tell themselves apart by a few bits of their frame headers only, so a frame counts when the next one follows
 * where it says.
 */

/** kbit/s by index, for MPEG-1 layer I, II, III and MPEG-2 layer I, II and III (ISO 11172-3 §2.4.2.3, ISO 13818-3 §2.4.2.3). */
const BITRATES = {
  '11': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '12': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '13': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '21': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2x': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const RATES = [44_100, 48_000, 32_000] as const;
/** Sampling rate divisor by version bits: MPEG-2.5, reserved, MPEG-2, MPEG-1. */
const DIVISORS = [4, 0, 2, 1] as const;
/** Bytes before the first frame that are passed over. */
const MOST_JUNK = 64 * 1024;
/** Frames in a row that prove the stream. */
const PROOF_FRAMES = 3;
const HEADER_BYTES = 4;
/** Bytes a frame of free format may have. */
const LEAST_FREE = 24;
const MOST_FREE = 8192;

/** Bytes of the MPEG audio frame (layer I–III) that begins at `at`; 0 when none does. */
function mpegFrame(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return 0;
  const layer = 4 - ((second >> 1) & 3);
  const version = (second >> 3) & 3;
  const divisor = DIVISORS[version] ?? 0;
  const base = RATES[(third >> 2) & 3];
  if (layer === 4 || divisor === 0 || base === undefined) return 0;
  const table = divisor === 1 ? (`1${layer}` as '11' | '12' | '13') : layer === 1 ? '21' : '2x';
  const bitrate = (BITRATES[table][third >> 4] ?? 0) * 1000;
  const rate = base / divisor;
  const padding = (third >> 1) & 1;
  if (bitrate === 0) return 0;
  if (layer === 1) return (Math.floor((12 * bitrate) / rate) + padding) * 4;
  return Math.floor(((layer === 3 && divisor > 1 ? 72 : 144) * bitrate) / rate) + padding;
}

/** Samples per second of the MPEG audio frame that begins at `at`, which is one. */
function rateOf(bytes: Uint8Array, at: number): number {
  return (RATES[((bytes[at + 2] ?? 0) >> 2) & 3] ?? 0) / (DIVISORS[((bytes[at + 1] ?? 0) >> 3) & 3] || 1);
}

/** Bytes of the AAC frame with an ADTS header (ISO 13818-7 §6.2) that begins at `at`; 0 when none does. */
function adtsFrame(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = bytes.subarray(at, at + 6);
  if (first !== 0xff || (second & 0xf6) !== 0xf0 || ((third >> 2) & 0x0f) > 12) return 0;
  const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5);
  return length < 7 ? 0 : length;
}

/** Whether frames follow each other from `at` on: three, or as many as there are up to the end or to a tag there. */
function isStream(bytes: Uint8Array, at: number, frameAt: (bytes: Uint8Array, at: number) => number): boolean {
  for (let frames = 0; frames < PROOF_FRAMES; frames++) {
    const length = frameAt(bytes, at);
    if (length === 0) return frames > 0 && isTag(bytes, at);
    at += length;
    if (at + HEADER_BYTES > bytes.length) return frames > 0 || at === bytes.length;
  }
  return true;
}

function isTag(bytes: Uint8Array, at: number): boolean {
  return ['TAG', 'ID3', 'APETAGEX', 'LYRICSBEGIN'].some((tag) => startsWith(bytes, tag, at));
}

/** Where the sound begins behind ID3v2 tags, if there are any (ID3v2.4 §3.1): its size is 28 bits in four bytes. */
export function afterId3(bytes: Uint8Array): number {
  let at = 0;
  while (startsWith(bytes, 'ID3', at) && at + 10 <= bytes.length) {
    const [flags = 0, a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at + 5, at + 10);
    at += 10 + ((a << 21) | (b << 14) | (c << 7) | d) + ((flags & 0x10) !== 0 ? 10 : 0);
  }
  return at;
}

/** Whether AAC frames begin at `at`. */
export function isAdts(bytes: Uint8Array, at: number): boolean {
  return isStream(bytes, at, adtsFrame);
}

/** Whether frames of MPEG audio begin at `at`. */
export function isMpeg(bytes: Uint8Array, at: number): boolean {
  return isStream(bytes, at, mpegFrame);
}

/** Where MPEG audio begins, at `from` or some junk later; −1 when nowhere. */
export function findMpeg(bytes: Uint8Array, from: number): number {
  const last = Math.min(bytes.length - HEADER_BYTES, from + MOST_JUNK);
  for (let at = from; at <= last; at++) {
    if (bytes[at] === 0xff && isMpeg(bytes, at)) return at;
  }
  return -1;
}

/**
 * Walks the frames of MPEG audio that begins at 0: how many sampling rates they have, and which share of the bytes, up to the last of
 * them, lies in frames that follow each other.
 */
export function surveyMpeg(bytes: Uint8Array): { readonly rates: number; readonly share: number } {
  const rates = new Set<number>();
  let framed = 0;
  let at = 0;
  while (at >= 0 && at + HEADER_BYTES <= bytes.length && !isTag(bytes, at)) {
    const length = mpegFrame(bytes, at);
    if (length === 0) {
      at = findMpeg(bytes, at + 1);
      continue;
    }
    rates.add(rateOf(bytes, at));
    const next = at + length;
    if (next >= bytes.length || mpegFrame(bytes, next) > 0 || isTag(bytes, next)) framed += length;
    at = next;
  }
  // What follows the last frame is no sound, unless headers like the first are still in it.
  const end = at >= 0 ? Math.min(at, bytes.length) : asBuffer(bytes).lastIndexOf(bytes.subarray(0, 2));
  return { rates: rates.size, share: end <= 0 ? 0 : Math.min(1, framed / end) };
}

/**
 * Whether MPEG audio of free format begins at `at`: no frame states its length, and three begin alike in equal distance. The decoder
 * makes noise of it.
 */
export function isFreeFormat(bytes: Uint8Array, at: number): boolean {
  if (!isFreeFrame(bytes, at)) return false;
  const like = (other: number): boolean =>
    bytes[other] === 0xff && bytes[other + 1] === bytes[at + 1] && ((bytes[other + 2] ?? 0) ^ (bytes[at + 2] ?? 0)) < 4;
  for (let length = LEAST_FREE; length <= MOST_FREE; length++) {
    if (like(at + length) && [-1, 0, 1].some((padding) => like(at + 2 * length + padding))) return true;
  }
  return false;
}

function isFreeFrame(bytes: Uint8Array, at: number): boolean {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
  const known = ((second >> 1) & 3) !== 0 && ((second >> 3) & 3) !== 1 && ((third >> 2) & 3) !== 3;
  return first === 0xff && (second & 0xe0) === 0xe0 && known && third >> 4 === 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
