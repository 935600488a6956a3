import { describe, expect, it } from 'vitest';
import { Framing } from '../../../src/http/framing.js';

/** Whether a response is taken that comes in pieces of that many bytes. */
function taken(response: string, pieceBytes: number): boolean {
  const framing = new Framing(16_384);
  framing.begin();
  const bytes = Buffer.from(response, 'latin1');
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (!framing.accepts(bytes.subarray(at, at + pieceBytes))) return false;
  }
  return true;
}

const head = (...lines: string[]): string => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
const FLOOD = 'a:\r\n'.repeat(5000);
const CHUNKED = head('Transfer-Encoding: chunked');

describe.each([1, 7, 65_536])('the framing of a response that comes in pieces of %i bytes', (pieceBytes) => {
  it.each([
    ['a body with a length', head('Content-Length: 20000') + FLOOD],
    ['a body to the end of the connection', `HTTP/1.0 200 OK\n\n${FLOOD}`],
    ['chunks of five bytes', `${CHUNKED}${'5\r\nabcde\r\n'.repeat(100_000)}0\r\n\r\n`],
    ['one large chunk', `${CHUNKED}4e20\r\n${FLOOD}\r\n0\r\n\r\n`],
    ['chunks of one byte', `${CHUNKED}${'1\r\n\n\r\n'.repeat(12_000)}0\r\n\r\n`],
    ['sizes with leading zeros', `${CHUNKED}${'00000001\r\nx\r\n'.repeat(5000)}0\r\n\r\n`],
    ['a length after an interim response', `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${head()}${FLOOD}`],
    ['what names no coding that we know', head('Transfer-Encoding: chunked, gzip') + FLOOD],
    ['what only looks chunked', head('X-Transfer-Encoding: chunked', 'Transfer-Encodings: chunked') + FLOOD],
    ['what the parser refuses anyway', `${CHUNKED}no size\r\n1\r\nxx\r\n`],
    ['300 trailers', `${CHUNKED}2\r\n{}\r\n0\r\n${'a:\r\n'.repeat(299)}\r\n`],
  ])('may be %s', (_what, response) => {
    expect(taken(response, pieceBytes)).toBe(true);
  });

  it.each([
    ['trailers', `${CHUNKED}2\r\n{}\r\n0\r\n${FLOOD}`],
    ['trailers of a body in another spelling', `${head('tRANSFER-eNCODING:gzip, Chunked ')}2\r\n{}\r\n0\r\n${FLOOD}`],
    [
      'trailers after many headers',
      `${head(...Array.from({ length: 200 }, () => 'X: y'), 'Transfer-Encoding: chunked')}0\r\n${FLOOD}`,
    ],
    ['an extension', `${CHUNKED}5;${'x'.repeat(16_400)}`],
    ['extensions', `${CHUNKED}${'1;x=y\r\nx\r\n'.repeat(5000)}`],
    ['digits of a size', `${CHUNKED}${'0'.repeat(66_000)}`],
    ['headers', `HTTP/1.1 200 OK\r\n${FLOOD}`],
    ['headers after an interim response', `HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n${FLOOD}`],
    ['chunks of one byte', `${CHUNKED}${'1\r\nx\r\n'.repeat(20_000)}`],
    ['a status line', `HTTP/1.1 200 ${'O'.repeat(16_400)}`],
  ])('has not too much of %s', (_what, response) => {
    expect(taken(response, pieceBytes)).toBe(false);
  });

  it('has a 102 in the place of a 100, and of nothing else', () => {
    const framing = new Framing(16_384);
    framing.begin();
    const response = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100\n\nHTTP/1.1 200 100\r\nX-Status: HTTP/1.1 100\r\n\r\n${'HTTP/1.1 100'.repeat(9)}`;
    const bytes = Buffer.from(response);
    for (let at = 0; at < bytes.length; at += pieceBytes) framing.accepts(bytes.subarray(at, at + pieceBytes));
    expect(bytes.toString()).toBe(response.replace('100 Continue', '102 Continue').replace('100\n', '102\n'));
  });

  it('is counted anew with the next response', () => {
    const framing = new Framing(16_384);
    for (let i = 0; i < 50; i += 1) {
      framing.begin();
      expect(framing.accepts(Buffer.from(`${CHUNKED}2\r\n{}\r\n0\r\n${'a:\r\n'.repeat(100)}\r\n`))).toBe(true);
    }
  });
});
