import { describe, expect, it } from 'vitest';
import { HeaderTable } from '../../../src/sip/headers.js';
import { readBody } from '../../../src/sip/sdp-body.js';

const SDP = 'v=0\r\ns=-';
const read = (headers: readonly string[], body: string | undefined): ReturnType<typeof readBody> =>
  readBody(new HeaderTable(['INVITE sip:a SIP/2.0', ...headers, '', body ?? ''].join('\r\n')), body);
const multipart = (...parts: readonly string[]): string => [...parts.map((part) => `--b1\r\n${part}`), '--b1--', ''].join('\r\n');
const sdpPart = `Content-Type: application/sdp\r\n\r\n${SDP}`;
const isup = (disposition: string): string =>
  `Content-Type: application/ISUP;version=itu-t\r\n${disposition}\r\n\u0001\u0010\u0000`;
const TYPE = 'Content-Type: multipart/mixed;boundary=b1';

describe('the SDP of a message', () => {
  it.each([
    ['none', [], undefined],
    ['white space', ['Content-Type: application/sdp'], '\r\n'],
  ])('is absent: %s', (_name, headers, body) => expect(read(headers, body)).toEqual({ kind: 'none' }));

  it.each([
    ['plain', ['Content-Type: application/sdp'], SDP],
    ['in the compact form, with a parameter', ['c: Application/SDP;charset=utf-8'], SDP],
    ['as the only part', [TYPE], multipart(sdpPart)],
    ['before ISUP that is optional', [TYPE], multipart(sdpPart, isup('Content-Disposition: signal;handling=optional\r\n'))],
    ['behind ISUP that does not say', ['Content-Type: multipart/mixed; charset=x; boundary="b1"'], multipart(isup(''), sdpPart)],
    ['with a preamble before it', [TYPE], `This is MIME.\r\n${multipart(sdpPart)}`],
    ['in a part with compact and folded headers', [TYPE], multipart(`c:\r\n application/sdp\r\n\r\n${SDP}`)],
  ])('is read: %s', (_name, headers, body) => expect(read(headers, body)).toEqual({ kind: 'sdp', sdp: SDP }));

  it.each([
    ['another type', ['Content-Type: text/plain'], SDP],
    ['no type', [], SDP],
    ['an encoding', ['Content-Type: application/sdp', 'Content-Encoding: gzip'], SDP],
    ['a part that must be understood', [TYPE], multipart(sdpPart, isup('Content-Disposition: signal; handling=required\r\n'))],
    ['an encoded part', [TYPE], multipart(`Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n\r\n${SDP}`)],
    ['no boundary', ['Content-Type: multipart/mixed'], multipart(sdpPart)],
    ['another boundary', ['Content-Type: multipart/mixed;boundary=b2'], multipart(sdpPart)],
    ['parts without end', [TYPE], '--b1\r\n\r\n'.repeat(5_000)],
    ['the SDP behind too many parts', [TYPE], multipart(...Array.from({ length: 20 }, () => isup('')), sdpPart)],
  ])('is refused: %s', (_name, headers, body) => expect(read(headers, body)).toEqual({ kind: 'refused', status: 415 }));
});
