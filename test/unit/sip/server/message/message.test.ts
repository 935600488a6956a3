import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalName } from '../../../../../src/sip/server/message/header-names.js';
import {
  header,
  headerLines,
  LIMITS,
  parseMessage,
  serialize,
  type SipMessage,
} from '../../../../../src/sip/server/message/message.js';

const parse = (text: string): ReturnType<typeof parseMessage> => parseMessage(Buffer.from(text));
const value = (text: string): SipMessage => {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.error.reason);
  return parsed.value;
};

describe('parseMessage', () => {
  it('reads a request with its headers in order and duplicates kept', () => {
    const message = value('INVITE sip:a@b SIP/2.0\r\nVia: 1\r\nX-One: a\r\nvia: 2\r\nx-one: b\r\n\r\nbody');
    expect(message).toMatchObject({ kind: 'request', method: 'INVITE', uri: 'sip:a@b' });
    expect(message.headers).toEqual([
      { name: 'Via', value: '1' },
      { name: 'X-One', value: 'a' },
      { name: 'Via', value: '2' },
      { name: 'x-one', value: 'b' },
    ]);
    expect(headerLines(message, 'Via')).toEqual(['1', '2']);
    expect(message.body.toString()).toBe('body');
  });

  it('reads a response, with and without a reason phrase', () => {
    expect(value('SIP/2.0 180 Ringing in the head\r\n\r\n')).toMatchObject({ status: 180, reason: 'Ringing in the head' });
    expect(value('SIP/2.0 100 \r\n\r\n')).toMatchObject({ status: 100, reason: '' });
    expect(value('SIP/2.0 100\r\n\r\n')).toMatchObject({ status: 100, reason: '' });
  });

  it.each([
    ['a', 'Accept-Contact'],
    ['b', 'Referred-By'],
    ['c', 'Content-Type'],
    ['d', 'Request-Disposition'],
    ['e', 'Content-Encoding'],
    ['f', 'From'],
    ['i', 'Call-ID'],
    ['j', 'Reject-Contact'],
    ['k', 'Supported'],
    ['M', 'Contact'],
    ['o', 'Event'],
    ['r', 'Refer-To'],
    ['s', 'Subject'],
    ['t', 'To'],
    ['U', 'Allow-Events'],
    ['v', 'Via'],
    ['x', 'Session-Expires'],
    ['cAlL-iD', 'Call-ID'],
    ['www-authenticate', 'WWW-Authenticate'],
    ['X-Mine', 'X-Mine'],
  ])('knows %s as %s', (written, name) => {
    expect(canonicalName(written)).toBe(name);
    expect(header(value(`OPTIONS sip:a SIP/2.0\r\n${written}: v\r\n\r\n`), name)).toBe('v');
  });

  it('unfolds headers and takes white space around the colon (RFC 3261 §7.3.1)', () => {
    const message = value('OPTIONS sip:a SIP/2.0\r\nSubject \t:  one\r\n two\r\n\t three  \r\nTo:x\r\n\r\n');
    expect(message.headers).toEqual([
      { name: 'Subject', value: 'one two three' },
      { name: 'To', value: 'x' },
    ]);
  });

  it('ignores empty lines before the start line and bytes behind the body (RFC 3261 §7.5, §18.3)', () => {
    const message = value('\r\n\r\nOPTIONS sip:a SIP/2.0\r\nl: 2\r\n\r\nabcdef');
    expect(message.body.toString()).toBe('ab');
    expect(header(message, 'Content-Length')).toBeNull();
  });

  it('reads UTF-8, and Latin-1 where the head is no UTF-8', () => {
    expect(header(value('OPTIONS sip:a SIP/2.0\r\nSubject: grüß\r\n\r\n'), 'Subject')).toBe('grüß');
    const latin1 = parseMessage(Buffer.from('OPTIONS sip:a SIP/2.0\r\nSubject: grüß\r\n\r\n', 'latin1'));
    expect(latin1.ok && header(latin1.value, 'Subject')).toBe('grüß');
  });

  it.each([
    ['a negative Content-Length', 'OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n', 400],
    ['a Content-Length that is no number', 'OPTIONS sip:a SIP/2.0\r\nl: 1x\r\n\r\n1', 400],
    ['two Content-Lengths', 'OPTIONS sip:a SIP/2.0\r\nl: 0\r\nl: 0\r\n\r\n', 400],
    ['a body shorter than announced', 'OPTIONS sip:a SIP/2.0\r\nl: 9\r\n\r\n1', 400],
    ['a header without colon', 'OPTIONS sip:a SIP/2.0\r\nnonsense\r\n\r\n', 400],
    ['a header name that is no token', 'OPTIONS sip:a SIP/2.0\r\nFr om: x\r\n\r\n', 400],
    ['a bare line feed', 'OPTIONS sip:a SIP/2.0\r\nSubject: a\nb: c\r\n\r\n', 400],
    ['a bare carriage return', 'OPTIONS sip:a SIP/2.0\r\nSubject: a\rb\r\n\r\n', 400],
    ['no blank line', 'OPTIONS sip:a SIP/2.0\r\nSubject: a', 400],
    ['two spaces in the request line', 'OPTIONS  sip:a SIP/2.0\r\n\r\n', 400],
    ['a space in the Request-URI', 'OPTIONS sip:a b SIP/2.0\r\n\r\n', 400],
    ['a Request-URI in angle brackets', 'OPTIONS <sip:a> SIP/2.0\r\n\r\n', 400],
    ['white space after the version', 'OPTIONS sip:a SIP/2.0  \r\n\r\n', 400],
    ['another version', 'OPTIONS sip:a SIP/7.0\r\n\r\n', 505],
    ['a long Request-URI', `OPTIONS sip:${'a'.repeat(LIMITS.uri)} SIP/2.0\r\n\r\n`, 414],
    ['a long line', `OPTIONS sip:a SIP/2.0\r\nX: ${'a'.repeat(LIMITS.line)}\r\n\r\n`, 400],
    ['a long head', `OPTIONS sip:a SIP/2.0\r\n${`X: ${'a'.repeat(1000)}\r\n`.repeat(40)}\r\n`, 400],
    ['too many headers', `OPTIONS sip:a SIP/2.0\r\n${'X: a\r\n'.repeat(LIMITS.headers + 1)}\r\n`, 400],
    ['a large body', `OPTIONS sip:a SIP/2.0\r\n\r\n${'a'.repeat(LIMITS.body + 1)}`, 413],
  ])('refuses %s, and says so to its sender', (_name, text, status) => {
    const parsed = parse(text);
    expect(parsed).toMatchObject({ ok: false, error: { status, request: { method: 'OPTIONS' } } });
  });

  it.each(['\u2028', '\u2029', '\u0085', '\t'])('takes a reason phrase with the character %j', (character) => {
    const reason = `Not${character}Found`;
    expect(parse(`SIP/2.0 404 ${reason}\r\n\r\n`)).toMatchObject({ ok: true, value: { status: 404, reason } });
  });

  it.each([
    ['noise', 'hello world'],
    ['nothing', ''],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a status that is none', 'SIP/2.0 4294967301 better not\r\n\r\n'],
    ['a response with a bad length', 'SIP/2.0 200 OK\r\nl: x\r\n\r\n'],
    ['zero bytes', '\0\0\0\0\0\0'],
  ])('has nobody to answer for %s', (_name, text) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { request: null } });
  });

  it('takes time linear in the length of hostile lines', () => {
    for (const filler of [' ', '\t', '\r\n ', ':', ';', ',', '"', '<', '\\']) {
      const text = `OPTIONS sip:a SIP/2.0\r\nSubject: ${filler.repeat(7_900 / filler.length)}x\r\n\r\n`;
      const before = performance.now();
      for (let round = 0; round < 20; round++) parse(text);
      expect(performance.now() - before, JSON.stringify(filler)).toBeLessThan(1_000);
    }
  });
});

