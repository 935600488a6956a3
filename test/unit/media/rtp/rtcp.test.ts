import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rtcpSender } from '../../../../src/media/rtp/rtcp.js';

const of = (...bytes: readonly number[]): number | null => rtcpSender(Uint8Array.from(bytes), bytes.length);
const SSRC = [0xde, 0xad, 0xbe, 0xef];
const REPORT = [0x80, 201, 0, 1, ...SSRC];
const BYE = [0x81, 203, 0, 1, ...SSRC];

describe('an RTCP packet (RFC 3550 §A.2)', () => {
  it('tells its sender, of a sender report and of a receiver report', () => {
    expect(of(...REPORT)).toBe(0xdeadbeef);
    expect(of(0x80, 200, 0, 6, ...SSRC, ...Array<number>(20).fill(0))).toBe(0xdeadbeef);
  });

  it('may be several in one datagram', () => expect(of(...REPORT, ...BYE)).toBe(0xdeadbeef));

  it.each([
    ['nothing', []],
    ['a header alone', [0x80, 201, 0, 0]],
    ['a report that says it is a header alone', [0x80, 201, 0, 0, ...BYE]],
    ['another version', [0x40, ...REPORT.slice(1)]],
    ['another version behind a report', [...REPORT, 0x01, ...BYE.slice(1)]],
    ['a length beyond the end', [0x80, 201, 0, 2, ...SSRC]],
    ['a length short of the end', [...REPORT, 0x80]],
    ['padding in the first', [0xa0, 201, 0, 1, ...SSRC]],
    ['no report first', BYE],
    ['an RTP packet', [0x80, 0, 0, 1, ...SSRC, 0, 0, 0, 0]],
  ])('is none: %s', (_, bytes) => expect(of(...bytes)).toBeNull());

  it('survives anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const sender = rtcpSender(bytes, bytes.length);
        return sender === null || (Number.isInteger(sender) && sender >= 0);
      }),
    );
  });
});
