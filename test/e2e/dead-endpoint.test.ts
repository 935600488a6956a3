import { afterAll, beforeAll, expect, it } from 'vitest';
import { dial, flow, keysOf, reportOf, storyOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/*
 * An endpoint that takes every request and answers none: it costs the first calls their timeout, the others nothing, and is found again.
 */

const FAILURES = 3;

let site: Site;
let reports: Endpoint;
let silent: Endpoint;
let healthy: Endpoint;

const lookup = (id: string, url: string, more: Record<string, unknown> = {}) =>
  flow(id, {
    lookup: {
      type: 'webhook',
      url,
      timeout: 2,
      mapping: [{ saveIn: '$flow.key.who', path: 'who', required: true }],
      exits: { success: 'bye', failed: 'bye' },
      ...more,
    },
    bye: { type: 'hangup' },
  });

beforeAll(async () => {
  [reports, silent, healthy] = await Promise.all([Endpoint.start(), Endpoint.start(), Endpoint.start()]);
  silent.answer = () => new Promise(() => undefined);
  healthy.answer = () => ({ status: 200, body: '{"who":"healthy"}' });
  site = await Site.start({
    report: reports.url,
    flows: [
      lookup('dead', silent.url),
      lookup('alive', healthy.url),
      lookup('rescued', silent.url, { fallbackUrl: `${healthy.url}/backup`, retries: 3 }),
    ],
    config: { webhooks: { breaker: { failures: FAILURES, openSeconds: 5 } } },
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), silent.close(), healthy.close()]);
});

/** Runs a call to its end: how long its webhook took, ms, and what came of it. */
async function call(number: string) {
  const { phone, cli } = await dial(site, number);
  await phone.result;
  const { report } = await reportOf(reports, cli);
  const keys = keysOf(report);
  const [step, next] = (await storyOf(site, cli)).steps;
  return { ms: (next?.at ?? Infinity) - (step?.at ?? 0), reason: keys['$flow.key.error_reason'], who: keys['$flow.key.who'] };
}

it('a dead endpoint costs further calls nothing, others go on, and it is found again', async () => {
  const first = await Promise.all(Array.from({ length: FAILURES }, () => call('dead')));
  expect(first.map(({ reason }) => reason)).toEqual(Array.from({ length: FAILURES }, () => 'TIMEOUT'));
  expect(await site.metric('offhook_webhook_circuits_open')).toBe(1);

  const asked = silent.received.length;
  const [refused, rescued, alive] = await Promise.all([call('dead'), call('rescued'), call('alive')]);
  expect(refused).toMatchObject({ reason: 'CONNECTION_FAILURE' });
  expect(rescued).toMatchObject({ who: 'healthy' });
  expect(alive).toMatchObject({ who: 'healthy' });
  expect(Math.max(refused.ms, rescued.ms, alive.ms)).toBeLessThan(Math.min(...first.map(({ ms }) => ms)));
  expect(silent.received).toHaveLength(asked);
  expect(healthy.received.find(({ url }) => url === '/backup')?.headers).toMatchObject({
    'x-offhook-original-url': silent.url,
    'x-offhook-reason': 'CONNECTION_FAILURE',
  });

  silent.answer = () => ({ status: 200, body: '{"who":"back"}' });
  await eventually('the endpoint to be asked again', async () => (await call('dead')).who === 'back');
  expect(await site.metric('offhook_webhook_circuits_open')).toBe(0);
  for (const said of ['a webhook host keeps failing', 'a webhook host answers again']) {
    await eventually(`"${said}" in the log`, () => site.log.includes(said));
  }
});
