import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { readSample } from '../../../../src/runs/test/samples.js';
import type { Tester, WidgetTestInput } from '../../../../src/runs/test/tester.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../../src/http/client.js';
import { readConfiguredWebhooks } from '../../../../src/webhooks/configured/configured.js';
import { Guard } from '../../../../src/http/guard.js';
import type { ConfiguredWebhook } from '../../../../src/webhooks/configured/schema.js';
import { Endpoint } from '../../../support/site.js';
import { openTester, SECRET, secrets } from '../../../support/tester.js';

const allowed = { allowHttp: true, allowNetworks: ['127.0.0.0/8'], allowHosts: [] };
let endpoint: Endpoint;
let client: HttpClient;
beforeAll(async () => {
  endpoint = await Endpoint.start();
  client = new HttpClient({ ...CLIENT_DEFAULTS, ...allowed }, systemClock);
});
afterAll(async () => {
  await client.close();
  await endpoint.close();
});
beforeEach(() => {
  endpoint.received.length = 0;
  endpoint.answer = () => ({ status: 200, body: '{"order":{"status":"sent","items":[{"sku":"a"}]}}' });
});

function tester(flows: readonly object[] = [], webhooks: readonly ConfiguredWebhook[] = []): Tester {
  return openTester({ client, flows, webhooks });
}

const lookup = (more: object = {}) => ({
  type: 'webhook',
  url: `${endpoint.url}/orders/$flow.key.order`,
  auth: { type: 'basic', username: 'ivr', password: '$secret.shop' },
  query: [{ key: 'cli', value: '$call.cli' }],
  mapping: [
    { saveIn: '$flow.key.status', path: 'order.status', required: true },
    { saveIn: '$flow.key.eta', path: 'order.eta' },
  ],
  exits: { success: 'tell', '404': 'unknown', failed: 'sorry' },
  ...more,
});
const shop = (more: object = {}) => ({
  id: 'shop',
  name: 'Shop',
  start: 'lookup',
  variables: { order: null, eta: 'soon' },
  widgets: {
    lookup: lookup(more),
    ...Object.fromEntries(['tell', 'unknown', 'sorry'].map((id) => [id, { type: 'hangup' }])),
  },
});
const input = (more: Partial<WidgetTestInput> = {}): WidgetTestInput => ({
  flow: 'shop',
  widget: 'lookup',
  config: null,
  variables: { '$flow.key.order': '12 34', '$call.cli': '+15551230000' },
  ...more,
});

async function tested(given: Tester, what: WidgetTestInput) {
  const result = await given.widget(what);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  if (!('mapping' in result.value)) throw new Error('not a webhook widget');
  return result.value;
}

