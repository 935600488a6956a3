import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dial, endedStoryOf, flow, reportOf, rowOf } from '../support/calls.js';
import { HOSTILE_NAMES, type HostileServer, startHostileServer } from '../support/hostile-server.js';
import { type HostileTls, startHostileTls, TLS_BEHAVIOURS } from '../support/hostile-tls.js';
import { timed } from '../support/measured.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/*
 * Reports and call events to endpoints that are slow, endless, huge, broken or malicious: those to other hosts come as if they were not there.
 */

const CALLS = 10;
const EVENTS = ['started', 'answered', 'completed'];
/** From the end of a call to its report, on a busy machine, ms. Behind those of a few calls that hang it would take minutes. */
const SOON_MS = 15_000;

/** Longest that the API may let wait on a busy machine, ms: every hostile attempt takes at least a second. */
const AT_ONCE_MS = 1000;

let site: Site;
let good: Endpoint;
let hostile: HostileServer;
let tls: HostileTls;

beforeAll(async () => {
  [good, hostile, tls] = [await Endpoint.start(), await startHostileServer(), await startHostileTls()];
  site = Site.create({
    flows: [flow('short', { talk: { type: 'answer', exits: { next: null } } })],
    config: { reports: { retrySeconds: [1, 1, 1, 1], timeoutSeconds: 1 } },
  });
  const evil = [
    ...HOSTILE_NAMES.filter((name) => name !== 'ok').map((name) => ({ name, url: `${hostile.origin}/${name}` })),
    ...TLS_BEHAVIOURS.map((name) => ({ name: `tls-${name}`, url: tls.url(name, '127.0.0.1') })),
  ].map((webhook) => ({ ...webhook, events: EVENTS }));
  const report = { name: 'report', url: `${good.url}/report`, default: true };
  writeFileSync(
    join(site.dir, 'webhooks.json'),
    JSON.stringify([...evil, report, { name: 'events', url: `${good.url}/events`, events: EVENTS }]),
  );
  await site.start();
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([good.close(), hostile.close(), tls.close()]);
});

it('hold up no delivery to another host, and neither calls nor API', async () => {
  for (let n = 0; n < CALLS; n += 1) {
    const { phone, cli } = await dial(site, 'short');
    expect((await phone.result).endedBy).toBe('far');
    await endedStoryOf(site, cli);
    await reportOf(good, cli, SOON_MS);
    const { id } = await rowOf(site, cli);
    const told = await eventually(
      'the events',
      () => {
        // Each once: one that this process was too busy to answer in time comes again under its id.
        const events = new Map(
          good.received
            .filter(({ url, body }) => url === '/events' && body.includes(id))
            .map(({ headers, body }) => [headers['webhook-id'], (JSON.parse(body) as { readonly status: string }).status]),
        );
        return events.size === EVENTS.length ? [...events.values()] : null;
      },
      SOON_MS,
    );
    expect(told).toEqual(EVENTS);
  }
  // Deliveries take their turn by the host's queue, behind those that hang until their time is up.
  await eventually('the hostile ones asked too', () => hostile.received.length > 5);
  expect(site.exitCode).toBeNull();
  const ready = await timed(() => site.get('/ready'));
  expect(ready.value.status).toBe(200);
  expect(ready.ms).toBeLessThan(AT_ONCE_MS);
});
