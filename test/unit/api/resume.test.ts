import { connect } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/lib/log/log.js';
import { type PendingAnswer, ResumeUrls } from '../../../src/webhooks/deferred/resume-urls.js';
import type { DeferredAnswer } from '../../../src/model/deferred-answer.js';
import { SIGNING_KEY, startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

function open(maxBytes = 65_536): PendingAnswer {
  const promised = api.resumes.open(maxBytes);
  if (promised === null) throw new Error('the API is not reachable');
  return promised;
}

async function post(url: string, body?: string | Buffer, headers: Record<string, string> = {}) {
  const response = await request(url, { method: 'POST', headers, ...(body !== undefined && { body }) });
  const text = await response.body.text();
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) as unknown };
}

function text({ status, contentType, body }: DeferredAnswer): unknown[] {
  return [status, contentType, body.toString('latin1')];
}

/**
 * 50 MiB of zeros, compressed before any request: compressing holds this process, and with it the API, for longer than an idle
 * connection is kept open.
 */
const zeros = Buffer.alloc(50 * 1024 * 1024);
const BOMBS = { gzip: gzipSync(zeros), br: brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }) };

describe('POST /resume/:token', () => {
  it('hands the answer over without an API key: 202 once, then 410', async () => {
    const promised = open();
    const json = { 'content-type': 'application/json' };
    expect(await post(promised.url, '{"a":1}', json)).toMatchObject({ status: 202, body: { taken: true } });
    expect(text(await promised.answer)).toEqual([200, 'application/json', '{"a":1}']);
    expect(await post(promised.url, '{"a":2}', json)).toMatchObject({
      status: 410,
      body: { error: { code: 'API_RESUME_GONE' } },
    });
  });

  it('410 when nobody waits any more, 404 for what never was', async () => {
    const promised = open();
    promised.close();
    expect((await post(promised.url, '{}')).status).toBe(410);
    for (const token of ['x', 'a'.repeat(58), 'A'.repeat(5000), '__proto__', '%00', '%ff', '..%2fv1'])
      expect([400, 404]).toContain((await post(`${api.url}/resume/${token}`, '{}')).status);
    expect((await post(`${api.url}/resume/${'a'.repeat(58)}`, '{}')).status).toBe(404);
  });

  it('410 with its code for one that an earlier process gave out', async () => {
    const before = new ResumeUrls(SIGNING_KEY, silentLogger);
    before.reachableAt(api.url);
    const url = before.open(100)?.url ?? '';
    expect(await post(url, '{}')).toMatchObject({ status: 410, body: { error: { code: 'API_RESUME_GONE' } } });
  });

  it('429 for an address that keeps guessing; its right answers are taken all the same', async () => {
    const [promised, gone] = [open(), open()];
    gone.close();
    const guess = (n: number) => post(`${api.url}/resume/${String(n).padStart(58, 'a')}`, '{}');
    for (let n = 0; n < 20; n += 1) expect((await guess(n)).status).toBe(404);
    const refused = await guess(20);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'API_THROTTLED' } } });
    expect(refused.headers['retry-after']).toBe('60');
    expect((await post(gone.url, '{}')).status).toBe(410);
    expect((await post(promised.url, '{}')).status).toBe(202);
  });

  it('takes a status from 200 to 599, and says what is wrong with another', async () => {
    for (const status of ['200', '404', '599']) {
      const promised = open();
      expect((await post(`${promised.url}?status=${status}`, 'x')).status).toBe(202);
      expect((await promised.answer).status).toBe(Number(status));
    }
    const promised = open();
    for (const status of ['199', '600', '99', 'abc', '', '200&status=404', '2e2'])
      expect(await post(`${promised.url}?status=${status}`, 'x')).toMatchObject({
        status: 400,
        body: { error: { code: 'API_BAD_REQUEST' } },
      });
    expect((await post(promised.url, 'x')).status).toBe(202);
  });

  it('takes any bytes of any content type, and none', async () => {
    const latin = Buffer.from([0x67, 0xfc, 0x00, 0xff]);
    const one = open();
    await post(one.url, latin, { 'content-type': 'text/plain; charset=iso-8859-1' });
    expect(text(await one.answer)).toEqual([200, 'text/plain; charset=iso-8859-1', latin.toString('latin1')]);
    const two = open();
    expect((await post(two.url)).status).toBe(202);
    expect(text(await two.answer)).toEqual([200, '', '']);
    const three = open();
    expect((await post(three.url, 'x', { 'content-type': 'no/such; charset=klingon' })).status).toBe(202);
  });

  it('undoes a content-encoding, and no bomb gets through', async () => {
    const good = open();
    expect((await post(good.url, gzipSync('{"a":1}'), { 'content-encoding': 'gzip' })).status).toBe(202);
    expect((await good.answer).body.toString()).toBe('{"a":1}');
    const promised = open();
    expect((await post(promised.url, BOMBS.gzip, { 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await post(promised.url, BOMBS.br, { 'content-encoding': 'br' })).status).toBe(413);
    expect((await post(promised.url, 'not gzip', { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await post(promised.url, 'x', { 'content-encoding': 'zstd-9' })).status).toBe(415);
    expect(promised.answered).toBe(false);
  });

  it('413 for more than the webhook takes; a smaller answer is still welcome', async () => {
    const promised = open(10);
    expect((await post(promised.url, 'x'.repeat(11))).status).toBe(413);
    expect((await post(promised.url, 'x'.repeat(2_000_000))).status).toBe(413);
    expect((await post(promised.url, 'x'.repeat(10))).status).toBe(202);
  });

  it('only one of many at the same moment is taken', async () => {
    const promised = open();
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await post(promised.url, 'x')).status));
    expect(statuses.filter((status) => status === 202)).toHaveLength(1);
    expect(statuses.filter((status) => status === 410)).toHaveLength(19);
  });

  it('reads no body for a URL that is gone or unknown', async () => {
    const { port } = new URL(api.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1');
      let got = '';
      socket.on('data', (chunk) => (got += chunk.toString()));
      socket.on('close', () => resolve(got));
      socket.on('error', reject);
      socket.write('POST /resume/nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n{"half');
    });
    expect(answer).toMatch(/^HTTP\/1\.1 404 /u);
    expect(answer).toMatch(/^connection: close/imu);
  });

  it('is only for POST', async () => {
    const promised = open();
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      const response = await request(promised.url, { method });
      await response.body.dump();
      expect(response.statusCode).toBe(404);
    }
    expect(promised.answered).toBe(false);
  });
});
