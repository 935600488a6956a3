import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dial, endedStoryOf, flow, type Story } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { SSRF_URLS } from '../support/ssrf-urls.js';
import { startTripwire, type Tripwire } from '../support/tripwire.js';

/*
 * Wherever an address comes from outside, nothing of this machine is reached with default settings: in a webhook's URL, in part of
 * one, behind a redirect, as a fallback, where tokens are fetched, in a prompt, in hold music, in the report's own URL. With an allow-list the same places are reached.
 */

const AT_ONCE = 20;
/** What a SIP header can carry. */
const isHeaderValue = (text: string): boolean => /^[\u0021-\u007e]([\u0020-\u007e]*[\u0021-\u007e])?$/u.test(text);

let control: Tripwire;
let reports: Endpoint;
/** Tells flows their address: by JSON, or by a redirect. */
let oracle: Endpoint;
let urls: readonly string[];

function flows() {
  const both = (next: string | null) => ({ success: next, failed: next });
  const oneOf = (id: string, url: string) =>
    flow(id, {
      attack: { type: 'webhook', url, timeout: 5, exits: both('bye') },
      bye: { type: 'hangup' },
    });
  return [
    flow('all', {
      learn: {
        type: 'webhook',
        url: `${oracle.url}/learn/$call.sipheader.X-Index`,
        mapping: [{ saveIn: '$flow.key.url', path: 'url', required: true }],
        exits: { success: 'webhook', failed: 'bye' },
      },
      webhook: { type: 'webhook', url: '$flow.key.url', timeout: 5, exits: both('header') },
      header: { type: 'webhook', url: '$call.sipheader.X-Url', timeout: 5, exits: both('redirect') },
      redirect: {
        type: 'webhook',
        url: `${oracle.url}/redirect/$call.sipheader.X-Index`,
        redirects: 5,
        timeout: 5,
        exits: both('fallback'),
      },
      fallback: {
        type: 'webhook',
        url: `${oracle.url}/unavailable`,
        fallbackUrl: '$flow.key.url',
        timeout: 5,
        exits: both('token'),
      },
      token: {
        type: 'webhook',
        url: `${oracle.url}/guarded`,
        auth: { type: 'oauth2', tokenUrl: '$flow.key.url', clientId: 'ivr', clientSecret: 'hush' },
        timeout: 5,
        exits: both('unawaited'),
      },
      unawaited: { type: 'webhook', url: '$flow.key.url', wait: false, timeout: 5, exits: both('prompt') },
      prompt: { type: 'play', prompt: [{ url: '$flow.key.url' }], exits: { done: 'music', failed: 'music' } },
      music: {
        type: 'webhook',
        url: `${oracle.url}/slow`,
        holdMusic: { url: '$flow.key.url' },
        timeout: 5,
        exits: both('bye'),
      },
      bye: { type: 'hangup' },
    }),
    oneOf('cli', `http://$call.cli:${control.port}/cli`),
    oneOf('cli-first', `http:$call.cli:${control.port}/cli-first`),
    oneOf('did', `http://$call.did:${control.port}/did`),
    flow('digits', {
      ask: {
        type: 'collect',
        saveIn: '$flow.key.host',
        digits: { max: 12, endOn: '#', firstDigitTimeout: 5, interDigitTimeout: 5 },
        exits: { collected: 'attack', noInput: null, missed: null },
      },
      attack: { type: 'webhook', url: `http://$flow.key.host:${control.port}/digits`, timeout: 5, exits: both('bye') },
      bye: { type: 'hangup' },
    }),
  ];
}

const NUMBERS = { all: 'all', cli: 'cli', 'cli-first': 'cli-first', '2130706433': 'did', '127.0.0.1': 'did', digits: 'digits' };

interface Attempt {
  readonly status: number | null;
  readonly error: string | null;
}

function startSite(allow: Readonly<Record<string, unknown>>, report: string): Promise<Site> {
  return Site.start({
    report,
    flows: flows(),
    numbers: NUMBERS,
    config: {
      webhooks: { allowHttp: true, urlVariables: ['$flow.key.url', '$call.sipheader.X-Url'], ...allow },
      reports: { retrySeconds: [600] },
      limits: { callsPerSecond: 1000 },
    },
  });
}

beforeAll(async () => {
  [control, reports, oracle] = [await startTripwire(), await Endpoint.start(), await Endpoint.start()];
  urls = SSRF_URLS.map((url) => url.replaceAll('PORT', String(control.port)));
  oracle.answer = ({ url }) => {
    const [, what, index] = url.split('/');
    const target = urls[Number(index)] ?? `http://127.0.0.1:${control.port}/allowed-${what ?? ''}`;
    // What no header can hold is no redirect either.
    if (what === 'redirect') return isHeaderValue(target) ? { status: 302, headers: { location: target } } : { status: 204 };
    if (what === 'unavailable') return { status: 503 };
    return { status: 200, body: JSON.stringify({ url: target }) };
  };
});

afterAll(async () => {
  await Promise.all([control.close(), reports.close(), oracle.close()]);
});

/** Calls the flow that tries every place; the exits of its steps. */
async function attack(site: Site, index: number): Promise<Story> {
  const url = urls[index] ?? `http://127.0.0.1:${control.port}/allowed-header`;
  const header = isHeaderValue(url) ? url : `http://127.0.0.1:${control.port}/`;
  const { phone, cli } = await dial(site, 'all', { headers: { 'X-Index': String(index), 'X-Url': header } });
  await phone.result;
  return endedStoryOf(site, cli);
}

