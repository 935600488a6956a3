import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flow } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/*
 * Configured webhooks and test requests, through the API of a running process and the command line beside it.
 */

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const KEY = 'key-0123456789abcdef';

let site: Site;
let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await Endpoint.start();
  endpoint.answer = () => ({ status: 200, body: '{"order":{"status":"sent"}}' });
  const lookup = {
    type: 'webhook',
    url: `${endpoint.url}/orders/$flow.key.order`,
    auth: { type: 'basic', username: 'ivr', password: '$secret.SHOP' },
    mapping: [{ saveIn: '$flow.key.status', path: 'order.status', required: true }],
    exits: { success: 'bye', failed: 'bye' },
  };
  const shop = flow('shop', { lookup, bye: { type: 'hangup' } });
  const remember = {
    type: 'function',
    function: 'updateUserPreferences',
    keys: [{ name: '$user.key.lang', value: '$flow.key.lang', mandatory: true }],
    exits: { success: 'recall', failed: 'bye' },
  };
  const recall = { type: 'function', function: 'fetchUserPreferences', exits: { success: 'bye', failed: 'bye' } };
  const prefer = flow('prefer', { remember, recall, bye: { type: 'hangup' } });
  site = await Site.start({
    flows: [
      { ...shop, webhook: false, variables: { order: null } },
      { ...prefer, webhook: false, variables: { lang: null } },
    ],
    config: { api: { keys: [KEY] } },
    env: { OFFHOOK_SECRET_SHOP: 'sesame-open-1' },
  });
});
afterAll(async () => {
  await site.dispose();
  await endpoint.close();
});

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(site.api + path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, etag: response.headers.get('etag'), body: (await response.json()) as Record<string, never> };
}

function run(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  const env = { ...process.env, OFFHOOK_SECRET_SHOP: 'sesame-open-1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args, '--config', site.dir], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out: stdout + stderr });
    });
  });
}

const report = () => ({ name: 'crm', url: `${endpoint.url}/report`, default: true });

// docs/behaviour.md#default-webhook, #report-switch, #function-services
describe('configured webhooks of a running process', () => {
  it('need a key', async () => {
    for (const [method, path] of [
      ['GET', '/v1/webhooks'],
      ['POST', '/v1/webhooks/test'],
      ['POST', '/v1/webhooks/import'],
      ['GET', '/v1/egress'],
    ] as const) {
      expect((await fetch(site.api + path, { method })).status).toBe(401);
    }
  });

  it('a flow cannot report before there is a default, and the default stays while it does', async () => {
    const early = await ask('PUT', '/v1/flows/shop/webhook', { enabled: true });
    expect([early.status, early.body['error']]).toMatchObject([409, { code: 'FLOW_NO_DEFAULT_WEBHOOK' }]);

    const added = await ask('POST', '/v1/webhooks', report());
    expect(added.status).toBe(201);
    expect((await ask('PUT', '/v1/flows/shop/webhook', { enabled: true })).status).toBe(200);
    expect(JSON.parse(readFileSync(join(site.dir, 'flows', 'shop.json'), 'utf8'))).toMatchObject({ webhook: true });
    const shown = (await ask('GET', '/v1/flows/shop')).body as unknown as { document: { webhook: boolean } };
    expect(shown.document.webhook).toBe(true);

    for (const refused of [await ask('DELETE', '/v1/webhooks/crm'), await ask('PATCH', '/v1/webhooks/crm', { default: false })]) {
      expect(refused.status).toBe(409);
      expect(JSON.stringify(refused.body)).toContain('shop');
    }
    expect((await ask('PUT', '/v1/flows/shop/webhook', { enabled: false })).status).toBe(200);
  });

  it('change under the version that was read, and only under it', async () => {
    const { etag } = await ask('GET', '/v1/webhooks/crm');
    expect(etag).toMatch(/^"[0-9a-f]{12}"$/u);
    const headers = { 'if-match': etag ?? '' };
    expect((await ask('PATCH', '/v1/webhooks/crm', { format: 'native' }, headers)).status).toBe(200);
    expect((await ask('PATCH', '/v1/webhooks/crm', { format: 'phonon' }, headers)).status).toBe(412);
    expect((await ask('GET', '/v1/webhooks/nobody')).status).toBe(404);
    expect((await ask('POST', '/v1/webhooks', { name: 'x', url: 'http://169.254.169.254/' })).status).toBe(422);
    expect((await ask('POST', '/v1/webhooks', 'text')).status).toBe(400);
    expect((await ask('POST', '/v1/webhooks/crm/enable')).body).toMatchObject({ name: 'crm', was: false });
  });

  it('follow what the command line writes', async () => {
    const added = await run('webhook', 'add', 'erp', `${endpoint.url}/erp`, '--default', '--json');
    expect([added.code, added.out]).toMatchObject([0, expect.stringContaining('"erp"')]);
    await eventually('the default in use', async () => {
      const test = await ask('POST', '/v1/webhooks/test', { webhook: 'erp' });
      return test.status === 200;
    });
    expect((await run('webhook', 'list')).out).toMatch(/erp \(default\)/u);
    const refused = await run('webhook', 'add', 'bad', 'ftp://x');
    expect([refused.code, refused.out]).toMatchObject([1, expect.stringContaining('[WEBHOOK_URL_REFUSED]')]);
    expect((await run('webhook', 'remove', 'erp')).code).toBe(0);
  });

  it('keep the last good ones when the file is broken by hand', async () => {
    const before = readFileSync(join(site.dir, 'webhooks.json'), 'utf8');
    writeFileSync(join(site.dir, 'webhooks.json'), '[{');
    await eventually('the complaint', () => site.log.includes('stay as they were'));
    expect((await ask('GET', '/v1/webhooks')).status).toBe(422);
    expect((await ask('POST', '/v1/webhooks/test', { webhook: 'crm' })).body).toMatchObject({ delivered: true });
    writeFileSync(join(site.dir, 'webhooks.json'), before);
  });
});

