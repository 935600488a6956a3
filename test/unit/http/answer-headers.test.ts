import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { AnswerHeaders } from '../../../src/http/answer-headers.js';
import { CLIENT_DEFAULTS, type Exchange, HttpClient } from '../../../src/http/client.js';
import { ExchangeLog } from '../../../src/runs/test/exchange-log.js';
import { translator } from '../../../src/functions/contract/translate.js';
import { watchSecrets } from '../../../src/webhooks/secrets/secrets.js';
import { type RawServer, startRawServer } from '../../support/raw-server.js';
import { webhookCall } from '../../support/webhook-calls.js';
import { webhookPort } from '../../support/webhook-port.js';

/* A server may send any header field on several lines; nothing that reads an answer may stumble over it. */

let server: RawServer;
let client: HttpClient;
const answers = new Map<string, Buffer>();

beforeAll(async () => {
  server = await startRawServer(({ url }) => answers.get(url) ?? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowHosts: [`127.0.0.1:${server.port}`] }, systemClock);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

/** Serves an answer with those header lines under that name. */
function serve(name: string, status: number, lines: readonly string[], body: string | Buffer = ''): string {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status} X`, ...lines, `Content-Length: ${bytes.length}`, '', ''].join('\r\n');
  answers.set(`/${name}`, Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
  return `${server.origin}/${name}`;
}

const get = (url: string, more: Partial<Exchange> = {}): Exchange => ({
  method: 'GET',
  url,
  headers: [],
  body: null,
  redirects: 0,
  maxBytes: 65_536,
  timeoutMs: 5000,
  secretHeaders: new Set(),
  ...more,
});

const twice = (line: string): readonly string[] => [line, line];

/** Every field that something in the process reads, and some that a prototype has. */
const NAMES = [
  ...['Content-Type', 'Content-Encoding', 'Location', 'Retry-After', 'Set-Cookie', 'ETag', 'Date', 'Connection', 'Keep-Alive'],
  ...['Trailer', 'WWW-Authenticate', 'X-Offhook', '__proto__', 'constructor', 'toString', 'hasOwnProperty'],
];

describe('a field on several lines', () => {
  it.each(NAMES)('%s never makes the exchange or a reader of its answer throw', async (name) => {
    for (const status of [200, 302, 401, 429, 503]) {
      const url = serve('any', status, [...twice(`${name}: a`), `${name}: 7`], '{"status":"ready"}');
      expect(await client.exchange(get(url, { redirects: 1 }))).toMatchObject({ kind: 'response' });
      const log = new ExchangeLog(watchSecrets(() => undefined));
      await log.watch({ exchange: (exchange) => client.exchange(exchange) }).exchange({ ...get(url), shownUrl: url });
      expect(log.seen[0]?.answer.headers.filter(([key]) => key === name.toLowerCase())).toHaveLength(3);
      const answer = await webhookPort(client).request(
        webhookCall(url, { responseType: 'auto', mapping: [{ path: 'status', required: false }] }),
        new AbortController().signal,
      );
      expect(answer.status).toBe(status);
    }
  });

  it('Content-Type: the first line counts', async () => {
    const lines = ['Content-Type: application/json', 'Content-Type: text/html; charset=utf-8'];
    const url = serve('types', 200, lines, '{"status":"ready"}');
    const answer = await webhookPort(client).request(
      webhookCall(url, { responseType: 'auto', mapping: [{ path: 'status', required: true }] }),
      new AbortController().signal,
    );
    expect(answer).toMatchObject({ status: 200, reason: null, mapped: [{ found: true, value: 'ready' }] });
  });

  it('Location: the first line is followed', async () => {
    const there = serve('there', 200, [], 'there');
    const url = serve('moved', 302, [`Location: ${there}`, `Location: ${server.origin}/elsewhere`]);
    expect(await client.exchange(get(url, { redirects: 1 }))).toMatchObject({ status: 200, body: Buffer.from('there') });
  });

  it.each([
    ['two lines on gzip of one layer', ['Content-Encoding: gzip', 'Content-Encoding: gzip']],
    ['two codings on one line', ['Content-Encoding: gzip, gzip']],
    ['two that differ', ['Content-Encoding: gzip', 'Content-Encoding: br']],
  ])('Content-Encoding, %s: the body cannot be used, and a prompt fails by a sentence', async (_what, lines) => {
    const url = serve('coded', 200, ['Content-Type: audio/wav', ...lines], gzipSync('RIFF'));
    expect(await client.exchange(get(url))).toMatchObject({ kind: 'response', problem: 'bad-encoding', body: null });
    expect(await client.fetchAudio(url, 1000, 5000)).toEqual({
      ok: false,
      error: expect.stringMatching(/^the file has more than one Content-Encoding \(gzip, (?:gzip|br)\)$/u) as string,
    });
  });

  it.each([
    ['an empty line beside it', ['Content-Encoding:', 'Content-Encoding: gzip']],
    ['identity beside it', ['Content-Encoding: identity', 'Content-Encoding: GZIP']],
    ['an empty member in the list', ['Content-Encoding: , gzip ,']],
  ])('Content-Encoding, %s: one coding is undone', async (_what, lines) => {
    const url = serve('coded', 200, lines, gzipSync('RIFF'));
    expect(await client.exchange(get(url))).toMatchObject({ problem: null, body: Buffer.from('RIFF') });
  });

  it('translations are read whatever stands twice', async () => {
    const url = serve('translate', 200, twice('Content-Type: application/json'), '{"translatedText":"ja"}');
    const translate = translator(client, { url, apiKey: null });
    const asked = { text: 'yes', from: 'en', to: 'de', timeoutMs: 5000 };
    expect(await translate(asked, new AbortController().signal)).toMatchObject({ ok: true, value: { text: 'ja' } });
  });
});

describe('the accessor', () => {
  const headers = new AnswerHeaders({ 'X-A': ['1', '2'], 'x-b': '3', 'x-c': [], 'x-d': undefined });

  it('gives the first line, or every one, by a name in any case', () => {
    expect([headers.first('x-a'), headers.first('X-B'), headers.first('x-c'), headers.first('x-d')]).toEqual([
      '1',
      '3',
      null,
      null,
    ]);
    expect([headers.all('X-a'), headers.all('x-c'), headers.all('x-none')]).toEqual([['1', '2'], [], []]);
  });

  it('lists every line for showing', () => {
    expect(headers.lines()).toEqual([
      ['x-a', '1'],
      ['x-a', '2'],
      ['x-b', '3'],
    ]);
  });

  it('knows nothing that a prototype has', () => {
    expect([headers.first('constructor'), headers.first('toString'), headers.first('__proto__')]).toEqual([null, null, null]);
  });

  it.each([
    ['application/json, text/html', 'application/json'],
    ['application/json;charset="a,b"; x=1', 'application/json;charset="a,b"; x=1'],
    ['multipart/x; boundary="a\\",b", text/html', 'multipart/x; boundary="a\\",b"'],
    [', application/json', ''],
    ['', ''],
    ['a/b; c="unclosed, x', 'a/b; c="unclosed, x'],
  ])('of Content-Type %j it takes %j', (line, type) => {
    expect(new AnswerHeaders({ 'content-type': line }).contentType()).toBe(type);
  });
});
