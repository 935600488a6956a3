import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { placeCall } from '../../src/phone/place-call.js';
import { endedStoryOf, flow, rowsOf } from '../support/calls.js';
import { keptBy, placesOf, storedBy } from '../support/kept.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/*
 * A number that its caller withholds (RFC 3323, RFC 3325) is nowhere: not in what flows see, not in what is sent, stored or logged.
 */

/** Every form it is written in ends so. */
const NUMBER = '+15553270098';
const TELLING = '5553270098';

let site: Site;
let reports: Endpoint;
let service: Endpoint;

const ask = (exits: object) => ({
  type: 'webhook',
  method: 'POST',
  url: 'unset',
  body: {
    type: 'json',
    content: { cli: '$call.cli', asserted: '$call.sipheader.p-asserted-identity', own: '$call.sipheader.X-Caller' },
  },
  exits,
});

function flows(url: string) {
  return [
    flow(
      'story',
      {
        remember: {
          type: 'set',
          values: [
            { saveIn: '$user.key.last', value: 'was here' },
            { saveIn: '$flow.key.who', value: '$call.cli' },
          ],
          exits: { next: 'ask' },
        },
        ask: { ...ask({ success: 'prefs', failed: 'prefs' }), url, persist: true },
        prefs: { type: 'function', function: 'fetchUserPreferences', keys: [], exits: { success: 'bye', failed: 'bye' } },
        bye: { type: 'hangup', prompt: [{ say: 'Bye' }] },
      },
      { record: true },
    ),
    flow('short', { ask: { ...ask({ success: 'bye', failed: 'bye' }), url }, bye: { type: 'hangup' } }),
  ];
}

async function start(config: Readonly<Record<string, unknown>>): Promise<Site> {
  return Site.start({
    report: reports.url,
    webhook: { events: ['started', 'completed'], format: 'native', options: {} },
    flows: flows(service.url),
    config,
  });
}

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = ({ body }) => ({ status: 200, body });
});

afterAll(async () => {
  await Promise.all([reports.close(), service.close()]);
});

/** Calls, waits for the end and the report; what the service was told. */
async function call(to: Site, number: string, from: string, headers: Record<string, string>): Promise<Record<string, unknown>> {
  const before = service.received.length;
  const reported = reports.received.length;
  const phone = await placeCall({ target: to.target(number), from, headers, maxMs: 30_000 });
  await phone.result;
  await eventually('the report', () => reports.received.slice(reported).some(({ body }) => body.includes('callreport/1')));
  return JSON.parse(service.received[before]?.body ?? '{}') as Record<string, unknown>;
}

const ASSERTED = { 'P-Asserted-Identity': `"Ada" <sip:${NUMBER}@trunk.example>`, 'X-Caller': NUMBER };

describe('with the defaults', () => {
  beforeAll(async () => {
    site = await start({});
  });
  afterAll(() => site.dispose());

  it('a withheld number is in nothing that is sent, stored, shown or logged', async () => {
    const live: string[] = [];
    const socket = new WebSocket(`${site.api.replace('http', 'ws')}/v1/events`);
    socket.on('message', (data: Buffer) => live.push(data.toString('utf8')));
    await eventually('the live events', () => socket.readyState === WebSocket.OPEN);

    const hidden = { cli: 'anonymous', asserted: 'anonymous', own: 'anonymous' };
    const plain = `sip:${NUMBER}@127.0.0.1`;
    expect(await call(site, 'story', plain, { ...ASSERTED, Privacy: 'none', privacy: 'user; ID' })).toEqual(hidden);
    expect(await call(site, 'short', `sip:${NUMBER}@anonymous.invalid`, ASSERTED)).toEqual(hidden);
    expect(await call(site, 'short', 'sip:anonymous@anonymous.invalid', ASSERTED)).toEqual(hidden);
    const rpid = { ...ASSERTED, 'Remote-Party-ID': `<sip:${NUMBER}@x>;privacy=full` };
    expect(await call(site, 'short', plain, rpid)).toEqual(hidden);
    const refused = await placeCall({ target: site.target('404'), from: plain, headers: { Privacy: 'id' }, maxMs: 10_000 });
    expect((await refused.result).status).toBe(404);

    const rows = await rowsOf(site, 'anonymous');
    expect(rows).toHaveLength(4);
    const stories = await Promise.all(rows.map(({ id }) => site.get(`/v1/calls/${id}`)));
    expect(JSON.stringify(stories)).toContain('withheld; nothing is kept');
    await eventually('the live events of the end', () => live.some((message) => message.includes('call.ended')));
    socket.close();

    const places = [
      ...(await keptBy(
        site,
        rows.map(({ id }) => id),
      )),
      ['live events', live.join('\n')] as const,
      ['reports', JSON.stringify(reports.received)] as const,
      ['service', JSON.stringify(service.received)] as const,
    ];
    expect(placesOf(TELLING, places)).toEqual([]);
    // Stored variables belong to nobody.
    expect(
      placesOf(
        'was here',
        storedBy(site).filter(([name]) => name.endsWith('.db')),
      ),
    ).toEqual([]);
    expect(await site.stop()).toBe(0);
    expect(placesOf(TELLING, storedBy(site))).toEqual([]);
    await site.start();
  });

  it('a number that is not withheld is told, with the headers that the site reads', async () => {
    const from = 'tel:+1-555-000-0198;phone-context=x';
    const told = await call(site, 'short', from, {
      'P-Asserted-Identity': '<tel:+15550000198>',
      'X-Caller': 'Ada',
      Diversion: '<sip:77@x>;reason=unconditional',
    });
    expect(told).toMatchObject({ cli: '+15550000198', asserted: '<tel:+15550000198>' });
    const story = await endedStoryOf(site, '%2B15550000198');
    expect(JSON.stringify(story)).toContain('sip:77@x');
    const report = reports.reports.filter(({ schema }) => schema === 'callreport/1').at(-1);
    expect(report).toMatchObject({
      legs: [{ number: '+15550000198' }],
      sipHeaders: { 'P-Asserted-Identity': '<tel:+15550000198>', Diversion: '<sip:77@x>;reason=unconditional' },
    });
  });

  it('control characters in the caller’s number make the caller anonymous, and are nowhere', async () => {
    const some = { 'P-Asserted-Identity': '<sip:5@x>', 'X-Caller': 'x' };
    expect(await call(site, 'short', 'sip:%22%7d%0d%0aX:%20zebra@127.0.0.1', some)).toMatchObject({ cli: 'anonymous' });
    expect(await call(site, 'short', 'sip:a%00zebra@127.0.0.1', some)).toMatchObject({ cli: 'anonymous' });
    expect(placesOf('zebra', [...storedBy(site), ['reports', JSON.stringify(reports.received)]])).toEqual([]);
  });
});

it('a site that says so has the numbers of its trunk', async () => {
  const trusted = await start({ sip: { listen: ['udp://127.0.0.1:0'], showWithheldFrom: ['127.0.0.0/8'] } });
  try {
    const told = await call(trusted, 'short', 'sip:anonymous@anonymous.invalid', { ...ASSERTED, Privacy: 'id' });
    expect(told).toMatchObject({ cli: NUMBER, own: NUMBER });
  } finally {
    await trusted.dispose();
  }
});
