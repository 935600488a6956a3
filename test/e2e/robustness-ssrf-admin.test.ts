import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dial, endedStoryOf, flow } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { SSRF_URLS } from '../support/ssrf-urls.js';
import { startTripwire, type Tripwire } from '../support/tripwire.js';

/*
 * The same rule (D10) where addresses come in by the API and by the site's own files: configured webhooks, test requests, curl lines,
 * credentials, services that answer functions, the translator, call events, short links.
 */

let control: Tripwire;
let reports: Endpoint;
let site: Site;
let urls: readonly string[];
/** An address of this machine that no rule knows by its name: only the name service does. */
let named: string;

beforeAll(async () => {
  [control, reports] = [await startTripwire(), await Endpoint.start()];
  reports.answer = ({ url }) => ({ status: url === '/none' ? 503 : 200, body: '{}' });
  urls = SSRF_URLS.map((url) => url.replaceAll('PORT', String(control.port)));
  named = `http://${hostname()}:${control.port}`;
  const ends = { success: 'bye', failed: 'bye' };
  const bye = { type: 'hangup' };
  site = Site.create({
    flows: [
      flow('credential', {
        ask: { type: 'webhook', url: reports.url, auth: { type: 'credential', name: 'partner' }, timeout: 5, exits: ends },
        bye,
      }),
      flow('service', {
        ask: { type: 'function', function: 'score', service: 'crm', outputs: ['$flow.key.score'], exits: ends },
        bye,
      }),
      flow('translate', {
        ask: {
          type: 'function',
          function: 'translateText',
          keys: [
            { name: 'text', value: 'hello' },
            { name: 'targetLanguage', value: 'de' },
          ],
          exits: ends,
        },
        bye,
      }),
    ],
    env: { OFFHOOK_SECRET_PARTNER: 'hush' },
    config: {
      webhooks: { allowHttp: true, allowNetworks: [], allowHosts: [`127.0.0.1:${reports.port}`] },
      functions: { translation: { url: named } },
      reports: { retrySeconds: [600] },
    },
  });
  const webhooks = [
    { name: 'report', url: reports.url, default: true },
    { name: 'events', url: `${named}/events`, events: ['started', 'completed'] },
    { name: 'crm', kind: 'functions', url: `${named}/functions` },
  ];
  writeFileSync(join(site.dir, 'webhooks.json'), JSON.stringify(webhooks));
  const partner = { type: 'oauth2', tokenUrl: `${named}/token`, clientId: 'ivr', clientSecret: '$secret.PARTNER' };
  writeFileSync(join(site.dir, 'credentials.json'), JSON.stringify({ credentials: { partner } }));
  await site.start();
});
afterAll(async () => {
  await site.dispose();
  await Promise.all([control.close(), reports.close()]);
});

async function post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(site.api + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function nobodyCame(): void {
  expect(control.paths).toEqual([]);
  expect(control.connections()).toBe(0);
}

describe('with the defaults', () => {
  it('no spelling of an internal address becomes a configured webhook', async () => {
    const literal = urls.filter((url) => !url.includes('.example:') && !url.includes('.example/'));
    for (const [index, url] of literal.entries()) {
      const { status } = await post('/v1/webhooks', { name: `bad${index}`, url });
      expect({ url, status: status === 422 || status === 400 }).toEqual({ url, status: true });
    }
    nobodyCame();
  });

  it('one that only the name service knows may stand there, and is never reached', async () => {
    expect((await post('/v1/webhooks', { name: 'named', url: named })).status).toBe(201);
    const { status, body } = await post('/v1/webhooks/test', { webhook: 'named' });
    expect({ status, delivered: body['delivered'] }).toEqual({ status: 200, delivered: false });
    nobodyCame();
  });

  it('no test request reaches one: as the address, as the fallback, where tokens are fetched', async () => {
    // Tests are few at a time; the same client sends them, and every spelling has been tried at it.
    const some = [`http://127.0.0.1:${control.port}/`, `http://[::ffff:7f00:1]:${control.port}/`, named];
    for (const url of some) {
      for (const where of [
        { url },
        { url: `${reports.url}/none`, fallbackUrl: url },
        { url: reports.url, auth: { type: 'oauth2', tokenUrl: url, clientId: 'ivr', clientSecret: '$secret.PARTNER' } },
      ]) {
        const { status, body } = await post('/v1/webhooks/test', { config: { type: 'webhook', timeout: 5, ...where } });
        // Refused by the check, or when it is sent.
        expect({ where, refused: status === 422 || (status === 200 && body['exit'] === 'failed') }).toEqual({
          where,
          refused: true,
        });
      }
    }
    nobodyCame();
  });

  it('reading a curl line asks nobody', async () => {
    for (const url of urls) await post('/v1/webhooks/import', { curl: `curl '${url.replaceAll("'", '')}'` });
    nobodyCame();
  });

  it.each(['credential', 'service', 'translate'])('no call gets there by its %s', async (number) => {
    const { phone, cli } = await dial(site, number);
    await phone.result;
    const { steps } = await endedStoryOf(site, cli);
    expect(steps.map(({ widget, exit }) => [widget, exit])[0]).toEqual(['ask', 'failed']);
    nobodyCame();
  });

  it('no call event gets there', async () => {
    const failed = await eventually('an attempt', async () => {
      const { items } = (await site.get('/v1/deliveries')).body as { items: { id: string; webhook: string }[] };
      const event = items.find(({ webhook }) => webhook === 'events');
      if (event === undefined) return null;
      return ((await site.get(`/v1/deliveries/${event.id}`)).body as { attempts: { error: string }[] }).attempts[0];
    });
    expect(failed.error).toMatch(/is not a public address/u);
    nobodyCame();
  });
});
