import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import type { Json } from '../../../../src/lib/json/json.js';
import type { FunctionReads } from '../../../../src/runs/test/dry-services.js';
import type { WidgetTestInput } from '../../../../src/runs/test/tester.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../../src/http/client.js';
import { fakePauses } from '../../../support/fake-links.js';
import { fakeServices, functionService } from '../../../support/functions.js';
import { Endpoint } from '../../../support/site.js';
import { openTester, SECRET, type TesterOptions } from '../../../support/tester.js';

let endpoint: Endpoint;
let client: HttpClient;
beforeAll(async () => {
  endpoint = await Endpoint.start();
  client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'], allowHosts: [] }, systemClock);
});
afterAll(async () => {
  await client.close();
  await endpoint.close();
});
beforeEach(() => {
  endpoint.received.length = 0;
});

const alone = (config: Record<string, Json>, variables: Record<string, Json> = {}): WidgetTestInput => ({
  flow: null,
  widget: 'test',
  config,
  variables,
});

/** What a function widget alone comes to. */
async function tested(config: Record<string, Json>, variables?: Record<string, Json>, more: Partial<TesterOptions> = {}) {
  return run(alone(config, variables), more);
}

async function run(input: WidgetTestInput, more: Partial<TesterOptions> = {}) {
  const result = await openTester({ client, ...more }).widget(input);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  if (!('outputs' in result.value)) throw new Error('not a function widget');
  return result.value;
}

const judged = {
  type: 'function',
  function: 'ValidateDateAndTime',
  keys: [{ name: 'inputDate', value: '$flow.key.day', mandatory: true }],
};

const services = () => [
  functionService(`${endpoint.url}/functions`, { auth: { type: 'bearer', token: '$secret.shop' } as never }),
];

// docs/behaviour.md#test-requests, #function-results
describe('a test of a function of Offhook', () => {
  it('shows what is passed, the outputs, the variables and the exit', async () => {
    const flow = {
      id: 'callback',
      name: 'Callback',
      start: 'judge',
      timeZone: 'Asia/Kolkata',
      variables: { day: null },
      widgets: { judge: { ...judged, exits: { success: 'tell', failed: 'tell' } }, tell: { type: 'hangup' } },
    };
    const result = await run(
      { flow: 'callback', widget: 'judge', config: null, variables: { '$flow.key.day': '24122099' } },
      { flows: [flow] },
    );
    expect(result.call).toEqual({
      function: 'ValidateDateAndTime',
      service: null,
      keys: [{ name: '$flow.key.inputDate', value: '24122099' }],
    });
    expect(result.answer).toMatchObject({ status: 200, reason: null, code: null });
    expect(result.outputs).toContainEqual({ name: '$flow.key.outputDate', value: '2099-12-24', set: true });
    expect(result.variables).toMatchObject({ '$flow.key.outputDate': '2099-12-24', '$flow.key.response_status': 'SUCCESS' });
    expect([result.exit, result.next, result.fault, result.exchanges, result.notes]).toEqual(['success', 'tell', null, [], []]);
    expect(result.paths).toContainEqual({ variable: '$flow.key.outputDate', path: '$', kind: 'text', value: '2099-12-24' });
  });

  it('says why it fails, by its code, and where that leads', async () => {
    const bad = await tested({ function: 'ValidateDateAndTime', keys: [{ name: 'type', value: 'x' }], groups: ['flow'] });
    expect([bad.exit, bad.answer?.status, bad.answer?.code]).toEqual(['failed', 422, 'FUNCTION_BAD_INPUT']);
    expect(bad.outputs).toEqual([]);
    const missing = await tested(judged);
    expect([missing.exit, missing.call, missing.answer]).toEqual(['failed', null, null]);
    expect(missing.variables['$flow.key.error_reason']).toBe('INVALID_FLOW_VAR');
  });

  it('lists the places of an output that is an object, as jsonGet takes them', async () => {
    const calls = { ...fakeServices(systemClock).calls, report: () => Promise.resolve({ legs: [{ 'odd name': 1 }] }) };
    const reads: FunctionReads = { ...fakeServices(systemClock), calls };
    const result = await tested({ function: 'Pullreport', keys: [{ name: 'callId', value: 'c1' }] }, {}, { reads });
    expect(result.paths.map(({ variable, path }) => `${variable} ${path}`)).toEqual([
      '$flow.key.reportFound $',
      '$flow.key.report $',
      '$flow.key.report legs',
      '$flow.key.report legs[0]',
      "$flow.key.report legs[0]['odd name']",
    ]);
    expect(result.morePaths).toBe(false);
  });

  it('changes nothing that is kept, and says what it would have changed', async () => {
    const kept = fakeServices(systemClock);
    const pauses = fakePauses();
    const reads: FunctionReads = { users: kept.users, pauses, calls: kept.calls };
    await kept.users.save('15551230001', { lang: 'en' });
    const saved = await tested(
      { function: 'updateUserPreferences', keys: [{ name: '$user.key.lang', value: 'fr' }] },
      { '$call.cli': '15551230001' },
      { reads },
    );
    expect(saved.exit).toBe('success');
    expect(saved.notes.join()).toContain('lang of 15551230001, "fr"');
    expect(kept.stored.get('15551230001')).toEqual({ lang: 'en' });

    const keys = (status: string) => ['cli', 'status'].map((name) => ({ name, value: name === 'cli' ? '4711' : status }));
    const paused = await tested({ function: 'updatePauseStatusForCLI', keys: keys('pause') }, {}, { reads });
    expect([paused.variables['$flow.key.cli_paused'], paused.notes]).toEqual([true, ['Not paused, as this is a test: 4711.']]);
    expect(await pauses.list()).toEqual([]);

    const link = await tested(
      { function: 'linkcreation', keys: [{ name: 'longUrl', value: 'https://shop.example/a' }] },
      {},
      { reads },
    );
    expect(link.variables['$flow.key.shortUrl']).toMatch(/^https:\/\/ivr\.example\/s\/\w{9}$/u);
    expect(link.notes).toHaveLength(1);
  });

  it('finds what is kept; where no process runs it says that it could not look', async () => {
    const kept = fakeServices(systemClock);
    await kept.users.save('15551230001', { lang: 'fr' });
    const config = { function: 'fetchUserPreferences' };
    const cli = { '$call.cli': '15551230001' };
    const found = await tested(config, cli, { reads: kept });
    expect([found.variables['$user.key.lang'], found.notes]).toEqual(['fr', []]);
    const blind = await tested(config, cli);
    expect(blind.variables['$user.key.lang']).toBeUndefined();
    expect(blind.notes).toEqual([expect.stringContaining('POST /v1/webhooks/test')]);
  });

  it('asks the translation service, which it shows without the key', async () => {
    endpoint.answer = () => ({ status: 200, body: '{"translatedText":"Guten Tag"}' });
    const translation = { url: endpoint.url, apiKey: 'translation-key-1' };
    const keys = [
      { name: 'text', value: 'Good day' },
      { name: 'targetLanguage', value: 'de' },
    ];
    const result = await tested({ function: 'translateText', keys, groups: ['flow'] }, {}, { translation });
    expect(result.exit, JSON.stringify(result.answer)).toBe('success');
    expect(result.exchanges[0]?.answer.status).toBe(200);
    expect(endpoint.received[0]?.body).toContain('translation-key-1');
    expect(JSON.stringify(result)).not.toContain('translation-key-1');
  });
});

