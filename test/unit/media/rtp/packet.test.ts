import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRtpPacket, isRtcp, readRtp, rtpPacket, type RtpPacket } from '../../../../src/media/rtp/packet.js';

const read = (bytes: readonly number[] | Uint8Array): RtpPacket | null => {
  const packet = emptyRtpPacket();
  const data = Uint8Array.from(bytes);
  return readRtp(data, data.length, packet) ? packet : null;
};
const HEADER = [0x80, 0x60, 0x12, 0x34, 0xff, 0xfe, 0xfd, 0xfc, 0xde, 0xad, 0xbe, 0xef];

describe('an RTP packet', () => {
  it('is written byte for byte as RFC 3550 §5.1 draws it', () => {
    const header = { payloadType: 101, marker: true, sequence: 0xfffe, timestamp: 0x80000001, ssrc: 0xcafebabe };
    expect([...rtpPacket(header, Uint8Array.of(1, 2))]).toEqual([
      0x80, 0xe5, 0xff, 0xfe, 0x80, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe, 1, 2,
    ]);
  });

  it('is read with unsigned fields', () => {
    expect(read([...HEADER, 9])).toEqual({
      payloadType: 96,
      marker: false,
      sequence: 0x1234,
      timestamp: 0xfffefdfc,
      ssrc: 0xdeadbeef,
      payloadStart: 12,
      payloadEnd: 13,
    });
  });

  it('has its payload behind CSRCs and extension, padding taken off', () => {
    const csrcAndExtension = [0xb1, ...HEADER.slice(1), 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 2, 2, 2, 2, 7, 8, 0, 0, 3];
    expect(read(csrcAndExtension)).toMatchObject({ payloadStart: 24, payloadEnd: 26 });
  });

  it.each([
    ['too short', HEADER.slice(0, 11)],
    ['of another version', [0x40, ...HEADER.slice(1)]],
    ['with CSRCs beyond its end', [0x8f, ...HEADER.slice(1)]],
    ['with an extension header beyond its end', [0x90, ...HEADER.slice(1), 0, 0]],
    ['with an extension beyond its end', [0x90, ...HEADER.slice(1), 0, 0, 0, 9]],
    ['with padding beyond its payload', [0xa0, ...HEADER.slice(1), 200]],
    ['with padding of none', [0xa0, ...HEADER.slice(1), 0]],
    ['RTCP on the same port', [0x80, 200, 0, 6, ...HEADER.slice(4)]],
  ])('is refused when it is %s', (_, bytes) => expect(read(bytes)).toBeNull());

  it('is told from RTCP by RFC 5761 §4', () => {
    expect(isRtcp(Uint8Array.of(0x81, 203, 0, 1, 0, 0, 0, 0), 8)).toBe(true);
    expect(isRtcp(Uint8Array.of(0x80, 0x80, 0, 1, 0, 0, 0, 0), 8)).toBe(false);
  });

  it('of any bytes is read or refused, never beyond its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const packet = read(bytes);
        return packet === null || (packet.payloadStart <= packet.payloadEnd && packet.payloadEnd <= bytes.length);
      }),
    );
  });

  it('comes back as it was written, whatever its fields', () => {
    const field = fc.record({
      payloadType: fc.integer({ min: 0, max: 63 }),
      marker: fc.boolean(),
      sequence: fc.integer({ min: 0, max: 0xffff }),
      timestamp: fc.integer({ min: 0, max: 0xffffffff }),
      ssrc: fc.integer({ min: 0, max: 0xffffffff }),
    });
    fc.assert(
      fc.property(field, fc.uint8Array({ maxLength: 200 }), (header, payload) => {
        expect(read(rtpPacket(header, payload))).toEqual({ ...header, payloadStart: 12, payloadEnd: 12 + payload.length });
      }),
    );
  });
});
