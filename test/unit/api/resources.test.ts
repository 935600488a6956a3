import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  callSchema,
  callStorySchema,
  deliverySchema,
  deliveryStorySchema,
  errorSchema,
  flowStorySchema,
  pageOf,
} from '../../../src/api/http/schemas.js';
import type { JournalEvent } from '../../../src/model/journal.js';
import { startApi, type TestApi } from '../../support/api.js';
import { began, callEnd, entered, entry, newCall, newDelivery, settled } from '../../support/stores.js';

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

/** The answer fits what the OpenAPI document promises of it. */
function promised<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  expect(parsed.error?.issues ?? []).toEqual([]);
  return parsed.data as z.output<T>;
}

/** One ended call with a report and a recording, and one live. */
async function fill(): Promise<void> {
  const { store } = api;
  await store.calls.begin(newCall('c1'));
  store.journal.append('c1', entry(1, began('c1', { cli: '1' })));
  const leg = { leg: 'a', direction: 'inbound', callee: '+4930123', did: '100', party: 'VISITOR' } as const;
  store.journal.append('c1', entry(2, { type: 'leg.created', leg }));
  store.journal.append('c1', entered(3, 'greet'));
  const recording = { id: 'r1', name: 'message', file: 'r1.wav', durationMs: 10, bytes: 10, format: 'wav' } as const;
  store.journal.append('c1', entry(4, { type: 'recording', ...recording }));
  await store.calls.end(callEnd('c1', { variables: { order: '12' } }), [newDelivery('d1', 'c1')]);
  await store.calls.begin(newCall('c2', { startedAt: 2000 }));
  api.live.add('c2');
}

describe('health', () => {
  it('says why calls are refused because of load, and stays ready', async () => {
    api.state.overload.push({ reason: 'too-many-calls', text: '50 calls of 50 (limits.calls)', count: 3 });
    const warnings = ['3 calls refused in the last minute, too-many-calls: 50 calls of 50 (limits.calls)'];
    expect(await api.get('/ready')).toMatchObject({ status: 200, body: { ready: true, reasons: [], warnings } });
  });

  it('lives, and is ready or says why not', async () => {
    expect(await api.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await api.get('/ready')).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
    api.state.reasons = ['draining'];
    expect(await api.get('/ready')).toMatchObject({ status: 503, body: { ready: false, reasons: ['draining'] } });
    expect((await api.get('/ready')).body).not.toHaveProperty('warnings');
    expect((await api.get('/health')).status).toBe(200);
  });
});