// docs/behaviour.md#test-requests
describe('a test request', () => {
  it('shows the exact request, the answer, each mapping, the variables and the exit', async () => {
    const result = await tested(tester([shop()]), input());
    const [request] = result.exchanges[0]?.requests ?? [];
    expect(request).toMatchObject({ method: 'GET', url: `${endpoint.url}/orders/12%2034?cli=%2B15551230000`, body: null });
    expect(request?.headers).toContainEqual(['authorization', 'Basic ***']);
    expect(result.exchanges[0]?.answer).toMatchObject({ status: 200, cut: false, problem: null });
    expect(result.answer).toMatchObject({ status: 200, reason: null, attempts: 1 });
    expect(result.mapping).toEqual([
      { saveIn: '$flow.key.status', path: 'order.status', found: true, value: 'sent', saved: 'sent' },
      { saveIn: '$flow.key.eta', path: 'order.eta', found: false },
    ]);
    expect(result.variables).toMatchObject({ '$flow.key.status': 'sent', '$flow.key.response_status_code': 200 });
    expect([result.exit, result.next, result.fault]).toEqual(['success', 'tell', null]);
    expect(result.paths).toContainEqual({ path: 'order.items[0].sku', kind: 'text', value: 'a' });
  });

  it('sends what a call would: the endpoint sees the same request, in the same order', async () => {
    const result = await tested(
      tester([shop({ method: 'POST', body: { type: 'json', content: { o: '$flow.key.order' } } })]),
      input(),
    );
    const [received] = endpoint.received;
    const [request] = result.exchanges[0]?.requests ?? [];
    expect(received?.body).toBe(request?.body);
    expect(received?.url).toBe(new URL(request?.url ?? '').pathname + new URL(request?.url ?? '').search);
    const own = Object.keys(received?.headers ?? {}).filter((name) => !['host', 'connection', 'content-length'].includes(name));
    expect(own).toEqual(request?.headers.map(([name]) => name.toLowerCase()));
  });

  it('never shows a secret, even when the server repeats it', async () => {
    endpoint.answer = ({ headers, url }) => ({
      status: 200,
      body: JSON.stringify({ order: { status: headers['authorization'], at: url, plain: SECRET } }),
      headers: { 'x-echo': SECRET, 'set-cookie': 'session=1' },
    });
    const more = { url: `${endpoint.url}/a/$secret.shop?k=$secret.shop`, headers: [{ key: 'X-Key', value: 'k-$secret.shop' }] };
    const result = await tested(tester([shop(more)]), input());
    const text = JSON.stringify(result);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(Buffer.from(`ivr:${SECRET}`).toString('base64'));
    expect(endpoint.received[0]?.headers['x-key']).toBe(`k-${SECRET}`);
    expect(result.exchanges[0]?.answer.headers).toContainEqual(['set-cookie', '***']);
  });

  it('shows what headers and status gave, and lists the headers for a mapping', async () => {
    endpoint.answer = () => ({ status: 204, body: '', headers: { 'X-Auth-Token': ['abc', 'def'] } });
    const mapping = [
      { saveIn: '$flow.key.token', header: 'X-Auth-Token', required: true },
      { saveIn: '$flow.key.code', status: true },
    ];
    const result = await tested(tester([shop({ mapping })]), input());
    expect(result.mapping).toEqual([
      { saveIn: '$flow.key.token', header: 'X-Auth-Token', found: true, value: 'abc', saved: 'abc' },
      { saveIn: '$flow.key.code', status: true, found: true, value: 204, saved: 204 },
    ]);
    expect(result.headers.filter(({ header }) => header === 'x-auth-token')).toEqual([{ header: 'x-auth-token', value: 'abc' }]);
    expect(result.exit).toBe('success');
  });

  it('hides a cookie that a row reads, everywhere', async () => {
    endpoint.answer = () => ({ status: 204, body: '', headers: { 'set-cookie': ['session=s3ss10n', 'b=other'] } });
    const mapping = [{ saveIn: '$flow.key.token', header: 'Set-Cookie', required: true }];
    const result = await tested(tester([shop({ mapping })]), input());
    expect(JSON.stringify(result)).not.toContain('s3ss10n');
    expect(result.mapping).toEqual([
      { saveIn: '$flow.key.token', header: 'Set-Cookie', found: true, value: '***', saved: '***' },
    ]);
    expect(result.exit).toBe('success');
  });

  it('never shows a password that stands in the flow', async () => {
    endpoint.answer = () => ({ status: 200, body: '{"order":{"status":"plain-password"}}' });
    const result = await tested(tester([shop({ auth: { type: 'basic', username: 'u', password: 'plain-password' } })]), input());
    expect(JSON.stringify(result.exchanges)).not.toContain('plain-password');
  });

  it('shows redirects and tries one by one', async () => {
    endpoint.answer = ({ url }) =>
      url.startsWith('/orders')
        ? { status: 302, body: '', headers: { location: '/moved' } }
        : { status: 200, body: '{"order":{"status":"x"}}' };
    const moved = await tested(tester([shop({ redirects: 2 })]), input());
    expect(moved.exchanges[0]?.requests.map(({ url }) => new URL(url).pathname)).toEqual(['/orders/12%2034', '/moved']);
    let n = 0;
    endpoint.answer = () => (n++ === 0 ? { status: 503, body: '' } : { status: 200, body: '{"order":{"status":"x"}}' });
    const tried = await tested(tester([shop({ retries: 1 })]), input());
    expect(tried.exchanges.map(({ answer }) => answer.status)).toEqual([503, 200]);
    expect(tried.answer?.attempts).toBe(2);
  });

  it('takes the exit a call would take', async () => {
    const exits = async (status: number, body = '{}') => {
      endpoint.answer = () => ({ status, body });
      const { exit, next } = await tested(tester([shop()]), input());
      return `${exit ?? ''} → ${next ?? ''}`;
    };
    expect(await exits(404)).toBe('404 → unknown');
    expect(await exits(500)).toBe('failed → sorry');
    expect(await exits(200)).toBe('failed → sorry');
  });

  it('says which variables are missing, and sends nothing', async () => {
    const result = await tested(tester([shop()]), input({ variables: {} }));
    expect(result.answer).toBeNull();
    expect(result.exchanges).toEqual([]);
    expect([result.exit, result.variables['$flow.key.error_reason']]).toEqual(['failed', 'INVALID_FLOW_VAR']);
  });

  it('is held to the guard like any request', async () => {
    const result = await tested(tester([shop({ url: 'http://169.254.169.254/$flow.key.order' })]), input());
    expect(result.answer).toMatchObject({ reason: 'INVALID_REQUEST', status: null });
    expect(result.exchanges[0]?.requests).toEqual([]);
  });

  it('waits for what a widget that does not wait has sent', async () => {
    const result = await tested(
      tester([shop({ wait: false, mapping: [], exits: { success: 'tell', failed: 'sorry' } })]),
      input(),
    );
    expect(result.answer).toMatchObject({ status: 200 });
    expect([result.exit, result.next]).toEqual(['success', 'tell']);
  });

  it('takes a widget as JSON, in a flow or alone, checked like any other', async () => {
    const config = { ...lookup({ url: `${endpoint.url}/draft/$flow.key.order` }) } as never;
    const inFlow = await tested(tester([shop()]), input({ config }));
    expect(inFlow.exchanges[0]?.requests[0]?.url).toContain('/draft/');
    const alone = await tested(tester(), input({ flow: null, config }));
    expect([alone.exit, alone.next]).toEqual(['success', null]);
    const untyped = await tested(tester(), input({ flow: null, config: { url: `${endpoint.url}/draft/1` } }));
    expect(untyped.exit).toBe('success');
    const nothing = await tester().widget(input({ flow: null }));
    expect(nothing.ok ? '' : nothing.error.message).toContain('Say what to test');
    const refused = await tester().widget(input({ flow: null, config: { type: 'webhook', url: 'ftp://x', colour: 1 } }));
    expect(refused).toMatchObject({ ok: false, error: { code: 'WEBHOOK_TEST_INVALID' } });
    expect(refused.ok ? [] : refused.error.problems.length).toBeGreaterThan(0);
    const other = await tester().widget(input({ flow: null, config: { type: 'hangup' } }));
    expect(other).toMatchObject({ ok: false });
  });

  it('takes results of other widgets as samples', async () => {
    const flow = shop({ url: `${endpoint.url}/orders/$widget.first.response_status_code` });
    const first = { type: 'webhook', url: 'https://a.example', exits: { success: 'lookup', failed: 'sorry' } };
    const both = { ...flow, start: 'first', widgets: { ...flow.widgets, first } };
    const result = await tested(tester([both]), input({ variables: { '$widget.first.response_status_code': 201 } }));
    expect(result.exchanges[0]?.requests[0]?.url).toContain('/orders/201');
  });

  it.each([
    ['order', 'is not a variable'],
    ['$secret.shop', 'cannot be given'],
    ['$sys.date', 'cannot be given'],
    ['$call.nothing', 'There is no'],
  ])('refuses the sample %s', async (name, why) => {
    const refused = await tester([shop()]).widget(input({ variables: { [name]: '1' } }));
    expect(refused.ok ? '' : refused.error.message).toContain(why);
  });

  it('is refused when there are too many in a minute', async () => {
    const given = tester([shop()]);
    let refused = 0;
    for (let i = 0; i < 32; i++) if (!(await given.widget(input())).ok) refused++;
    expect(refused).toBe(2);
  });

  it('reads samples of the command line', () => {
    expect(readSample('$flow.key.order=12=34')).toEqual({ ok: true, value: ['$flow.key.order', '12=34'] });
    expect(readSample('$flow.key.n:={"a":1}')).toEqual({ ok: true, value: ['$flow.key.n', { a: 1 }] });
    expect(readSample('order=1').ok).toBe(false);
    expect(readSample('$flow.key.n:=oops').ok).toBe(false);
  });
});

