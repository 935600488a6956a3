import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiIntegrations } from '../../../src/app/open-integrations.js';
import { type ChatCall, TryOut } from '../../../src/integrations/try-out.js';
import { CallEvents } from '../../../src/call/events.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { KEY, startApi, type TestApi } from '../../support/api.js';
import { CHECKS, namingFlow, openBook, PLAIN } from '../../support/integrations.js';

/** The integrations as the API shows them, over a real book; calls are not real. */

let api: TestApi;
let rig: Awaited<ReturnType<typeof openBook>>;
let said: unknown[];

const call: ChatCall = {
  id: 'c1',
  answeredAt: 1,
  events: new CallEvents(silentLogger),
  announce(request) {
    said.push(request.segments);
    return new Promise(() => undefined);
  },
  end: () => new Promise(() => undefined),
};

beforeEach(async () => {
  said = [];
  rig = await openBook();
  const { book } = rig;
  const tryOut = new TryOut({
    call: (id) => (id === 'c1' ? call : null),
    integrationOf: () => 'orders',
    isActive: (id) => book.isActive(id),
    guard: CHECKS.guard,
    log: silentLogger,
  });
  api = await startApi(
    {},
    undefined,
    apiIntegrations(book, tryOut, () => 'https://ivr.example'),
  );
});
afterEach(() => api.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const headersOf = (key: string | null, more: Record<string, string> = {}) =>
  key === null ? more : { authorization: `Bearer ${key}`, ...more };

async function ask(line: string, body?: unknown, headers = headersOf(KEY)): Promise<Answer> {
  const [method, path] = line.split(' ') as ['GET', string];
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return api.call(method, `/v1/integrations${path}`, { headers, ...(body !== undefined && { body: text }) });
}

const codeOf = ({ body }: Answer): unknown => (body['error'] as { code?: string } | undefined)?.code;

/** Adds `orders` and starts it; its token. */
async function orders(fields: object = {}): Promise<string> {
  const created = await ask('POST ', { id: 'orders', ...PLAIN, ...fields });
  expect(created.status).toBe(201);
  expect((await ask('POST /orders/start')).status).toBe(200);
  return String(created.body['token']);
}

describe('the life of an integration', () => {
  // docs/behaviour.md#integration-fields, #integration-life
  it('is made inactive, shown, changed, started, stopped and deleted', async () => {
    const created = await ask('POST ', { id: 'orders', ...PLAIN });
    expect(created).toMatchObject({ status: 201, body: { id: 'orders', alias: 'Orders', active: false, flows: 0 } });
    expect(created.body['token']).toMatch(/^[A-Za-z0-9]{32}$/u);
    const shown = await ask('GET /orders');
    expect(shown).toMatchObject({ status: 200, headers: { etag: `"${String(created.body['version'])}"` } });
    expect(JSON.stringify(shown.body)).not.toContain(created.body['token']);
    const stale = headersOf(KEY, { 'if-match': '"0123"' });
    expect((await ask('PATCH /orders', { alias: 'New' }, stale)).status).toBe(412);
    expect((await ask('PATCH /orders', { alias: 'New' })).body).toMatchObject({ alias: 'New' });
    expect((await ask('POST /orders/start')).body).toMatchObject({ active: true });
    expect((await ask('GET ')).body).toMatchObject({ items: [{ id: 'orders', alias: 'New', active: true }] });
    expect((await ask('POST /orders/stop')).body).toMatchObject({ active: false });
    expect((await ask('DELETE /orders')).status).toBe(200);
    expect((await ask('GET /orders')).status).toBe(404);
  });

  // docs/behaviour.md#connections
  it('a number that another active one has is refused with its name', async () => {
    await orders({ connections: ['4711'] });
    await ask('POST ', { id: 'other', ...PLAIN, connections: ['+4711'] });
    const started = await ask('POST /other/start');
    expect([started.status, codeOf(started)]).toEqual([409, 'INTEGRATION_CONNECTION_TAKEN']);
    expect(JSON.stringify(started.body)).toContain('orders (Orders)');
  });

  // docs/behaviour.md#linked-flows
  it('stop and delete are refused while flows name it, and say which', async () => {
    await orders();
    rig.flows.set('shop', namingFlow('shop', 'orders'));
    for (const line of ['POST /orders/stop', 'DELETE /orders']) {
      const refused = await ask(line);
      expect([refused.status, codeOf(refused)]).toEqual([409, 'INTEGRATION_LINKED']);
      expect(JSON.stringify(refused.body)).toContain('shop (Flow shop)');
    }
    expect((await ask('GET /orders/flows')).body).toEqual({ items: [{ id: 'shop', name: 'Flow shop', since: 1000 }] });
  });

  it('while calls of it live it is deleted by force only', async () => {
    await orders();
    rig.live.set('orders', 2);
    const refused = await ask('DELETE /orders');
    expect([refused.status, codeOf(refused)]).toEqual([409, 'INTEGRATION_UNFINISHED']);
    expect(JSON.stringify(refused.body)).toContain('2 of its calls live');
    expect((await ask('DELETE /orders?force=yes')).status).toBe(400);
    expect((await ask('DELETE /orders?force=false')).status).toBe(409);
    expect(await ask('DELETE /orders?force=true')).toMatchObject({ status: 200, body: { id: 'orders', live: 2, waiting: 0 } });
    expect((await ask('GET /orders')).status).toBe(404);
  });

  // docs/behaviour.md#integration-details
  it('its details are a page of their own', async () => {
    await orders({ connections: ['4711'] });
    const details = await ask('GET /orders/details');
    expect(details.body).toMatchObject({ connections: [{ channel: 'voice', code: '4711' }], endpoint: { url: PLAIN.url } });
  });

  it('what is wrong with it is told place by place', async () => {
    const refused = await ask('POST ', { alias: 'x', url: 'http://inside', body: [{ key: 'a', type: 'variable', value: 'b' }] });
    expect(refused).toMatchObject({
      status: 422,
      body: { problems: [{ path: '$.url', code: 'WEBHOOK_URL_REFUSED' }, { path: '$.body[0].value' }] },
    });
    expect((await ask('POST ', { id: 'a b', ...PLAIN })).status).toBe(400);
    expect((await ask('POST ', 'no json')).status).toBe(400);
    expect((await ask('POST ', '[]')).status).toBe(400);
    expect((await ask('POST ', `{"__proto__": {"alias": "x"}, "url": "https://a.example"}`)).status).toBe(422);
  });

  it.each([
    'GET ',
    'POST ',
    'GET /orders',
    'PATCH /orders',
    'DELETE /orders',
    'POST /orders/start',
    'POST /orders/token',
    'GET /orders/details',
  ])('%s is closed without an API key, also to the token of an integration', async (line) => {
    const token = await orders();
    expect((await ask(line, undefined, headersOf(token))).status).toBe(401);
    expect((await ask(line, undefined, headersOf(null))).status).toBe(401);
  });
});

// docs/behaviour.md#events-into-a-call
describe('events into a chat', () => {
  const send = (event: unknown, token: string | null, chat = 'c1', id = 'orders') =>
    ask(`POST /${id}/chats/${chat}/events`, event, headersOf(token));
  const hello = { type: 'text', text: 'Hello.' };

  it('are queued', async () => {
    const token = await orders();
    expect(await send(hello, token)).toMatchObject({ status: 202, body: { waiting: 1 } });
    expect((await send(hello, null, 'c1')).status).toBe(401);
    const other = await api.call('POST', '/v1/integrations/orders/chats/c1/events', {
      headers: { 'x-api-key': token },
      body: JSON.stringify({ type: 'media', multimedia: { url: 'https://a.example/a.wav', caption: 'A' } }),
    });
    expect(other.status).toBe(202);
    expect(said).toEqual([[{ kind: 'say', text: 'Hello.' }], [{ kind: 'url', url: 'https://a.example/a.wav' }]]);
    await rig.book.stop('orders');
    expect(await send(hello, token).then(codeOf)).toBe('INTEGRATION_INACTIVE');
  });

  it('only with its own token: neither an API key nor that of another opens it', async () => {
    const token = await orders();
    const other = await ask('POST ', { id: 'other', ...PLAIN });
    for (const wrong of [null, KEY, 'nonsense', String(other.body['token'])]) {
      const refused = await send(hello, wrong);
      expect([refused.status, codeOf(refused)]).toEqual([401, 'INTEGRATION_UNAUTHORIZED']);
    }
    expect((await send(hello, token, 'c1', 'none')).status).toBe(401);
    const rotated = await ask('POST /orders/token');
    expect((await send(hello, token)).status).toBe(401);
    expect((await send(hello, String(rotated.body['token']))).status).toBe(202);
  });

  it('404 for a chat that does not live, 422 and 413 for what is no event, 429 for too many', async () => {
    const token = await orders();
    expect((await send(hello, token, 'c2')).status).toBe(404);
    const wrong = [
      'no json',
      [],
      {},
      { type: 'sing' },
      { type: 'text' },
      { type: 'text', text: ' ' },
      { type: 'text', text: 'x'.repeat(5001) },
      { type: 'text', text: 'x', more: 1 },
      { type: 'media' },
      { type: 'media', multimedia: { url: 'http://10.0.0.1/a.wav' } },
      { type: 'end', text: 'x' },
    ];
    for (const event of wrong) {
      const refused = await send(event, token);
      expect([refused.status, codeOf(refused)]).toEqual([422, 'INTEGRATION_EVENT_INVALID']);
    }
    expect((await send({ type: 'text', text: 'x'.repeat(70_000) }, token)).status).toBe(413);
    const statuses = await Promise.all([...Array(21).keys()].map(async () => (await send(hello, token)).status));
    expect(statuses.filter((status) => status === 202)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });
});
