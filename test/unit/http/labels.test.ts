import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AnswerHeaders } from '../../../src/http/answer-headers.js';
import { bodyText } from '../../../src/http/body-text.js';
import { decodeBody, looksCompressed } from '../../../src/http/decode.js';
import { readToken } from '../../../src/webhooks/auth/token-answer.js';

/* What an answer is said to be, against the bytes it has. */

const TEXT = '{"name":"Zoë Čapek 漢字 😀"}';
const BYTES = Buffer.from(TEXT);

function utf16(text: string, bigEndian: boolean): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
}
function utf32(text: string, bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(Array.from(text).length * 4);
  Array.from(text).forEach((character, i) => bytes.writeUInt32LE(character.codePointAt(0) ?? 0, i * 4));
  return bigEndian ? bytes.swap32() : bytes;
}
const FORMS: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['UTF-8', (text) => Buffer.from(text)],
  ['UTF-16LE', (text) => utf16(text, false)],
  ['UTF-16BE', (text) => utf16(text, true)],
  ['UTF-32LE', (text) => utf32(text, false)],
  ['UTF-32BE', (text) => utf32(text, true)],
];
const LABELS = [
  ...['', 'application/json', 'application/json; charset=utf-8', 'application/json; charset=iso-8859-1', 'text/plain'],
  ...['application/json; charset="utf-16"', "application/xml; charset='windows-1252'", 'text/xml; charset=nonsense'],
];

describe.each(FORMS)('%s', (name, encode) => {
  it.each(LABELS)('with a byte order mark is read by it, called %j', (label) => {
    expect(bodyText(encode(`\uFEFF${TEXT}`), label)).toBe(TEXT);
    expect(bodyText(encode(`\uFEFF<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>`), label)).toContain('<a>é</a>');
    expect(bodyText(encode(`\uFEFF`), label)).toBe('');
  });

  it('without a mark is told by its first characters when no charset is named', () => {
    expect(bodyText(encode(TEXT), 'application/json')).toBe(TEXT);
    expect(bodyText(encode('<a>é</a>'), '')).toBe('<a>é</a>');
  });

  it('without a mark is read as it is called', () => {
    expect(bodyText(encode('漢字'), `text/plain; charset=${name}`)).toBe('漢字');
  });
});

describe('text that is broken', () => {
  it('costs its own characters and no more', () => {
    expect(bodyText(Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x42]), '')).toBe('A\uFFFD\uFFFD');
    expect(bodyText(Buffer.from([0xff, 0xfe, 0x41, 0, 0x42]), '')).toBe('A\uFFFD');
    expect(bodyText(Buffer.from([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x41]), '')).toBe('A');
  });
});

const lines = (...values: string[]): readonly string[] => values;

