import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dial, flow } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/* Internal functions of a whole site: with real calls, a service of its own, and links that browsers follow. */

let service: Endpoint;
let reports: Endpoint;
let site: Site;

beforeAll(async () => {
  [service, reports] = await Promise.all([Endpoint.start(), Endpoint.start()]);
  service.answer = () => ({ status: 200, body: '{"keys":[{"name":"$flow.key.score","value":87}]}' });
  const exits = (next: string): object => ({ success: next, failed: 'bye' });
  site = Site.create({
    report: reports.url,
    env: { OFFHOOK_SECRET_CRM: 'password-of-crm' },
    flows: [
      flow(
        'functions',
        {
          judge: {
            type: 'function',
            function: 'ValidateDateAndTime',
            keys: [{ name: 'inputDate', value: 'today' }],
            exits: exits('score'),
          },
          score: {
            type: 'function',
            function: 'score',
            service: 'crm',
            groups: ['flow'],
            outputs: ['$flow.key.score'],
            exits: exits('link'),
          },
          link: {
            type: 'function',
            function: 'linkcreation',
            keys: [{ name: 'longUrl', value: 'https://shop.example/orders?score=$flow.key.score' }],
            exits: exits('keep'),
          },
          keep: { type: 'function', function: 'updateUserPreferences', keys: ['$user.key.tier'], exits: exits('bye') },
          bye: { type: 'hangup' },
        },
        { webhook: true },
      ),
    ],
  });
  const webhooks = [
    { name: 'report', url: reports.url, default: true, format: 'native' },
    {
      name: 'crm',
      kind: 'functions',
      url: `${service.url}/functions`,
      auth: { type: 'basic', username: 'ivr', password: '$secret.crm' },
    },
  ];
  writeFileSync(join(site.dir, 'webhooks.json'), JSON.stringify(webhooks));
  await site.start();
}, 60_000);
afterAll(async () => {
  await site.dispose();
  await Promise.all([service.close(), reports.close()]);
});

interface Report {
  readonly callId: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly path: readonly { readonly widget: string; readonly exit: string }[];
  readonly http: readonly { readonly widget: string; readonly url: string; readonly status: number }[];
}

describe('functions of a running site', () => {
  // docs/behaviour.md#function-services, #function-wire-format, #function-results, #date-validation, #short-links
  it('a call uses ours and a service’s, the report shows both, the link redirects', async () => {
    const { phone } = await dial(site, 'functions');
    await phone.result;
    await eventually('the report', () => reports.received.length > 0);
    const report = reports.reports[0] as unknown as Report;
    expect(report.path.map(({ widget, exit }) => `${widget}:${exit}`).slice(0, 3)).toEqual([
      'judge:success',
      'score:success',
      'link:success',
    ]);
    expect(report.variables).toMatchObject({ '$flow.key.dateStatus': 'VALID', '$flow.key.score': 87 });
    expect(report.http).toMatchObject([{ widget: 'score', url: `${service.url}/functions`, status: 200 }]);
    const { method, keys } = JSON.parse(service.received[0]?.body ?? '') as { method: string; keys: { name: string }[] };
    expect(method).toBe('score');
    expect(keys.map(({ name }) => name)).toContain('$flow.key.dateStatus');
    expect(service.received[0]?.headers.authorization).toMatch(/^Basic /);

    const code = String(report.variables['$flow.key.linkCode']);
    expect(report.variables['$flow.key.shortUrl']).toBe(`${site.api}/s/${code}`);
    const followed = await fetch(`${site.api}/s/${code}`, { redirect: 'manual' });
    expect([followed.status, followed.headers.get('location')]).toEqual([302, 'https://shop.example/orders?score=87']);
  });

  // docs/behaviour.md#functions-there-are
  it('Pullreport over HTTP reads the report of that call back', async () => {
    const { callId } = reports.reports[0] as unknown as Report;
    const body = JSON.stringify({ method: 'Pullreport', keys: [{ name: '$flow.key.callId', value: callId }] });
    const response = await fetch(`${site.api}/v1/functions`, { method: 'POST', body });
    expect(response.status).toBe(200);
    const { keys } = (await response.json()) as { keys: { name: string; value: unknown }[] };
    expect(keys.find(({ name }) => name === '$flow.key.report')?.value).toMatchObject({ schema: 'callreport/1', callId });
  });

  // docs/behaviour.md#paused-numbers
  it('pauses and links live through a restart', async () => {
    const keys = [
      { name: '$flow.key.cli', value: '+4911' },
      { name: '$flow.key.status', value: 'pause' },
    ];
    await fetch(`${site.api}/v1/functions`, {
      method: 'POST',
      body: JSON.stringify({ method: 'updatePauseStatusForCLI', keys }),
    });
    await site.stop();
    await site.start();
    expect((await site.get('/v1/pauses')).body).toMatchObject({ items: [{ cli: '+4911' }] });
    expect((await site.get('/v1/links')).body).toMatchObject({
      items: [{ url: 'https://shop.example/orders?score=87', visits: 1 }],
    });
  }, 60_000);
});
