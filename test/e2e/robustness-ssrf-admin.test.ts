import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answered, dial, endedStoryOf, flow, inWidget, rowOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { SSRF_URLS } from '../support/ssrf-urls.js';
import { startTripwire, type Tripwire } from '../support/tripwire.js';

/*
 * The same rule (docs/decisions/0015-safe-by-default.md) where addresses come in by the API and by the site's own files:
 * configured webhooks, test requests, curl lines, credentials, services that answer functions, the translator, call events,
 * integrations and what they play, short links.
 */

let control: Tripwire;
let reports: Endpoint;
let site: Site;
let urls: readonly string[];
/** Those that can be told by themselves, without the name service. */
let literal: readonly string[];
/** An address of this machine that no rule knows by its name: only the name service does. */
let named: string;

beforeAll(async () => {
  [control, reports] = [await startTripwire(), await Endpoint.start()];
  reports.answer = ({ url }) => ({ status: url === '/none' ? 503 : 200, body: '{}' });
  urls = SSRF_URLS.map((url) => url.replaceAll('PORT', String(control.port)));
  literal = urls.filter((url) => !url.includes('.example:') && !url.includes('.example/'));
  named = `http://${hostname()}:${control.port}`;
  const ends = { success: 'bye', failed: 'bye' };
  const bye = { type: 'hangup' };
  const listen = {
    type: 'collect',
    saveIn: '$flow.key.order',
    digits: { min: 1, max: 6, endOn: '#', firstDigitTimeout: 60 },
    exits: { collected: null, noInput: null, missed: null },
  };
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
      ...['chat', 'hidden'].map((id) => flow(id, { ask: listen }, { webhook: false })),
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

async function send(method: string, path: string, body: unknown, token = ''): Promise<Reply> {
  const headers = { 'content-type': 'application/json', ...(token !== '' && { authorization: `Bearer ${token}` }) };
  const response = await fetch(site.api + path, { method, headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const post = (path: string, body: unknown, token?: string): Promise<Reply> => send('POST', path, body, token);

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface Delivery {
  readonly id: string;
  readonly webhook: string;
  readonly callId: string;
}

/** What became of the first attempt of a delivery; null while there is none. */
async function firstAttempt(wanted: (delivery: Delivery) => boolean): Promise<{ readonly error: string } | undefined | null> {
  const { items } = (await site.get('/v1/deliveries')).body as { items: Delivery[] };
  const found = items.find(wanted);
  if (found === undefined) return null;
  return ((await site.get(`/v1/deliveries/${found.id}`)).body as { attempts: { error: string }[] }).attempts[0];
}

function nobodyCame(): void {
  expect(control.paths).toEqual([]);
  expect(control.connections()).toBe(0);
}

describe('with the defaults', () => {
  it('no spelling of an internal address becomes a configured webhook', async () => {
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
    const failed = await eventually('an attempt', () => firstAttempt(({ webhook }) => webhook === 'events'));
    expect(failed.error).toMatch(/is not a public address/u);
    nobodyCame();
  });

  describe('of integrations', () => {
    let token = '';
    /** A call that listens, and its chat. */
    async function listening(number: string) {
      const placed = await dial(site, number);
      await answered(placed);
      await inWidget(site, placed.cli, 'ask');
      return { ...placed, id: (await rowOf(site, placed.cli)).id };
    }

    beforeAll(async () => {
      const params = urls.slice(0, 100).map((value, n) => ({ key: n % 2 === 0 ? `u${n}` : value || 'u', value }));
      const chat = { id: 'chat', alias: 'Chat', url: `${reports.url}/chat`, params, connections: ['chat'] };
      const created = await post('/v1/integrations', chat);
      expect(created.status).toBe(201);
      token = String(created.body['token']);
      const hidden = { id: 'hidden', alias: 'Hidden', url: `${named}/chat`, connections: ['hidden'] };
      expect((await post('/v1/integrations', hidden)).status).toBe(201);
      for (const id of ['chat', 'hidden']) expect((await post(`/v1/integrations/${id}/start`, {})).status).toBe(200);
    });

    it('none becomes the URL of one, new or changed', async () => {
      for (const [index, url] of literal.entries()) {
        const made = await post('/v1/integrations', { id: `bad${index}`, alias: `Bad ${index}`, url });
        const changed = await send('PATCH', '/v1/integrations/chat', { url });
        expect({ url, refused: [made.status, changed.status] }).toEqual({ url, refused: [422, 422] });
      }
      nobodyCame();
    });

    it('parameters full of them lead nowhere else', async () => {
      const { phone } = await listening('chat');
      phone.hangup();
      const told = await eventually('the END', () => reports.received.find(({ url }) => url.startsWith('/chat')));
      expect(told.url).toMatch(/^\/chat\?u0=http%3A%2F%2F127\.0\.0\.1%3A\d+%2F&/u);
      nobodyCame();
    });

    it('no turn gets to one that only the name service knows', async () => {
      const { phone, id } = await listening('hidden');
      phone.hangup();
      const failed = await eventually('an attempt', () => firstAttempt(({ callId }) => callId === id));
      expect(failed.error).toMatch(/is not a public address/u);
      nobodyCame();
    });

    it('nothing is fetched from one to be played into a call', async () => {
      const { phone, cli, id } = await listening('chat');
      const play = async (url: string): Promise<number> => {
        const event = { type: 'media', multimedia: { url } };
        return (await post(`/v1/integrations/chat/chats/${id}/events`, event, token)).status;
      };
      for (const url of literal) expect({ url, status: await play(url) }).toEqual({ url, status: 422 });
      expect(await play(`${named}/jingle.wav`)).toBe(202);
      expect(await play(`${reports.url}/none`)).toBe(202);
      // One after the other: where the second has been asked for, the first is over.
      await eventually('the allowed one', () => reports.received.some(({ method, url }) => method === 'GET' && url === '/none'));
      phone.hangup();
      const story = await endedStoryOf(site, cli);
      expect(JSON.stringify(story.timeline)).toContain('an event could not be heard');
      nobodyCame();
    });
  });

  it('a short link leads wherever its maker says, and nobody goes there to look', async () => {
    const made: string[] = [];
    for (const url of [...urls, named]) {
      const { status, body } = await post('/shorturl', { longUrl: url });
      expect({ url, status: [200, 400].includes(status) }).toEqual({ url, status: true });
      if (status === 200) made.push(String(body['shortUrl']));
      await post('/v1/functions', { method: 'linkcreation', keys: [{ name: '$flow.key.longUrl', value: url }] });
    }
    expect(made.length).toBeGreaterThan(50);
    for (const link of made) expect((await fetch(link, { redirect: 'manual' })).status).toBe(302);
    nobodyCame();
  });
});
