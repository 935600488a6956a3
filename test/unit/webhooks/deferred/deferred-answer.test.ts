import { beforeEach, describe, expect, it } from 'vitest';
import { Aborted } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { ResumeUrls } from '../../../../src/webhooks/deferred/resume-urls.js';
import type { WebhookCall } from '../../../../src/model/webhook.js';
import { ScriptedClient, type ScriptedExchange } from '../../../support/scripted-client.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { webhookCall } from '../../../support/webhook-calls.js';
import { webhookPort } from '../../../support/webhook-port.js';

const URL_HEADER = 'X-Offhook-Resume-Url';
const MINUTES = 60_000;
const KEY = Buffer.alloc(32, 1);

let clock: VirtualClock;
let resumes: ResumeUrls;
beforeEach(() => {
  clock = new VirtualClock();
  resumes = new ResumeUrls(KEY, silentLogger);
  resumes.reachableAt('https://ivr.example/');
});

function world(script: (n: number) => ScriptedExchange = () => ({ status: 202 })) {
  const client = new ScriptedClient(clock, (_exchange, n) => script(n));
  const port = webhookPort(client, { clock, resumes, random: { next: () => 1 } });
  const abort = new AbortController();
  const ask = (more: Partial<WebhookCall> = {}) =>
    port.request(
      webhookCall('https://api.example/slow', { answerLaterMs: 5 * MINUTES, mapping: [{ path: 'id', required: true }], ...more }),
      abort.signal,
    );
  const url = (): string => client.header(URL_HEADER).at(-1) ?? '';
  const token = (): string => url().slice(url().lastIndexOf('/') + 1);
  const resume = (body: string, { status = 200, contentType = 'application/json' } = {}) =>
    resumes.take(token(), { status, contentType, body: Buffer.from(body) });
  return { client, port, abort, ask, url, token, resume };
}

