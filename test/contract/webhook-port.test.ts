import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type * as flow from '../../src/flow/ports.js';
import { Aborted, systemClock } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../src/http/client.js';
import { WEBHOOK_LIMITS, type Webhooks } from '../../src/webhooks/webhook.js';
import { type HostileServer, startHostileServer } from '../support/hostile-server.js';
import { webhookCall } from '../support/webhook-calls.js';
import { webhookPort } from '../support/webhook-port.js';

it('fits the port that the flow declares, by shape', () => {
  expectTypeOf<Webhooks>().toExtend<flow.WebhookPort>();
});

describe('the webhook port', () => {
  let server: HostileServer;
  let client: HttpClient;
  let port: Webhooks;
  const warnings: object[] = [];
  const log = {
    ...silentLogger,
    warn: (fields: object) => void warnings.push(fields),
    error: (fields: object) => void warnings.push(fields),
  };

  beforeAll(async () => {
    server = await startHostileServer();
    client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowHosts: ['127.0.0.1'] }, systemClock);
    port = webhookPort(client, { secrets: (name) => (name === 'shop' ? 's3cr3t' : undefined), log });
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const never = new AbortController().signal;

  // docs/behaviour.md#request-methods
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const)('sends %s', async (method) => {
    const body = method === 'GET' || method === 'HEAD' ? null : { contentType: 'application/json', text: '{"a":1}' };
    const answer = await port.request(webhookCall(`${server.origin}/ok`, { method, body }), never);
    expect(answer).toMatchObject({ status: 200, reason: null });
    expect(server.received.at(-1)).toMatchObject({ method, body: body?.text ?? '' });
  });

  // docs/behaviour.md#body-with-get
  it('sends a body with GET when there is one', async () => {
    await port.request(webhookCall(`${server.origin}/ok`, { body: { contentType: 'text/plain', text: 'hi' } }), never);
    expect(server.received.at(-1)).toMatchObject({ method: 'GET', body: 'hi' });
  });

  // docs/decisions/0014-secrets-by-name.md
  it('sends secrets and shows none', async () => {
    const call = webhookCall('', {
      url: [`${server.origin}/status/500?key=`, { secret: 'shop' }],
      headers: [{ key: 'X-Key', value: [{ secret: 'shop' }] }],
      auth: { type: 'basic', username: ['ivr'], password: [{ secret: 'shop' }] },
    });
    const answer = await port.request(call, never);
    expect(answer.url).toBe(`${server.origin}/status/500?key=***`);
    expect(JSON.stringify(answer)).not.toContain('s3cr3t');
    expect(server.received.at(-1)?.url).toBe('/status/500?key=s3cr3t');
    const headers = new Map(server.received.at(-1)?.headers);
    expect(headers.get('X-Key')).toBe('s3cr3t');
    expect(headers.get('authorization')).toBe(`Basic ${Buffer.from('ivr:s3cr3t').toString('base64')}`);
  });

  it('a server that repeats a secret, and an error that names one, are masked', async () => {
    server.extra.set('echo', (request, response) => response.end(`${request.url ?? ''} ${String(request.headers['x-key'])}`));
    const call = webhookCall('', {
      url: [`${server.origin}/echo?k=`, { secret: 'shop' }],
      headers: [{ key: 'X-Key', value: ['a ', { secret: 'shop' }] }],
    });
    expect((await port.request(call, never)).raw).toBe('/echo?k=*** a ***');
    const refused = webhookPort(client, { secrets: () => '10.0.0.1', log });
    const answer = await refused.request(webhookCall('', { url: ['http://', { secret: 'host' }, '/'] }), never);
    expect(answer.detail).toMatch(/^\*\*\* is not a public address/u);
  });

  it('INVALID_REQUEST never leaves', async () => {
    const before = server.received.length;
    const bad = webhookCall(`${server.origin}/ok`, { headers: [{ key: 'A', value: ['b\nc'] }] });
    expect(await port.request(bad, never)).toMatchObject({ reason: 'INVALID_REQUEST', attempts: 0, status: null });
    expect(await port.request(webhookCall('http://10.0.0.1/'), never)).toMatchObject({ reason: 'INVALID_REQUEST', attempts: 0 });
    expect(await port.request(webhookCall('/relative'), never)).toMatchObject({ reason: 'INVALID_REQUEST' });
    expect(server.received).toHaveLength(before);
  });

  it('what a variable would lead elsewhere never leaves, whoever waits for it, and its fallback is not asked', async () => {
    const before = server.received.length;
    const more = { refused: '$flow.key.a stands in the host', fallbackUrl: [`${server.origin}/ok`], retries: 3 };
    const call = webhookCall(`${server.origin}/ok`, more);
    const refused = { reason: 'INVALID_REQUEST', status: null, attempts: 0, detail: 'not sent: $flow.key.a stands in the host' };
    expect(await port.request(call, never)).toMatchObject(refused);
    expect(await port.requestAside(call)).toMatchObject(refused);
    await port.send(call);
    await port.idle();
    expect(server.received).toHaveLength(before);
  });

  // docs/behaviour.md#caller-hangs-up
  it('rejects with Aborted when the call ends', async () => {
    const abort = new AbortController();
    const pending = port.request(webhookCall(`${server.origin}/silent`), abort.signal);
    setTimeout(() => abort.abort(), 20);
    await expect(pending).rejects.toBeInstanceOf(Aborted);
  });

  it('holds a call to the limits whatever it asks for', async () => {
    const hasty = webhookPort(client, { log, limits: { ...WEBHOOK_LIMITS, maxTimeoutMs: 50 } });
    expect(await hasty.request(webhookCall(`${server.origin}/silent`), never)).toMatchObject({ reason: 'TIMEOUT' });
    const strict = webhookPort(client, { log, limits: { ...WEBHOOK_LIMITS, maxResponseBytes: 10, maxRedirects: 0 } });
    const big = webhookCall(`${server.origin}/ok`, { maxResponseBytes: 1_000_000 });
    expect(await strict.request(big, never)).toMatchObject({ reason: 'INVALID_RESPONSE' });
    expect(await strict.request(webhookCall(`${server.origin}/redirect-loop`, { redirects: 5 }), never)).toMatchObject({
      status: 302,
    });
  });

  // docs/behaviour.md#tries-and-fallback
  it.each(['reset', 'close-at-once', 'status/503', 'status/429'])('a try after %s gets the answer', async (bad) => {
    let n = 0;
    server.extra.set('flaky', (request, response) => {
      n += 1;
      if (n > 1) response.end('{}');
      else if (bad.startsWith('status/')) response.writeHead(Number(bad.slice(7)), { 'retry-after': '0' }).end();
      else request.socket.resetAndDestroy();
    });
    const answer = await port.request(webhookCall(`${server.origin}/flaky`, { retries: 1 }), never);
    expect(answer).toMatchObject({ status: 200, reason: null, attempts: 2 });
  });

  it('a POST is tried again with its idempotency key, and not without one', async () => {
    const body = { contentType: 'application/json', text: '{"a":1}' };
    const call = webhookCall(`${server.origin}/status/503`, { method: 'POST', body, retries: 2 });
    const before = server.received.length;
    expect(await port.request(call, never)).toMatchObject({ attempts: 1 });
    expect(await port.request({ ...call, idempotencyKey: 'k-1' }, never)).toMatchObject({ attempts: 3 });
    const keys = server.received.slice(before).map(({ headers }) => new Map(headers).get('Idempotency-Key'));
    expect(keys).toEqual([undefined, 'k-1', 'k-1', 'k-1']);
  });

  it('the fallback is asked when nobody is there, is told why, and gets no credentials of another origin', async () => {
    const gone = await startHostileServer();
    await gone.close();
    const call = webhookCall(`${gone.origin}/orders`, {
      fallbackUrl: [`${server.origin}/ok`],
      auth: { type: 'basic', username: ['ivr'], password: [{ secret: 'shop' }] },
      query: [{ key: 'token', value: [{ secret: 'shop' }] }],
    });
    const answer = await port.request(call, never);
    expect(answer).toMatchObject({ status: 200, fallback: true, attempts: 2, url: `${server.origin}/ok` });
    const { url, headers } = server.received.at(-1) ?? { url: '', headers: [] };
    const names = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(url).toBe('/ok');
    expect(names.has('authorization')).toBe(false);
    expect(names.get('x-offhook-original-url')).toBe(`${gone.origin}/orders?token=***`);
    expect(names.get('x-offhook-reason')).toBe('CONNECTION_FAILURE');
  });

  // docs/decisions/0015-safe-by-default.md
  it('the fallback is held to the guard like any other URL', async () => {
    const call = webhookCall(`${server.origin}/status/503`, { fallbackUrl: ['http://169.254.169.254/latest/'] });
    const answer = await port.request(call, never);
    expect(answer).toMatchObject({ status: 503, attempts: 1 });
    expect(answer.detail).toContain('is not a public address');
  });

  // docs/behaviour.md#not-waiting, #requests-outlive-calls
  it('sends without waiting, and a shutdown can wait for what is under way', async () => {
    server.extra.set('slowly', (_request, response) => setTimeout(() => response.end('{}'), 60));
    const before = server.received.length;
    expect(await port.send(webhookCall(`${server.origin}/slowly`, { method: 'POST' }))).toEqual({ kind: 'done' });
    expect(port.inFlight()).toBe(1);
    await port.idle();
    expect(port.inFlight()).toBe(0);
    expect(server.received).toHaveLength(before + 1);
  });

  // docs/behaviour.md#late-answers
  it('aside, with the answer for whoever still wants it; it counts as under way until then', async () => {
    const asked = port.requestAside(webhookCall(`${server.origin}/ok`));
    expect(port.inFlight()).toBe(1);
    expect(await asked).toMatchObject({ status: 200, reason: null });
    await port.idle();
    const few = webhookPort(client, { log, limits: { ...WEBHOOK_LIMITS, maxUnawaited: 0 } });
    const refused = await few.requestAside(webhookCall(`${server.origin}/ok`));
    expect(refused).toMatchObject({ reason: 'CONNECTION_FAILURE', attempts: 0 });
    expect(refused.detail).toMatch(/^not sent/u);
  });

  it('tells the log about a sent request that failed, and about one too many', async () => {
    warnings.length = 0;
    await port.send(webhookCall(`${server.origin}/status/500`));
    await port.idle();
    expect(warnings).toMatchObject([{ reason: 'SERVER_ERROR', status: 500 }]);
    const few = webhookPort(client, { log, limits: { ...WEBHOOK_LIMITS, maxUnawaited: 1 } });
    await few.send(webhookCall(`${server.origin}/ok`));
    await few.send(webhookCall(`${server.origin}/ok`));
    expect(few.inFlight()).toBe(1);
    expect(warnings).toHaveLength(2);
    await few.idle();
  });
});
