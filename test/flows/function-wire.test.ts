import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { functionCatalogue } from '../../src/functions/catalogue.js';
import { createFunctionPort, type Functions } from '../../src/functions/contract/function-port.js';
import type { ConfiguredWebhook } from '../../src/webhooks/configured/schema.js';
import { startApi, KEY, type TestApi } from '../support/api.js';
import { flowOf } from '../support/flow-case.js';
import { fakeServices, functionService, siteRules } from '../support/functions.js';
import { startHostileServer, type HostileServer } from '../support/hostile-server.js';
import { Endpoint } from '../support/site.js';
import { WireFlows } from '../support/wire-flow.js';

/*
 * A user's own functions as they go over the wire (docs/behaviour.md#function-wire-format): what the service receives, and what a
 * flow makes of its answers.
 */

let service: Endpoint;
let hostile: HostileServer;
let flows: WireFlows;
let functions: Functions;
let webhooks: ConfiguredWebhook[];
const warnings: object[] = [];

beforeAll(async () => {
  service = await Endpoint.start();
  hostile = await startHostileServer();
  flows = new WireFlows({ crm: 's3cr3t-of-crm' });
  const log = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  functions = createFunctionPort({
    catalogue: functionCatalogue,
    services: fakeServices(systemClock),
    clock: systemClock,
    log,
    webhooks: () => webhooks,
    request: (call, signal) => flows.webhooks.request(call, signal),
  });
  flows.functions = functions;
  flows.requests = siteRules('crm', 'report');
});
afterAll(async () => {
  await functions.idle();
  await flows.close();
  await hostile.close();
  await service.close();
});
beforeEach(() => {
  service.received.length = 0;
  service.answer = () => ({ status: 200, body: '{"keys":[]}' });
});

/** A flow of one function of the service. */
async function call(fields: JsonObject = {}, more: Partial<ConfiguredWebhook> = {}) {
  webhooks = [functionService(`${service.url}/fn?x=1`, more), functionService(service.url, { name: 'report', kind: 'report' })];
  const f = { type: 'function', function: 'score', service: 'crm', exits: { success: 'done', failed: 'done' }, ...fields };
  const done = {
    type: 'set',
    values: [{ saveIn: '$flow.key.detail', value: '$widget.f.error_detail' }],
    exits: { next: null, failed: null },
  };
  const { path, variables } = await flows.run(flowOf({ f, done }, { variables: { order: 'A "1"', list: [1, null] } }));
  const key = (name: string): Json | undefined => variables[`$flow.key.${name}`];
  return { exit: path[0], key, variables, detail: JSON.stringify(key('detail') ?? ''), request: service.received[0] };
}

const answer = (body: Json | string, status = 200): void => {
  service.answer = () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) });
};

describe('the request to a user’s service', () => {
  // docs/behaviour.md#function-services
  it('is a POST of method and keys, made by the platform', async () => {
    const { request, exit } = await call({ keys: ['$flow.key.order', { name: '$flow.syskey.list', value: '$flow.key.list' }] });
    expect(exit).toBe('f:success');
    expect(request).toMatchObject({ method: 'POST', url: '/fn?x=1' });
    expect(request?.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      method: 'score',
      keys: [
        { name: '$flow.key.order', value: 'A "1"' },
        { name: '$flow.syskey.list', value: [1, null] },
      ],
    });
  });

  // docs/decisions/0014-secrets-by-name.md
  it('is authenticated as any configured webhook is, and the secret comes back nowhere', async () => {
    service.answer = ({ headers }) => ({
      status: 200,
      body: JSON.stringify({ keys: [{ name: '$flow.key.echo', value: headers.authorization as string }] }),
    });
    const { request, variables } = await call({}, { auth: { type: 'bearer', token: '$secret.crm' } });
    expect(request?.headers.authorization).toBe('Bearer s3cr3t-of-crm');
    expect(JSON.stringify(variables)).not.toContain('s3cr3t');
  });

  it('a webhook that takes reports answers no functions', async () => {
    const { exit, detail } = await call({ service: 'crm' }, { name: 'other' });
    expect(exit).toBe('f:failed');
    expect(detail).toContain("there is no webhook 'crm' of kind functions");
    expect(service.received).toEqual([]);
  });
});