// docs/behaviour.md#default-webhook
describe('a test report', () => {
  const configured = (more: object = {}) => {
    const guard = new Guard(allowed);
    const entry = {
      name: 'crm',
      url: `${endpoint.url}/report`,
      default: true,
      auth: { type: 'bearer', token: '$secret.shop' },
      ...more,
    };
    const { webhooks, problems } = readConfiguredWebhooks([entry], { file: 'webhooks.json', guard, secrets });
    expect(problems).toEqual([]);
    return webhooks;
  };

  it.each(['phonon', 'native'])('is a sample in the format %s, marked as a test', async (format) => {
    const result = await tester([], configured({ format })).report('crm');
    if (!result.ok) throw new Error(result.error.message);
    expect(result.value).toMatchObject({ webhook: 'crm', delivered: true, problem: null });
    const [received] = endpoint.received;
    expect(received?.headers).toMatchObject({ 'x-offhook-test': 'true', authorization: `Bearer ${SECRET}` });
    expect(received?.headers['webhook-id']).toBe(result.value.id);
    expect(received?.body).toContain('test-');
    expect(JSON.stringify(result.value)).not.toContain(SECRET);
  });

  it('says when the endpoint refuses it or is not there', async () => {
    endpoint.answer = () => ({ status: 401, body: 'no' });
    const refused = await tester([], configured()).report('crm');
    expect(refused).toMatchObject({ value: { delivered: false, problem: null } });
    const dead = await tester([], configured({ url: 'http://127.0.0.1:9/' })).report('crm');
    expect(dead.ok && dead.value.problem).toBeTruthy();
    expect(await tester().report('nobody')).toMatchObject({ error: { code: 'WEBHOOK_UNKNOWN' } });
  });

  it('says of a flow whose file is not fit to run what is wrong with it, not that there is none', async () => {
    const found = { severity: 'error', path: '$', message: 'is not JSON', advice: 'Correct it.' } as const;
    const broken = new Map([['half', { file: 'flows/half.json', problem: { code: 'FLOW_UNREADABLE', ...found } as const }]]);
    const ask = (flow: string) => openTester({ client, broken }).widget({ flow, widget: 'ask', config: null, variables: {} });
    const message = 'The flow “half” is not fit to run: flows/half.json $: is not JSON.';
    expect(await ask('half')).toMatchObject({ ok: false, error: { code: 'FLOW_BROKEN', message } });
    expect(await ask('gone')).toMatchObject({ ok: false, error: { code: 'API_NOT_FOUND', message: 'There is no flow “gone”.' } });
  });
});
