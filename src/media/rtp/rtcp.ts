/*
 * RTCP packets (RFC 3550 §6), read as far as needed to know that somebody is there. We send none.
 */

/** Bytes of the header that all RTCP packets share, and of the SSRC behind it. */
const HEADER_BYTES = 4;
const FIRST_BYTES = 8;
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;

/**
 * The SSRC of the sender of a compound RTCP packet, unsigned 32 bit; null when the first `length` bytes of `bytes` are no
 * well-formed one. By the checks of RFC 3550 §A.2: version 2 throughout, a report first and without padding, and lengths that add
 * up to that of the datagram.
 */
export function rtcpSender(bytes: Uint8Array, length: number): number | null {
  const type = bytes[1] ?? 0;
  if (length < FIRST_BYTES || (type !== SENDER_REPORT && type !== RECEIVER_REPORT) || ((bytes[0] ?? 0) & 0x20) !== 0) return null;
  let at = 0;
  while (at < length) {
    if (at + HEADER_BYTES > length || (bytes[at] ?? 0) >> 6 !== 2) return null;
    at += HEADER_BYTES * (1 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)));
  }
  if (at !== length || firstLength(bytes) < FIRST_BYTES) return null;
  return (((bytes[4] ?? 0) << 24) | ((bytes[5] ?? 0) << 16) | ((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) >>> 0;
}

function firstLength(bytes: Uint8Array): number {
  return HEADER_BYTES * (1 + (((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)));
}
