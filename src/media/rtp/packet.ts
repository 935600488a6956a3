/*
 * RTP packets (RFC 3550 §5.1), read and written in place. Pure: bytes in, bytes out. Written for a path that runs a hundred
 * times a second and call, so the reader fills an object of the caller's instead of making one.
 */

/** Bytes of an RTP header without CSRCs and extension. */
export const RTP_HEADER_BYTES = 12;

/** The fields of one packet. `sequence` is 16 bit, `timestamp` and `ssrc` are unsigned 32 bit. */
export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Payload = bytes from `payloadStart` to `payloadEnd` (exclusive) of the datagram; padding is already taken off. */
  payloadStart: number;
  payloadEnd: number;
}

/** An empty packet for {@link readRtp} to fill. */
export function emptyRtpPacket(): RtpPacket {
  return { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 };
}

/**
 * True for an RTCP packet that came to an RTP port (RFC 5761 §4): packet types 192–223 lie where RTP would have payload types
 * 64–95 with the marker set, which RTP never uses.
 */
export function isRtcp(bytes: Uint8Array, length: number): boolean {
  const type = bytes[1] ?? 0;
  return length >= 8 && type >= 192 && type <= 223;
}

function u32(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/**
 * Reads the first `length` bytes of `bytes` into `into`. False, with `into` in no particular state, for anything that is not a
 * well-formed RTP packet: another version, RTCP, CSRCs, extension or padding reaching beyond the end (RFC 3550 §A.1).
 */
export function readRtp(bytes: Uint8Array, length: number, into: RtpPacket): boolean {
  const first = bytes[0] ?? 0;
  if (length < RTP_HEADER_BYTES || first >> 6 !== 2 || isRtcp(bytes, length)) return false;
  const second = bytes[1] ?? 0;
  let start = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  let end = length;
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return false;
    start += 4 + 4 * u16(bytes, start + 2);
  }
  if ((first & 0x20) !== 0) {
    const padding = bytes[length - 1] ?? 0;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  into.marker = (second & 0x80) !== 0;
  into.payloadType = second & 0x7f;
  into.sequence = u16(bytes, 2);
  into.timestamp = u32(bytes, 4);
  into.ssrc = u32(bytes, 8);
  into.payloadStart = start;
  into.payloadEnd = end;
  return true;
}

/** What {@link writeRtpHeader} writes; the rest of the header is fixed: version 2, no padding, extension or CSRC. */
export type RtpHeader = Pick<RtpPacket, 'payloadType' | 'marker' | 'sequence' | 'timestamp' | 'ssrc'>;

/** Writes the 12 header bytes to the start of `bytes`; the payload follows at {@link RTP_HEADER_BYTES}. */
export function writeRtpHeader(bytes: Uint8Array, header: RtpHeader): void {
  const { sequence, timestamp, ssrc } = header;
  bytes[0] = 0x80;
  bytes[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f);
  bytes[2] = sequence >>> 8;
  bytes[3] = sequence;
  bytes[4] = timestamp >>> 24;
  bytes[5] = timestamp >>> 16;
  bytes[6] = timestamp >>> 8;
  bytes[7] = timestamp;
  bytes[8] = ssrc >>> 24;
  bytes[9] = ssrc >>> 16;
  bytes[10] = ssrc >>> 8;
  bytes[11] = ssrc;
}

/** A whole packet as new bytes; for tests, test phones and everything else that is not in a hurry. */
export function rtpPacket(header: RtpHeader, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(bytes, header);
  bytes.set(payload, RTP_HEADER_BYTES);
  return bytes;
}