// docs/behaviour.md#test-requests
describe('test requests', () => {
  const sample = { flow: 'shop', widget: 'lookup', variables: { '$flow.key.order': '1234' } };

  it('show through API and command line what a call would do', async () => {
    const tested = await ask('POST', '/v1/webhooks/test', sample);
    expect(tested.body).toMatchObject({ exit: 'success', next: 'bye', variables: { '$flow.key.status': 'sent' } });
    expect(JSON.stringify(tested.body)).not.toContain('sesame');
    expect(endpoint.received.at(-1)?.url).toBe('/orders/1234');
    const line = await run('webhook', 'test', 'shop', 'lookup', '--var', '$flow.key.order=77');
    expect([line.code, line.out]).toMatchObject([0, expect.stringMatching(/GET .*\/orders\/77[\s\S]*exit {2}success → bye/u)]);
    expect(line.out).not.toContain('sesame');
  });

  it('of functions change nothing, and look at what is kept where a process runs', async () => {
    const variables = { '$call.cli': '15551230001', '$flow.key.lang': 'fr' };
    const tested = await ask('POST', '/v1/webhooks/test', { flow: 'prefer', widget: 'remember', variables });
    expect(tested.body).toMatchObject({ exit: 'success', next: 'recall', call: { function: 'updateUserPreferences' } });
    expect(tested.body['notes']).toEqual([expect.stringContaining('Not stored')]);
    const recalled = await ask('POST', '/v1/webhooks/test', { flow: 'prefer', widget: 'recall', variables });
    expect(recalled.body).toMatchObject({ exit: 'success', notes: [] });
    expect(recalled.body['variables']).not.toHaveProperty(['$user.key.lang']);
    const line = await run('webhook', 'test', 'prefer', 'recall', '--cli', '15551230001');
    expect([line.code, line.out]).toMatchObject([
      0,
      expect.stringMatching(/→ function fetchUserPreferences[\s\S]*exit {2}success → bye[\s\S]*! .*only the API of a running/u),
    ]);
    const alone = { function: 'ValidateDateAndTime', keys: [{ name: 'inputDate', value: '24122099' }] };
    const judged = await ask('POST', '/v1/webhooks/test', { config: alone });
    expect(judged.body).toMatchObject({ exit: 'success', variables: { '$flow.key.outputDate': '2099-12-24' } });
  });

  it('say what is wrong with them', async () => {
    expect((await ask('POST', '/v1/webhooks/test', { ...sample, widget: 'nobody' })).status).toBe(404);
    expect((await ask('POST', '/v1/webhooks/test', { ...sample, variables: { order: '1' } })).status).toBe(422);
    expect((await ask('POST', '/v1/webhooks/test', { nonsense: 1 })).status).toBe(400);
  });

  it('begin with a curl command', async () => {
    const made = await ask('POST', '/v1/webhooks/import', { curl: `curl -u ivr:hush ${endpoint.url}/orders -d a=1` });
    expect(made.body).toMatchObject({ widget: { method: 'POST', auth: { type: 'basic' } } });
    expect(JSON.stringify(made.body)).not.toContain('hush');
    const { widget } = made.body as unknown as { widget: object };
    const config = { ...widget, auth: { type: 'basic', username: 'ivr', password: '$secret.SHOP' } };
    expect((await ask('POST', '/v1/webhooks/test', { config })).body).toMatchObject({ exit: 'success' });
    expect((await ask('POST', '/v1/webhooks/import', { curl: 'wget x' })).status).toBe(422);
  });
});

// docs/behaviour.md#egress
it('says where requests come from', async () => {
  expect((await ask('GET', '/v1/egress?host=127.0.0.1')).body).toEqual({ proxy: null, addresses: ['127.0.0.1'] });
});