describe('a Content-Encoding that is no content coding', () => {
  it.each([
    ...['UTF-8', 'utf8', 'utf-16', 'iso-8859-1', 'windows-1252', 'us-ascii', 'charset=utf-8', 'none', 'binary', 'identity', ''],
    ...['8bit', 'base64', 'chunked', 'aws-chunked', 'application/json', ' Identity ', '"utf-8"', 'identity, UTF-8', ',', 'null'],
  ])('%j leaves the body as it is', async (label) => {
    expect(await decodeBody(BYTES, lines(label), 1000)).toEqual({ ok: true, value: BYTES });
  });

  it.each(['UTF-8', 'identity', 'none'])('%j beside gzip changes nothing of that', async (label) => {
    for (const given of [lines(label, 'gzip'), lines('gzip', label), lines(`gzip, ${label}`)])
      expect(await decodeBody(gzipSync(BYTES), given, 1000)).toEqual({ ok: true, value: BYTES });
  });

  it.each(['zstd', 'compress', 'exi', 'gzipp', 'x-brotli', 'zstd\u0000<script>'])('%j is told with its name', async (label) => {
    const decoded = await decodeBody(BYTES, lines(label), 1000);
    expect(decoded).toMatchObject({ ok: false, error: { kind: 'bad-encoding' } });
    expect(JSON.stringify(decoded)).toContain('that Offhook does not know: ');
  });
});

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync(BYTES)],
    ['x-gzip', gzipSync(BYTES)],
    ['GZIP', gzipSync(BYTES)],
    ['gzip;q=1', gzipSync(BYTES)],
    ['gzip', deflateSync(BYTES)],
    ['deflate', deflateSync(BYTES)],
    ['deflate', deflateRawSync(BYTES)],
    ['deflate', gzipSync(BYTES)],
    ['br', brotliCompressSync(BYTES)],
    ['gzip', gzipSync(gzipSync(BYTES))],
    ['UTF-8', gzipSync(BYTES)],
    ['identity', gzipSync(BYTES)],
  ])('called %s is read by its bytes (%#)', async (label, body) => {
    expect(await decodeBody(body, lines(label), 1000)).toEqual({ ok: true, value: BYTES });
  });

  it.each([
    ['gzip', gzipSync(BYTES)],
    ['zlib', deflateSync(BYTES)],
    ['fast zlib', deflateSync(BYTES, { level: 1 })],
    ['best zlib', deflateSync(BYTES, { level: 9 })],
  ])('without a label is told by its first bytes: %s', async (_what, body) => {
    expect(looksCompressed(body)).toBe(true);
    expect(await decodeBody(body, [], 1000)).toEqual({ ok: true, value: BYTES });
  });

  it.each([
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2]), 'is compressed by zstd'],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1]), 'is compressed by xz'],
    ['bzip2', Buffer.from('BZh91AY&SYabc'), 'is compressed by bzip2'],
    ['gzip that breaks off', gzipSync(BYTES).subarray(0, 20), 'without a Content-Encoding that says so, and broken'],
  ])('without a label that cannot be read is told: %s', async (_what, body, words) => {
    const decoded = await decodeBody(body, [], 1000);
    expect(decoded).toMatchObject({
      ok: false,
      error: { kind: 'bad-encoding', detail: expect.stringContaining(words) as string },
    });
  });

  it.each([
    ['gzip', BYTES, 'is said to be gzip and is not'],
    ['deflate', Buffer.from([0xff, 0xff, 0xff]), 'is said to be deflate and is not'],
    ['br', Buffer.from('no brotli at all'), 'is compressed by br and broken'],
    ['gzip', gzipSync(BYTES).subarray(0, 20), 'is compressed by gzip and broken'],
    ['gzip, br', gzipSync(BYTES), 'more than one Content-Encoding'],
  ])('that is called %s and is not is told', async (label, body, words) => {
    const decoded = await decodeBody(body, lines(label), 1000);
    expect(decoded).toMatchObject({
      ok: false,
      error: { kind: 'bad-encoding', detail: expect.stringContaining(words) as string },
    });
  });

  it.each([['gzip'], []])('has its size at, below and above the limit (%j)', async (...labels) => {
    const body = gzipSync(Buffer.alloc(1000, 65));
    expect(await decodeBody(body, labels, 1001)).toMatchObject({ ok: true });
    expect(await decodeBody(body, labels, 1000)).toMatchObject({ ok: true });
    expect(await decodeBody(body, labels, 999)).toMatchObject({ ok: false, error: { kind: 'too-large' } });
    const twice = gzipSync(gzipSync(Buffer.alloc(1_000_000)));
    expect(await decodeBody(twice, labels, 5000)).toMatchObject(labels.length === 0 ? { ok: true } : { ok: false });
  });
});

it.each(['x^ is no zlib', 'x\u0001', 'hello', '', '{}', 'h\u0081'])(
  'plain text is never taken for a compressed one: %j',
  async (text) => {
    const body = Buffer.from(text, 'latin1');
    expect(await decodeBody(body, [], 1000)).toEqual({ ok: true, value: body });
  },
);

it('an access token is read in any of these forms, and what is wrong with its answer is told', () => {
  const answer = (body: Buffer | null, more = {}) => ({
    kind: 'response' as const,
    status: 200,
    headers: AnswerHeaders.NONE,
    body,
    problem: null,
    note: null,
    attempts: 1,
    ms: 1,
    ...more,
  });
  for (const [, encode] of FORMS)
    expect(readToken(answer(encode('\uFEFF{"access_token":"t"}')))).toMatchObject({ ok: true, value: { token: 't' } });
  expect(readToken(answer(null, { problem: 'bad-encoding', problemDetail: 'is compressed by zstd' }))).toEqual({
    ok: false,
    error: 'the answer of the token endpoint is compressed by zstd',
  });
});