const token = fc.stringMatching(/^[A-Za-z][\w.!%*+`'~-]{0,20}$/);
const text = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((s) => s.replaceAll(/[\r\n]/g, '').trim())
  .filter((s) => Buffer.from(s).toString() === s);
const headers = fc.array(fc.record({ name: token.map(canonicalName).filter((name) => name !== 'Content-Length'), value: text }), {
  maxLength: 12,
});
const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const message: fc.Arbitrary<SipMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('request' as const),
    method: token,
    uri: fc.stringMatching(/^sip:[^\s<>"]{1,40}$/),
    headers,
    body,
  }),
  fc.record({ kind: fc.constant('response' as const), status: fc.integer({ min: 100, max: 699 }), reason: text, headers, body }),
);

describe('properties', () => {
  it('parse(serialize(m)) equals m', () => {
    fc.assert(
      fc.property(message, (m) => {
        expect(parseMessage(serialize(m))).toEqual({ ok: true, value: m });
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever the bytes', () => {
    const start = Buffer.from('INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nl: 5\r\n\r\nabcde');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(start.length), (bytes, at) => {
        const mutated = Buffer.concat([start.subarray(0, at), bytes, start.subarray(at + Math.floor(bytes.length / 2))]);
        parseMessage(mutated);
        parseMessage(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});