// docs/behaviour.md#function-wire-format
describe('a test of a function of a service', () => {
  const score = {
    type: 'function',
    function: 'score',
    service: 'crm',
    keys: [{ name: 'order', value: '$flow.key.order' }],
    outputs: ['$flow.key.score'],
  };

  it('shows the request as it was sent, secrets masked, and what the flow has of the answer', async () => {
    endpoint.answer = () => ({ status: 200, body: '{"keys":[{"name":"$flow.key.score","value":{"points":7}}]}' });
    const result = await tested(score, { '$flow.key.order': '1234' }, { webhooks: services() });
    const [request] = result.exchanges[0]?.requests ?? [];
    expect(request).toMatchObject({ method: 'POST', url: `${endpoint.url}/functions` });
    expect(request?.headers).toContainEqual(['authorization', 'Bearer ***']);
    expect(request?.body).toBe(endpoint.received[0]?.body);
    expect(JSON.parse(request?.body ?? '')).toEqual({ method: 'score', keys: [{ name: '$flow.key.order', value: '1234' }] });
    expect(result.outputs).toEqual([{ name: '$flow.key.score', value: { points: 7 }, set: true }]);
    expect(result.paths).toContainEqual({ variable: '$flow.key.score', path: 'points', kind: 'number', value: 7 });
    expect(result.exit).toBe('success');
  });

  // docs/decisions/0014-secrets-by-name.md
  it('never shows a secret, even when the service repeats it', async () => {
    endpoint.answer = ({ headers }) => ({
      status: 200,
      body: JSON.stringify({ keys: [{ name: '$flow.key.score', value: [headers['authorization'], SECRET] }] }),
    });
    const result = await tested(score, { '$flow.key.order': '1' }, { webhooks: services() });
    expect(JSON.stringify(result)).not.toContain(SECRET);
    const plain = functionService(`${endpoint.url}/functions`, { auth: { type: 'bearer', token: 'plain-token-1' } as never });
    const literal = await tested(score, { '$flow.key.order': '1' }, { webhooks: [plain] });
    expect(JSON.stringify(literal.exchanges)).not.toContain('plain-token-1');
  });

  it.each([
    ['{"keys":[{"name":"$call.cli","value":1}]}', 200, 'INVALID_RESPONSE'],
    ['{"error":{"code":"NO_SCORE","message":"none yet"}}', 422, 'CLIENT_ERROR'],
  ])('sets nothing of an answer that is none: %s', async (body, status, reason) => {
    endpoint.answer = () => ({ status, body });
    const result = await tested(score, { '$flow.key.order': '1' }, { webhooks: services() });
    expect([result.exit, result.answer?.reason, result.outputs]).toEqual(['failed', reason, []]);
  });

  it('waits for a call that a flow would not wait for; nothing is set of it', async () => {
    endpoint.answer = () => ({ status: 200, body: '{"keys":[{"name":"$flow.key.score","value":7}]}' });
    const result = await tested({ ...score, wait: false }, { '$flow.key.order': '1' }, { webhooks: services() });
    expect(result.exit).toBe('success');
    expect(result.outputs).toEqual([{ name: '$flow.key.score', value: 7, set: false }]);
  });

  it('is checked like any other, and the service itself takes no sample report', async () => {
    const tester = openTester({ client, webhooks: services() });
    const unknown = await tester.widget(alone({ ...score, service: 'cmr' }));
    expect(unknown).toMatchObject({ ok: false, error: { code: 'WEBHOOK_TEST_INVALID' } });
    expect(unknown.ok ? '' : JSON.stringify(unknown.error)).toContain("Did you mean 'crm'?");
    const report = await tester.report('crm');
    expect(report.ok ? '' : report.error.message).toContain('test a function widget with "service": "crm"');
    const other = await tester.widget(alone({ type: 'play', prompt: [{ say: 'x' }] }));
    expect(other.ok ? '' : other.error.message).toBe('test is of type play; only webhook and function widgets can be tested.');
  });
});
