import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type * as flow from '../../src/flow/ports.js';
import { Aborted, systemClock } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/log.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../src/webhooks/client.js';
import type * as webhooks from '../../src/webhooks/types.js';
import { createWebhookPort, WEBHOOK_LIMITS, type Webhooks } from '../../src/webhooks/webhook.js';
import { type HostileServer, startHostileServer } from '../support/hostile-server.js';
import { webhookCall } from '../support/webhook-calls.js';

it('fits the port that the flow declares, by shape', () => {
  expectTypeOf<webhooks.WebhookCall>().toEqualTypeOf<flow.WebhookCall>();
  expectTypeOf<webhooks.WebhookAnswer>().toEqualTypeOf<flow.WebhookAnswer>();
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
    port = createWebhookPort({ client, secrets: (name) => (name === 'shop' ? 's3cr3t' : undefined), clock: systemClock, log });
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const never = new AbortController().signal;

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const)('P3: sends %s', async (method) => {
    const body = method === 'GET' || method === 'HEAD' ? null : { contentType: 'application/json', text: '{"a":1}' };
    const answer = await port.request(webhookCall(`${server.origin}/ok`, { method, body }), never);
    expect(answer).toMatchObject({ status: 200, reason: null });
    expect(server.received.at(-1)).toMatchObject({ method, body: body?.text ?? '' });
  });

  it('Q13: sends a body with GET when there is one', async () => {
    await port.request(webhookCall(`${server.origin}/ok`, { body: { contentType: 'text/plain', text: 'hi' } }), never);
    expect(server.received.at(-1)).toMatchObject({ method: 'GET', body: 'hi' });
  });

  it('D9: sends secrets and shows none', async () => {
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

  it('D9: a server that repeats a secret, and an error that names one, are masked', async () => {
    server.extra.set('echo', (request, response) => response.end(`${request.url ?? ''} ${String(request.headers['x-key'])}`));
    const call = webhookCall('', {
      url: [`${server.origin}/echo?k=`, { secret: 'shop' }],
      headers: [{ key: 'X-Key', value: ['a ', { secret: 'shop' }] }],
    });
    expect((await port.request(call, never)).raw).toBe('/echo?k=*** a ***');
    const refused = createWebhookPort({ client, secrets: () => '10.0.0.1', clock: systemClock, log });
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

  it('Q60: rejects with Aborted when the call ends', async () => {
    const abort = new AbortController();
    const pending = port.request(webhookCall(`${server.origin}/silent`), abort.signal);
    setTimeout(() => abort.abort(), 20);
    await expect(pending).rejects.toBeInstanceOf(Aborted);
  });

  it('holds a call to the limits whatever it asks for', async () => {
    const limits = { ...WEBHOOK_LIMITS, maxTimeoutMs: 50, maxResponseBytes: 10, maxRedirects: 0 };
    const strict = createWebhookPort({ client, secrets: () => undefined, clock: systemClock, log, limits });
    expect(await strict.request(webhookCall(`${server.origin}/silent`), never)).toMatchObject({ reason: 'TIMEOUT' });
    const big = webhookCall(`${server.origin}/ok`, { maxResponseBytes: 1_000_000 });
    expect(await strict.request(big, never)).toMatchObject({ reason: 'INVALID_RESPONSE' });
    expect(await strict.request(webhookCall(`${server.origin}/redirect-loop`, { redirects: 5 }), never)).toMatchObject({
      status: 302,
    });
  });

  it('V10, Q10: sends without waiting, and a shutdown can wait for what is under way', async () => {
    server.extra.set('slowly', (_request, response) => setTimeout(() => response.end('{}'), 60));
    const before = server.received.length;
    expect(await port.send(webhookCall(`${server.origin}/slowly`, { method: 'POST' }))).toEqual({ kind: 'done' });
    expect(port.inFlight()).toBe(1);
    await port.idle();
    expect(port.inFlight()).toBe(0);
    expect(server.received).toHaveLength(before + 1);
  });

  it('tells the log about a sent request that failed, and about one too many', async () => {
    warnings.length = 0;
    await port.send(webhookCall(`${server.origin}/status/500`));
    await port.idle();
    expect(warnings).toMatchObject([{ reason: 'SERVER_ERROR', status: 500 }]);
    const few = createWebhookPort({
      client,
      secrets: () => undefined,
      clock: systemClock,
      log,
      limits: { ...WEBHOOK_LIMITS, maxUnawaited: 1 },
    });
    await few.send(webhookCall(`${server.origin}/ok`));
    await few.send(webhookCall(`${server.origin}/ok`));
    expect(few.inFlight()).toBe(1);
    expect(warnings).toHaveLength(2);
    await few.idle();
  });
});