describe('answering later', () => {
  it('a 202 and then the answer at the resume URL: mapped as a direct one', async () => {
    const { ask, url, resume } = world();
    const pending = ask();
    await clock.advance(2 * MINUTES);
    expect(url()).toMatch(/^https:\/\/ivr\.example\/resume\/[\w-]{58}$/u);
    expect(resume('{"id":7}')).toBe('taken');
    const answer = await clock.runUntil(pending);
    expect(answer).toMatchObject({
      status: 200,
      statusType: 'SUCCESSFUL',
      reason: null,
      later: true,
      raw: '{"id":7}',
      attempts: 1,
    });
    expect(answer.mapped).toEqual([{ found: true, value: 7 }]);
    expect(answer.duration).toBe(120);
  });

  // docs/behaviour.md#failed-exit
  it.each([404, 500, 302])('with status %s it takes that exit', async (status) => {
    const { ask, resume } = world();
    const pending = ask();
    await clock.advance(1000);
    resume('{"id":7}', { status });
    expect(await clock.runUntil(pending)).toMatchObject({ status, later: true, raw: '{"id":7}' });
  });

  it('an answer that comes later has a status and no headers', async () => {
    const mapping = [
      { status: true, required: true },
      { header: 'X-Auth-Token', required: false },
    ] as const;
    const { ask, resume } = world(() => ({ status: 202, headers: { 'x-auth-token': 'of the 202' } }));
    const pending = ask({ mapping });
    await clock.advance(1000);
    resume('{}', { status: 201 });
    expect(await clock.runUntil(pending)).toMatchObject({
      reason: null,
      mapped: [{ found: true, value: 201 }, { found: false }],
    });
  });

  it('XML and text are read by the same rules', async () => {
    const xml = world();
    const pending = xml.ask({ responseType: 'auto', mapping: [{ path: 'order.id', required: true }] });
    await clock.advance(10);
    xml.resume('<order><id>8</id></order>', { contentType: 'application/xml' });
    // The XML is read by a thread, on the machine's own clock.
    expect((await pending).mapped).toEqual([{ found: true, value: '8' }]);
    const text = world();
    const other = text.ask({ responseType: 'text', mapping: [] });
    await clock.advance(10);
    text.resume('gr\u00fc\u00df', { contentType: 'text/plain; charset=utf-8' });
    expect((await clock.runUntil(other)).raw).toBe('grüß');
  });

  it.each(['application/x-www-form-urlencoded', ''])('JSON that a tool labels “%s” is JSON', async (contentType) => {
    const { ask, resume } = world();
    const pending = ask({ responseType: 'auto' });
    await clock.advance(10);
    resume('{"id":7}', { contentType });
    expect(await clock.runUntil(pending)).toMatchObject({ reason: null, mapped: [{ found: true, value: 7 }] });
  });

  it('without a required value it fails as a direct one does', async () => {
    const { ask, resume } = world();
    const pending = ask();
    await clock.advance(10);
    resume('{}');
    expect(await clock.runUntil(pending)).toMatchObject({ reason: 'INVALID_RESPONSE_MAP', later: true });
  });

  // docs/behaviour.md#saved-status
  it('what does not come in time is TIMEOUT without a status, and the URL is gone', async () => {
    const { ask, resume } = world();
    const answer = await clock.runUntil(ask());
    expect(answer).toMatchObject({ status: null, reason: 'TIMEOUT', raw: null, duration: 300.01 });
    expect(answer.later).toBeUndefined();
    expect(answer.detail).toContain('promised an answer (202)');
    expect(resume('{"id":7}')).toBe('gone');
    expect(clock.pending).toBe(0);
  });

  it('one that comes before the 202 counts, and cuts nothing off', async () => {
    const { ask, resume, client } = world(() => ({ status: 202, afterMs: 1000 }));
    const pending = ask();
    await clock.advance(500);
    resume('{"id":7}');
    const answer = await pending;
    expect(answer).toMatchObject({ status: 200, later: true, attempts: 1, duration: 0.5 });
    await clock.advance(10_000);
    expect(client.sent).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('one that comes after a first try broke ends the tries', async () => {
    const { ask, resume, client } = world(() => ({ fail: 'connection' }));
    const pending = ask({ retries: 3 });
    await clock.advance(150);
    expect(client.sent).toHaveLength(2);
    resume('{"id":7}');
    expect(await pending).toMatchObject({ later: true, reason: null, attempts: 2 });
    await clock.advance(10_000);
    expect(client.sent).toHaveLength(2);
  });

  it('a direct answer needs no later one', async () => {
    const { ask, resume } = world(() => ({ status: 200, body: '{"id":1}' }));
    const answer = await clock.runUntil(ask());
    expect(answer).toMatchObject({ status: 200, raw: '{"id":1}' });
    expect(answer.later).toBeUndefined();
    expect(resume('{"id":2}')).toBe('gone');
    expect(resumes.size).toBe(0);
  });

  it('a failure is not waited for', async () => {
    const { ask } = world(() => ({ status: 503 }));
    expect(await clock.runUntil(ask())).toMatchObject({ status: 503, reason: 'SERVER_ERROR' });
    expect(clock.monotonic()).toBe(10);
  });

  it('a fallback may answer later too, under the same URL', async () => {
    const { ask, resume, client } = world((n) => ({ status: n === 1 ? 503 : 202 }));
    const pending = ask({ fallbackUrl: ['https://other.example/'] });
    await clock.advance(1000);
    expect(new Set(client.header(URL_HEADER)).size).toBe(1);
    resume('{"id":9}');
    expect(await clock.runUntil(pending)).toMatchObject({
      later: true,
      fallback: true,
      attempts: 2,
      url: 'https://other.example/',
    });
  });

  // docs/behaviour.md#caller-hangs-up
  it('a hang-up frees it', async () => {
    const { ask, abort, resume } = world();
    const rejected = expect(ask()).rejects.toBeInstanceOf(Aborted);
    await clock.advance(1000);
    expect(resumes.size).toBe(1);
    abort.abort();
    await rejected;
    expect([resumes.size, clock.pending]).toEqual([0, 0]);
    expect(resume('{"id":7}')).toBe('gone');
  });

  it('is held to an hour whatever a flow asks for', async () => {
    const { ask } = world();
    await clock.runUntil(ask({ answerLaterMs: 1e9 }));
    expect(clock.monotonic()).toBe(3_600_010);
  });

  it('without answerLaterMs a 202 is an answer, and no URL is sent', async () => {
    const client = new ScriptedClient(clock, () => ({ status: 202, body: '{"id":1}' }));
    const port = webhookPort(client, { clock, resumes });
    const answer = await clock.runUntil(port.request(webhookCall('https://api.example/'), new AbortController().signal));
    expect(answer).toMatchObject({ status: 202, reason: null });
    expect(client.header(URL_HEADER)).toEqual([undefined]);
  });

  // docs/decisions/0014-secrets-by-name.md
  it('the URL is masked, whoever repeats it', async () => {
    const { ask, url, resume, token } = world();
    const pending = ask({ mapping: [{ path: 'echo', required: true }] });
    await clock.advance(10);
    const secret = token();
    resume(JSON.stringify({ echo: `see ${url()}` }));
    const answer = await clock.runUntil(pending);
    expect(JSON.stringify(answer)).not.toContain(secret);
    expect(answer.mapped).toEqual([{ found: true, value: 'see ***' }]);
  });

  // docs/behaviour.md#not-waiting
  it('works for a request nobody waits for', async () => {
    const { port, resume } = world();
    await port.send(webhookCall('https://api.example/', { answerLaterMs: MINUTES }));
    await clock.advance(1000);
    expect([port.inFlight(), resumes.size]).toEqual([1, 1]);
    expect(resume('{}')).toBe('taken');
    await clock.runUntil(port.idle());
    expect(port.inFlight()).toBe(0);
  });
});

describe('a resume URL', () => {
  it('works once', () => {
    const promised = resumes.open(100);
    const token = promised?.url.split('/').at(-1) ?? '';
    const answer = { status: 200, contentType: '', body: Buffer.from('{}') };
    expect(resumes.find(token)).toBe('waiting');
    expect([resumes.take(token, answer), resumes.take(token, answer), resumes.find(token)]).toEqual(['taken', 'gone', 'gone']);
  });

  it('takes no more than the request would have; the service may send less', () => {
    const promised = resumes.open(10);
    const token = promised?.url.split('/').at(-1) ?? '';
    const answer = (bytes: number) => ({ status: 200, contentType: '', body: Buffer.alloc(bytes) });
    expect(resumes.take(token, answer(11))).toBe('too-large');
    expect(resumes.take(token, answer(10))).toBe('taken');
  });

  it('cannot be guessed: what is not ours is unknown, what is like ours too', () => {
    const [one, two] = [resumes.open(10)?.url, resumes.open(10)?.url];
    const token = one?.split('/').at(-1) ?? '';
    expect(one).not.toBe(two);
    const changed = token.slice(0, 57) + (token.endsWith('A') ? 'Q' : 'A');
    for (const wrong of ['', 'x', changed, token.slice(1), `${token}A`, 'a'.repeat(58), '__proto__', 'constructor', '../..'])
      expect(resumes.find(wrong)).toBe('unknown');
    expect(new ResumeUrls(Buffer.alloc(32, 2), silentLogger).find(token)).toBe('unknown');
  });

  it('has one spelling: a proof that only decodes to the same bytes is unknown', () => {
    const token = resumes.open(10)?.url.split('/').at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 16 bytes leave four bits of the last letter unused.
    const same = (alphabet.indexOf(token.slice(-1)) & 0b110000) | 0b000101;
    expect(resumes.find(token.slice(0, -1) + (alphabet[same] ?? ''))).toBe('unknown');
    expect(resumes.find(token)).toBe('waiting');
  });

  it('of an earlier process of the same site is gone, not unknown; nothing was kept of it', () => {
    const token = resumes.open(10)?.url.split('/').at(-1) ?? '';
    const next = new ResumeUrls(KEY, silentLogger);
    expect(next.find(token)).toBe('gone');
    expect(next.take(token, { status: 200, contentType: '', body: Buffer.from('{}') })).toBe('gone');
    expect(next.size).toBe(0);
  });

  it('is offered only once the API can be reached', () => {
    expect(new ResumeUrls(KEY, silentLogger).open(10)).toBeNull();
  });

  it.each([
    ['http://127.0.0.1:3000', 1],
    ['http://[::1]:3000', 1],
    ['http://localhost:3000', 1],
    ['https://ivr.example/base/', 0],
  ])('at %s says %i times that only this machine reaches it', (url, times) => {
    const said: object[] = [];
    const local = new ResumeUrls(KEY, { ...silentLogger, warn: (fields) => void said.push(fields) });
    local.reachableAt(url);
    for (let i = 0; i < 3; i += 1) local.open(10);
    expect(said).toHaveLength(times);
  });
});

describe('a hostile answer at the resume URL', () => {
  it.each([
    ['application/json', '[{"a":'.repeat(10_000)],
    ['application/json', 'not JSON'],
    ['application/json', ''],
    ['application/xml', '<!DOCTYPE l [<!ENTITY l "lol">]><l>&l;</l>'],
    ['application/xml', '<a>'.repeat(5000)],
    ['text/html', '<!doctype html>'],
  ])('%s is INVALID_RESPONSE, as a direct one', async (contentType, body) => {
    const { ask, resume } = world();
    const pending = ask({ responseType: contentType.endsWith('xml') ? 'xml' : 'json' });
    await clock.advance(10);
    expect(resume(body, { contentType })).toBe('taken');
    const { reason } = await pending;
    expect(['INVALID_RESPONSE', 'INVALID_RESPONSE_MAP']).toContain(reason);
  });

  it('__proto__ in it is nobody’s prototype', async () => {
    const { ask, resume } = world();
    const pending = ask({ mapping: [{ path: '$', required: true }] });
    await clock.advance(10);
    resume('{"__proto__":{"polluted":1},"id":1}');
    expect(JSON.stringify((await clock.runUntil(pending)).mapped)).not.toContain('__proto__');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