describe('with the defaults', () => {
  let site: Site;

  beforeAll(async () => {
    // Only the test's own two endpoints are allowed, by port.
    site = await startSite(
      { allowNetworks: [], allowHosts: [reports, oracle].map(({ port }) => `127.0.0.1:${port}`) },
      reports.url,
    );
  });
  afterAll(() => site.dispose());

  it('no spelling of an internal address is reached from any place of a flow', async () => {
    const stories: Story[] = [];
    for (let at = 0; at < urls.length; at += AT_ONCE) {
      const batch = urls.slice(at, at + AT_ONCE).map((_, offset) => attack(site, at + offset));
      stories.push(...(await Promise.all(batch)));
    }
    // A name service may take its time with names that nobody has.
    const exits = (widget: string) =>
      new Set(
        stories.map(({ steps }, index) => {
          const exit = steps.find((step) => step.widget === widget)?.exit;
          return exit === 'timeout' && /\.(?:example|internal)\b|\/\/(?:metadata|instance-data)/u.test(urls[index] ?? '')
            ? 'failed'
            : exit;
        }),
      );
    expect(control.paths).toEqual([]);
    expect(control.connections()).toBe(0);
    expect([...exits('webhook')]).toEqual(['failed']);
    expect([...exits('header')]).toEqual(['failed']);
    expect([...exits('fallback')]).toEqual(['failed']);
    expect([...exits('token')]).toEqual(['failed']);
    expect(oracle.received.filter(({ url }) => url === '/guarded')).toEqual([]);
    expect([...exits('prompt')]).toEqual(['failed']);
    // A bad spelling of hold music never holds up the request.
    expect([...exits('music')]).toEqual(['success']);
    expect(stories.every(({ steps }) => steps.at(-1)?.widget === 'bye')).toBe(true);
  });

  it('nor from caller, number called or keys pressed that stand for a host', async () => {
    const calls = [
      dial(site, 'cli', { from: 'sip:127.0.0.1@127.0.0.1' }),
      dial(site, 'cli', { from: 'sip:2130706433@127.0.0.1' }),
      dial(site, 'cli-first', { from: 'sip:%2F%2F127.0.0.1@127.0.0.1' }),
      dial(site, '2130706433'),
      dial(site, '127.0.0.1'),
      dial(site, 'digits', { digits: '0#' }),
    ];
    const placed = await Promise.all(calls);
    await Promise.all(placed.map(({ phone }) => phone.result));
    const stories = await Promise.all(placed.slice(3).map(({ cli }) => endedStoryOf(site, cli)));
    const attacks = stories.map(({ steps }) => steps.find(({ widget }) => widget === 'attack')?.exit);
    expect(attacks).toEqual(['failed', 'failed', 'failed']);
    expect(control.paths).toEqual([]);
    expect(control.connections()).toBe(0);
  });
});

describe('a report', () => {
  /** A call of a site whose reports go there; what its one attempt came to. */
  async function attempt(report: string): Promise<Attempt> {
    const allow = { allowNetworks: [], allowHosts: [`127.0.0.1:${oracle.port}`] };
    const site = await startSite(allow, report);
    try {
      const { phone } = await dial(site, 'cli', { from: 'sip:nobody@127.0.0.1' });
      await phone.result;
      return await eventually('the attempt', async () => {
        const { items } = (await site.get('/v1/deliveries')).body as { items: { id: string }[] };
        if (items[0] === undefined) return null;
        return ((await site.get(`/v1/deliveries/${items[0].id}`)).body as { attempts: Attempt[] }).attempts[0];
      });
    } finally {
      await site.dispose();
    }
  }

  it('never goes to an internal address that only the name service knows', async () => {
    const { error, status } = await attempt(`http://${hostname()}:${control.port}/report`);
    expect({ status, error }).toEqual({ status: null, error: expect.stringMatching(/is not a public address/u) as string });
    expect(control.connections()).toBe(0);
  });

  it('follows no redirect', async () => {
    const { error, status } = await attempt(`${oracle.url}/redirect/${urls.length}`);
    expect({ status, error }).toEqual({ status: 302, error: expect.any(String) as string });
    expect(control.connections()).toBe(0);
  });
});

it('every one of these places is reached when it is allow-listed, but for a host that a variable is a part of', async () => {
  const site = await startSite({ allowNetworks: ['127.0.0.0/8', '0.0.0.0'] }, `http://localhost:${control.port}/report`);
  try {
    await attack(site, urls.length);
    const { phone } = await dial(site, 'digits', { digits: '0#' });
    await phone.result;
    const wanted = ['/allowed-learn', '/allowed-header', '/allowed-redirect', '/report'];
    await eventually('every place', () => wanted.every((path) => control.paths.includes(path)));
    // From the webhook, the fallback, the token, the one nobody waits for, the prompt; hold music finds the prompt's failure or asks again.
    expect(control.paths.filter((path) => path === '/allowed-learn').length).toBeGreaterThanOrEqual(5);
    expect(control.paths).not.toContain('/digits');
  } finally {
    await site.dispose();
  }
});