describe('calls', () => {
  beforeEach(fill);

  it('are listed newest first, as promised', async () => {
    const { status, body } = await api.get('/v1/calls');
    expect(status).toBe(200);
    const page = promised(pageOf(callSchema), body);
    expect(page.items.map((call) => (call as { id: string }).id)).toEqual(['c2', 'c1']);
    expect(page.next).toBeNull();
  });

  it.each([
    ['live=true', ['c2']],
    ['live=false', ['c1']],
    ['from=1970-01-01T00:00:02Z', ['c2']],
    ['from=1970-01-01T02:00:02%2B02:00', ['c2']],
    ['to=2000', ['c1']],
    ['cli=%2B4930123&did=100&flow=demo', ['c2', 'c1']],
    ['cause=16', ['c1']],
    ['cause=17', []],
    ['flow=other', []],
  ])('are filtered by %s', async (query, ids) => {
    const { body } = await api.get(`/v1/calls?${query}`);
    expect((body as { items: { id: string }[] }).items.map(({ id }) => id)).toEqual(ids);
  });

  it('come in pages that a cursor joins', async () => {
    for (let i = 3; i < 10; i += 1) await api.store.calls.begin(newCall(`c${i}`, { startedAt: 2000 }));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { status, body } = await api.get(`/v1/calls?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      const page = body as { items: { id: string }[]; next: string | null };
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    }
    expect(seen).toEqual(['c9', 'c8', 'c7', 'c6', 'c5', 'c4', 'c3', 'c2', 'c1']);
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=1e2',
    'live=maybe',
    'from=yesterday',
    'from=2030-01-01',
    'cause=128',
    'cause=-1',
    'cursor=!!',
    'cursor=YWJj',
    'limit=1&limit=2',
    'colour=red',
    'flow=../x',
    `cli=${'1'.repeat(200)}`,
  ])('refuse the query %s and say why', async (query) => {
    const { status, body } = await api.get(`/v1/calls?${query}`);
    expect(status).toBe(400);
    const { error } = promised(errorSchema, body);
    expect(error.code).toBe('API_BAD_REQUEST');
    expect(error.message).toMatch(/^query/);
  });

  it('one has its whole story, as promised', async () => {
    const { status, body } = await api.get('/v1/calls/c1');
    expect(status).toBe(200);
    const story = promised(callStorySchema, body);
    expect(story.call).toMatchObject({ id: 'c1', termination: { cause: 16 } });
    expect(story.variables).toEqual({ order: '12' });
    expect(story.legs).toMatchObject([{ leg: 'a', callee: '+4930123' }]);
    expect(story.steps).toMatchObject([{ widget: 'greet', exit: null }]);
    expect(story.timeline.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(story.recordings).toMatchObject([{ id: 'r1', name: 'message', ms: 10, bytes: 10 }]);
    expect(JSON.stringify(story.recordings)).not.toContain('"file"');
  });

  it('a live one shows the widget it is in', async () => {
    api.store.journal.append('c2', entered(1, 'menu'));
    expect((await api.get('/v1/calls/c2')).body).toMatchObject({ call: { lastWidget: 'menu', endedAt: null } });
  });

  it('are hung up when live, and only then', async () => {
    expect(await api.call('DELETE', '/v1/calls/c2')).toMatchObject({ status: 202, body: { id: 'c2' } });
    expect(api.live.has('c2')).toBe(false);
    expect(await api.call('DELETE', '/v1/calls/c1')).toMatchObject({ status: 409, body: { error: { code: 'API_CALL_OVER' } } });
    expect(await api.call('DELETE', '/v1/calls/nobody')).toMatchObject({
      status: 404,
      body: { error: { code: 'API_NOT_FOUND' } },
    });
  });

  it('of a later format of the journal are answered with that code and its sentence', async () => {
    await api.store.calls.begin(newCall('c3'));
    api.store.journal.append('c3', entry(1, { ...began('c3', {}), format: 2 } as JournalEvent));
    const { status, body } = await api.get('/v1/calls/c3');
    expect(status).toBe(500);
    const { error } = promised(errorSchema, body);
    expect(error.code).toBe('JOURNAL_FORMAT_UNKNOWN');
    expect(error.message).toContain('Its format is 2; this Offhook knows up to 1.');
  });

  it('that do not exist are not found', async () => {
    expect(await api.get('/v1/calls/nobody')).toMatchObject({ status: 404, body: { error: { code: 'API_NOT_FOUND' } } });
  });
});

describe('deliveries', () => {
  beforeEach(fill);

  it('are listed and shown, as promised', async () => {
    const page = promised(pageOf(deliverySchema), (await api.get('/v1/deliveries?state=pending&call=c1')).body);
    expect(page.items).toHaveLength(1);
    expect((await api.get('/v1/deliveries?state=dead')).body).toEqual({ items: [], next: null });
    const { status, body } = await api.get('/v1/deliveries/d1');
    expect(status).toBe(200);
    expect(promised(deliveryStorySchema, body)).toMatchObject({ id: 'd1', body: newDelivery('d1', 'c1').body, attempts: [] });
    expect((await api.get('/v1/deliveries/d2')).status).toBe(404);
    expect((await api.get('/v1/deliveries?state=lost')).status).toBe(400);
  });

  it('are chosen by target, host, kind, call and time', async () => {
    const found = async (query: string): Promise<number> => {
      const { status, body } = await api.get(`/v1/deliveries?${query}`);
      return status === 200 ? (body as { items: unknown[] }).items.length : status;
    };
    expect(await found('host=crm.example')).toBe(1);
    expect(await found('host=crm.example%3A8443')).toBe(0);
    expect(await found('webhook=main&kind=report&call=c1&from=0&to=2100-01-01T00:00:00Z')).toBe(1);
    expect(await found('dueFrom=2100-01-01T00:00:00Z')).toBe(0);
    for (const bad of ['host=', 'host=a%2Fb', 'dueFrom=soon', 'kind=call', 'cursor=x', 'limit=0']) {
      expect(await found(bad)).toBe(400);
    }
  });

  it('are replayed', async () => {
    await api.store.deliveries.settle('d1', settled({ n: 1, at: 1, ms: 1, status: 500, error: 'x' }, 'dead', null));
    expect(await api.call('POST', '/v1/deliveries/d1/replay')).toMatchObject({ status: 202, body: { id: 'd1' } });
    expect((await api.get('/v1/deliveries/d1')).body).toMatchObject({ state: 'pending', dueAt: api.state.now });
    expect((await api.call('POST', '/v1/deliveries/d2/replay')).status).toBe(404);
  });

  it('are replayed in numbers: dead ones, by webhook, call and time', async () => {
    const kill = () => api.store.deliveries.settle('d1', settled({ n: 1, at: 1, ms: 1, status: 500, error: 'x' }, 'dead', null));
    const replay = (fields: object) => api.call('POST', '/v1/deliveries/replay', { body: JSON.stringify(fields) });
    await kill();
    expect((await api.get('/v1/deliveries?webhook=main&kind=report')).body).toMatchObject({ items: [{ id: 'd1', cause: 'x' }] });
    expect((await api.get('/v1/deliveries?kind=event')).body).toMatchObject({ items: [] });
    expect((await replay({ webhook: 'other' })).body).toEqual({ replayed: 0 });
    expect(await replay({ webhook: 'main', call: 'c1', from: '1970-01-01T00:00:00Z', to: 9_000 })).toMatchObject({
      status: 202,
      body: { replayed: 1 },
    });
    expect((await replay({ state: 'dead' })).body).toEqual({ replayed: 0 });
    await kill();
    expect((await replay({ host: 'nobody.example' })).body).toEqual({ replayed: 0 });
    expect((await replay({ host: 'crm.example', kind: 'report', state: 'dead' })).body).toEqual({ replayed: 1 });
    expect((await replay({ state: 'pending', dueTo: api.state.now + 1 })).body).toEqual({ replayed: 1 });
    for (const bad of [{}, { state: 'lost' }, { host: 'a b' }, { from: 'yesterday' }, { all: true }])
      expect((await replay(bad)).status).toBe(400);
  });
});

describe('flows', () => {
  beforeEach(() => {
    api.state.flows = [{ id: 'demo', name: 'Demo', version: 'abc', document: { id: 'demo', start: 'a' } }];
  });

  it('are listed and shown', async () => {
    expect((await api.get('/v1/flows')).body).toEqual({
      items: [{ id: 'demo', name: 'Demo', version: 'abc' }],
      broken: [],
    });
    expect(promised(flowStorySchema, (await api.get('/v1/flows/demo')).body).document).toEqual({ id: 'demo', start: 'a' });
    expect((await api.get('/v1/flows/other')).status).toBe(404);
    expect((await api.get('/v1/flows/..%2f..%2fetc')).status).toBe(400);
  });

  it('whose file is not fit to run are named with the file and its first error', async () => {
    const problem = {
      code: 'FLOW_INVALID',
      severity: 'error',
      path: '$.start',
      message: 'is missing',
      advice: 'add it',
    } as const;
    api.state.broken = [{ id: 'half', file: 'flows/half.json', problem }];
    expect((await api.get('/v1/flows')).body).toMatchObject({ broken: [{ id: 'half', file: 'flows/half.json', problem }] });
    expect(await api.get('/v1/flows/half')).toMatchObject({
      status: 404,
      body: {
        error: {
          code: 'FLOW_BROKEN',
          message: 'The flow “half” is not fit to run: flows/half.json $.start: is missing.',
        },
      },
    });
  });

  it('are checked as the text they were sent as', async () => {
    const good = await api.call('POST', '/v1/flows/check', { body: '{"fine": 1}' });
    expect(good).toMatchObject({ status: 200, body: { ok: true, problems: [] } });
    const bad = await api.call('POST', '/v1/flows/check', { body: '{"bad":' });
    expect(bad).toMatchObject({ status: 200, body: { ok: false, problems: [{ code: 'FLOW_INVALID' }] } });
    expect(api.state.checked).toEqual(['{"fine": 1}', '{"bad":']);
  });

  it('to check are neither empty nor endless', async () => {
    expect(await api.call('POST', '/v1/flows/check')).toMatchObject({ status: 400 });
    for (const less of [1, 0]) {
      const large = await api.call('POST', '/v1/flows/check', { body: 'x'.repeat(1024 * 1024 - less) });
      expect(large.status).toBe(200);
    }
    const huge = await api.call('POST', '/v1/flows/check', { body: 'x'.repeat(1024 * 1024 + 1) });
    expect(huge).toMatchObject({ status: 413, body: { error: { code: 'API_TOO_LARGE' } } });
  });
});

describe('the API as a whole', () => {
  it.each([
    ['GET', '/nothing', 404],
    ['GET', '/v1', 404],
    ['PUT', '/v1/calls', 404],
    ['GET', '/v1/calls/%E0%A4%A', 400],
    ['GET', '/v1/calls/a%00b', 400],
    ['GET', `/v1/calls/${'x'.repeat(129)}`, 400],
  ] as const)('%s %s is %i, in the one shape of errors', async (method, path, status) => {
    const response = await api.call(method, path);
    expect(response.status).toBe(status);
    promised(errorSchema, response.body);
  });

  it('answers 500 without telling why when something breaks inside', async () => {
    Object.assign(api.store.queries, { call: () => Promise.reject(new Error('secret detail')) });
    const response = await api.get('/v1/calls/c1');
    expect(response).toMatchObject({ status: 500, body: { error: { code: 'API_FAILED' } } });
    expect(response.text).not.toContain('secret detail');
  });

  it('sets the headers of a careful server', async () => {
    const { headers } = await api.get('/v1/flows');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('describes every operation in OpenAPI 3.1', async () => {
    const { body } = await api.get('/openapi.json', {});
    const document = body as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; security: object[]; responses: Record<string, object> }>>;
      components: { schemas: object };
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/health',
      '/metrics',
      '/openapi.json',
      '/ready',
      '/recordings/{file}',
      '/resume/{token}',
      '/s/{code}',
      '/shorturl',
      '/v1/calls',
      '/v1/calls/{id}',
      '/v1/calls/{id}/recordings/{recording}',
      '/v1/deliveries',
      '/v1/deliveries/replay',
      '/v1/deliveries/{id}',
      '/v1/deliveries/{id}/replay',
      '/v1/egress',
      '/v1/flows',
      '/v1/flows/check',
      '/v1/flows/{id}',
      '/v1/flows/{id}/webhook',
      '/v1/functions',
      '/v1/integrations',
      '/v1/integrations/{id}',
      '/v1/integrations/{id}/chats/{chatId}/events',
      '/v1/integrations/{id}/details',
      '/v1/integrations/{id}/flows',
      '/v1/integrations/{id}/start',
      '/v1/integrations/{id}/stop',
      '/v1/integrations/{id}/token',
      '/v1/links',
      '/v1/links/{code}',
      '/v1/pauses',
      '/v1/webhooks',
      '/v1/webhooks/import',
      '/v1/webhooks/test',
      '/v1/webhooks/{id}',
      '/v1/webhooks/{id}/enable',
    ]);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Call', 'CallStory', 'Delivery', 'Error']));
    expect(document.paths['/v1/calls/{id}']?.['delete']?.responses).toHaveProperty('409');
    expect(document.paths['/v1/calls']?.['get']?.security).not.toEqual([]);
    expect(JSON.stringify(document)).not.toContain(`"${api.url}`);
  });

  it('closes twice without harm, and is gone', async () => {
    await api.api.close();
    await api.api.close();
    await expect(api.get('/health')).rejects.toThrow();
    expect(api.listeners.size).toBe(0);
  });
});