describe('the answer of a user’s service', () => {
  // docs/behaviour.md#function-results
  it('sets what it names, every type kept', async () => {
    const values = { text: 'ä', number: 1.5, yes: true, nothing: null, list: [1], object: { a: 'b' } };
    answer({ keys: Object.entries(values).map(([name, value]) => ({ name: `$flow.key.${name}`, value })), more: 1 });
    const { exit, key } = await call();
    expect(exit).toBe('f:success');
    for (const [name, value] of Object.entries(values)) expect(key(name)).toEqual(value);
  });

  it('204 sets nothing and is a success', async () => {
    answer('', 204);
    expect((await call()).exit).toBe('f:success');
  });

  it.each<[string, Json | string, string]>([
    ['$call.cli', { keys: [{ name: '$call.cli', value: '1' }] }, "sets '$call.cli'"],
    ['$flow.syskey', { keys: [{ name: '$flow.syskey.x', value: '1' }] }, 'a function may set'],
    ['$secret', { keys: [{ name: '$secret.crm', value: '1' }] }, 'a function may set'],
    ['$widget', { keys: [{ name: '$widget.f.x', value: '1' }] }, 'a function may set'],
    ['a bare name', { keys: [{ name: 'x', value: '1' }] }, 'a function may set'],
    ['__proto__', { keys: [{ name: '$flow.key.__proto__', value: { a: 1 } }] }, 'a function may set'],
    ['a name with a dot', { keys: [{ name: '$flow.key.a.b', value: 1 }] }, 'a function may set'],
    ['a template', { keys: [{ name: '$flow.key.a $flow.key.b', value: 1 }] }, 'a function may set'],
    ['an endless name', { keys: [{ name: `$flow.key.${'x'.repeat(500)}`, value: 1 }] }, 'keys.0.name'],
    ['keys that are no list', { keys: { a: 1 } }, 'keys: '],
    ['no keys', { ok: true }, 'keys: '],
    ['a list', [1], 'the answer is not'],
    ['null', 'null', 'the answer is not'],
    ['a key without value', { keys: [{ name: '$flow.key.a' }] }, 'keys.0.value'],
    ['too many keys', { keys: Array.from({ length: 1001 }, (_, n) => ({ name: `$flow.key.k${n}`, value: n })) }, 'keys: '],
    ['a value nested deep', `{"keys":[{"name":"$flow.key.a","value":${'['.repeat(70)}${']'.repeat(70)}}]}`, 'nested deeper'],
    ['no JSON', 'Hello', 'JSON'],
    ['half of it', '{"keys":[', 'JSON'],
    ['a body without end', `{"keys":[{"name":"$flow.key.a","value":"${'x'.repeat(300_000)}"}]}`, 'larger than'],
  ])('%s sets nothing and leaves by failed', async (_name, body, sentence) => {
    answer(body);
    const { exit, detail, key } = await call();
    expect(exit).toBe('f:failed');
    expect(detail).toContain(sentence);
    expect(key('error_reason')).toMatch(/^INVALID_RESPONSE/);
    expect(key('a')).toBeUndefined();
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('one wrong key spoils the whole answer: nothing is set by halves', async () => {
    answer({
      keys: [
        { name: '$flow.key.good', value: 1 },
        { name: '$call.cli', value: 2 },
      ],
    });
    expect((await call()).key('good')).toBeUndefined();
  });

  it('an error of the service is told with its own words and code', async () => {
    answer({ error: { code: 'NO_SUCH_ORDER', message: 'the order is unknown' } }, 422);
    const { exit, detail, key } = await call();
    expect([exit, key('response_status_code'), key('error_reason')]).toEqual(['f:failed', 422, 'CLIENT_ERROR']);
    expect(detail).toContain('the server answered 422: the order is unknown');
  });

  it.each([
    ...['silent', 'slow-headers', 'slow-body', 'endless', 'endless-headers', 'header-flood', 'huge-declared', 'huge', 'reset'],
    ...['short-body', 'not-http', 'wrong-type', 'not-utf8', 'deep-json', 'million-deep-json', 'many-keys', 'proto'],
    ...['gzip-bomb', 'br-bomb', 'slow-gzip-bomb', 'gzip-broken', 'billion-laughs', 'redirect-loop', 'redirect-metadata'],
  ])('a hostile service (%s) costs the call its failed exit by its timeout', async (path) => {
    webhooks = [functionService(`${hostile.origin}/${path}`)];
    const f = { type: 'function', function: 'x', service: 'crm', timeout: 1, exits: { success: null, failed: null } };
    const started = systemClock.monotonic();
    const { path: steps } = await flows.run(flowOf({ f }));
    expect(steps[0]).toMatch(/^f:(?:failed|timeout)$/);
    expect(systemClock.monotonic() - started).toBeLessThan(3000);
  });

  // docs/behaviour.md#waiting
  it('with wait: false a failure of the service is logged', async () => {
    answer({ error: 1 }, 500);
    expect((await call({ wait: false })).exit).toBe('f:success');
    await functions.idle();
    expect(warnings.at(-1)).toMatchObject({ function: 'score', service: 'crm', reason: 'SERVER_ERROR' });
  });
});

describe('our functions over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  const post = (body: unknown, headers: Record<string, string> = { authorization: `Bearer ${KEY}` }) =>
    api.call('POST', '/v1/functions', { headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

  it('answer the wire format', async () => {
    const keys = [
      { name: '$flow.key.date1', value: '2026-11-23' },
      { name: '$flow.key.date2', value: '2026-11-30' },
    ];
    const { status, body } = await post({ method: 'dateCompare', keys });
    expect(status).toBe(200);
    expect(body).toEqual({
      keys: [
        { name: '$flow.key.dateCompareResult', value: 'BEFORE' },
        { name: '$flow.key.dateDifferenceDays', value: 7 },
      ],
    });
  });

  it('need a key, and are listed with one', async () => {
    expect((await post({ method: 'dateCompare' }, {})).status).toBe(401);
    const { body } = await api.get('/v1/functions');
    const { items } = body as { items: { name: string; inputs: { name: string; required: boolean }[] }[] };
    const found = items.find(({ name }) => name === 'ValidateDateAndTime');
    expect(found?.inputs.filter(({ required }) => required).map(({ name }) => name)).toEqual(['inputDate']);
  });

  it.each([
    ['{', 400, 'API_BAD_REQUEST'],
    ['[]', 400, 'API_BAD_REQUEST'],
    ['[['.repeat(5000), 400, 'API_BAD_REQUEST'],
    ['{"method":"x","keys":[{"name":"bad name","value":1}]}', 400, 'API_BAD_REQUEST'],
    ['{"method":"nope"}', 404, 'FUNCTION_UNKNOWN'],
    ['{"method":"dateCompare"}', 422, 'FUNCTION_BAD_INPUT'],
    [
      '{"method":"createOutbound","keys":[{"name":"$flow.key.flowID","value":"a"},{"name":"$flow.key.contactNumbers","value":"1"}]}',
      501,
      'FUNCTION_NOT_AVAILABLE',
    ],
    [
      '{"method":"translateText","keys":[{"name":"$flow.key.text","value":"a"},{"name":"$flow.key.targetLanguage","value":"es"}]}',
      501,
      'FUNCTION_NOT_CONFIGURED',
    ],
  ])('%s is answered %i %s', async (body, status, code) => {
    expect(await post(body)).toMatchObject({ status, body: { error: { code } } });
  });

  // docs/behaviour.md#paused-numbers
  it('paused numbers are listed', async () => {
    const keys = [
      { name: '$flow.key.cli', value: '+4911' },
      { name: '$flow.key.status', value: 'pause' },
    ];
    expect(await post({ method: 'updatePauseStatusForCLI', keys })).toMatchObject({
      body: { keys: [{ name: '$flow.key.cli_pause_update', value: true }, { value: true }] },
    });
    expect((await api.get('/v1/pauses')).body).toMatchObject({ items: [{ cli: '+4911', reason: null }] });
  });

  it('another Offhook registers them like any service', async () => {
    webhooks = [
      functionService(`${api.url}/v1/functions`, { auth: { type: 'apiKey', name: 'X-API-Key', value: KEY, in: 'header' } }),
    ];
    const keys = [
      { name: 'date1', value: 'today' },
      { name: 'date2', value: 'today' },
    ];
    const f = { type: 'function', function: 'dateCompare', service: 'crm', keys, exits: { success: null, failed: null } };
    const { path, variables } = await flows.run(flowOf({ f }));
    expect([path[0], variables['$flow.key.dateCompareResult']]).toEqual(['f:success', 'SAME']);
    const wrong = await flows.run(flowOf({ f: { ...f, function: 'nope' } }));
    expect(wrong.variables['$flow.key.response_status_code']).toBe(404);
  });
});

describe('short links over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  const make = (body: unknown, headers: Record<string, string> = {}) =>
    api.call('POST', '/shorturl', { headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const codeOf = (shortUrl: string): string => shortUrl.replace('https://ivr.example', '');

  // docs/behaviour.md#short-links
  it('custToken and longUrl make a link that redirects, and its visits are counted', async () => {
    const { status, body } = await make({ custToken: KEY, longUrl: 'https://shop.example/a?b=ä' });
    expect(status).toBe(200);
    const { shortUrl } = body as { shortUrl: string };
    expect(shortUrl).toMatch(/^https:\/\/ivr\.example\/s\/[A-Za-z0-9]{9}$/);
    for (const query of ['', '?utm=x&utm=y']) {
      const followed = await api.call('GET', codeOf(shortUrl) + query, { headers: {} });
      expect([followed.status, followed.headers.location]).toEqual([302, 'https://shop.example/a?b=%C3%A4']);
    }
    expect((await api.call('HEAD', codeOf(shortUrl), { headers: {} })).status).toBe(302);
    expect((await api.get('/v1/links')).body).toMatchObject({ items: [{ url: 'https://shop.example/a?b=%C3%A4', visits: 2 }] });
  });

  it('strangers make no links, neither with a wrong token nor with none', async () => {
    const longUrl = 'https://shop.example/';
    expect((await make({ longUrl })).status).toBe(401);
    expect((await make({ custToken: 'wrong', longUrl })).status).toBe(401);
    expect((await make({ custToken: { $ne: 1 }, longUrl })).status).toBe(401);
    expect((await make('{{{')).status).toBe(401);
    expect((await make({ longUrl }, { authorization: `Bearer ${KEY}` })).status).toBe(200);
    expect((await make({ custToken: KEY, longUrl }, { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it.each(['javascript:alert(1)', 'ftp://a.example', 'https://a:b@c.example', '', 7, null])('no link to %j', async (longUrl) => {
    expect(await make({ custToken: KEY, longUrl })).toMatchObject({
      status: 400,
      body: { error: { code: 'API_BAD_REQUEST' } },
    });
  });

  it('a link ends when it expires or is deleted', async () => {
    const { body } = await make({ custToken: KEY, longUrl: 'https://shop.example/', expiryDays: 1 });
    const path = codeOf((body as { shortUrl: string }).shortUrl);
    api.state.now += 86_400_000;
    expect(await api.call('GET', path, { headers: {} })).toMatchObject({
      status: 410,
      body: { error: { code: 'LINK_EXPIRED' } },
    });
    expect((await api.call('DELETE', `/v1/links/${path.slice(3)}`, { headers: {} })).status).toBe(401);
    expect((await api.call('DELETE', `/v1/links/${path.slice(3)}`)).status).toBe(200);
    expect(await api.call('GET', path, { headers: {} })).toMatchObject({
      status: 404,
      body: { error: { code: 'LINK_UNKNOWN' } },
    });
    expect((await api.call('DELETE', `/v1/links/${path.slice(3)}`)).status).toBe(404);
  });

  it.each(['nope', '%2e%2e', "a'%20or%201=1", 'x'.repeat(64)])('an unknown code (%s) is 404', async (code) => {
    expect((await api.call('GET', `/s/${code}`, { headers: {} })).status).toBe(404);
  });
});
