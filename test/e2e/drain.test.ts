import { afterEach, beforeEach, expect, it } from 'vitest';
import { answered, dial, flow, inWidget, reportOf, reportsOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * SIGTERM in mid-call: nobody new is let in, whoever is there may finish within the grace, the rest is ended and reported.
 */

interface NativeReport {
  readonly endedBy: string;
  readonly reason: string;
  readonly hangup: { readonly cause: number; readonly sip: number | null };
  readonly variables: Readonly<Record<string, unknown>>;
}

let site: Site;
let reports: Endpoint;

beforeEach(async () => {
  reports = await Endpoint.start();
  site = await Site.start({
    report: reports.url,
    webhook: { format: 'native' },
    prompts: { 'long.wav': toneWav(440, 30_000), 'bye.wav': toneWav(660, 200) },
    config: { drainSeconds: 6 },
    flows: [
      flow('finishes', {
        ask: {
          type: 'collect',
          saveIn: '$flow.key.order',
          digits: { max: 2, firstDigitTimeout: 60 },
          exits: { collected: 'bye', noInput: null, missed: null },
        },
        bye: { type: 'hangup', prompt: [{ file: 'bye.wav' }] },
      }),
      flow('stays', { talk: { type: 'play', prompt: [{ file: 'long.wav' }], exits: { done: null } } }),
      flow('rings', { wait: { type: 'answer', delay: 60, exits: { next: null } } }),
    ],
  });
});

afterEach(async () => {
  await site.dispose();
  await reports.close();
});

const readiness = async () => (await site.get('/ready').catch(() => ({ status: 0 }))).status;

it('SIGTERM: no new call, running ones finish or are ended with reason drain, all reported, exit code 0', async () => {
  const finishes = await dial(site, 'finishes');
  const stays = await dial(site, 'stays');
  const rings = await dial(site, 'rings');
  await Promise.all([answered(finishes), answered(stays)]);
  await Promise.all([inWidget(site, finishes.cli, 'ask'), inWidget(site, stays.cli, 'talk'), inWidget(site, rings.cli, 'wait')]);
  expect(await readiness()).toBe(200);

  site.signal('SIGTERM');
  await eventually('not ready', async () => (await readiness()) === 503);
  expect((await site.get('/health')).status).toBe(200);
  const late = await (await dial(site, 'stays')).phone.result;
  expect(late.status).toBe(503);
  expect(late.retryAfter).toBeGreaterThan(0);
  expect(site.exitCode).toBeNull();

  // The caller who is there goes on as if nothing had happened.
  await finishes.phone.press('12');
  const finished = await finishes.phone.result;
  expect(finished.endedBy).toBe('far');
  const goodbye = finished.heard.sounds().at(-1);
  expect(finished.heard.dominantFrequency(goodbye?.fromMs, goodbye?.toMs)).toBeCloseTo(660, -1);
  expect((await stays.phone.result).endedBy).toBe('far');
  expect((await rings.phone.result).status).toBe(503);

  expect(await site.exited()).toBe(0);
  const { report: whole } = await reportOf<NativeReport>(reports, finishes.cli);
  expect(whole).toMatchObject({ endedBy: 'flow', hangup: { cause: 16 }, variables: { '$flow.key.order': '12' } });
  const { report: cut } = await reportOf<NativeReport>(reports, stays.cli);
  expect(cut).toMatchObject({ endedBy: 'drain', reason: 'drain', hangup: { cause: 41, sip: null } });
  const { report: refused } = await reportOf<NativeReport>(reports, rings.cli);
  expect(refused).toMatchObject({ endedBy: 'drain', hangup: { sip: 503 } });
  for (const { cli } of [finishes, stays, rings]) expect(reportsOf(reports, cli)).toHaveLength(1);
});

it('a second SIGTERM stops at once; the next start ends and reports what was cut off', async () => {
  const placed = await dial(site, 'stays');
  await answered(placed);
  await inWidget(site, placed.cli, 'talk');
  site.signal('SIGTERM');
  await eventually('not ready', async () => (await readiness()) === 503);
  expect(await site.stop()).toBe(130);
  await site.start();
  const { report } = await reportOf<NativeReport>(reports, placed.cli);
  expect(report).toMatchObject({ endedBy: 'crash', reason: 'interrupted' });
  placed.phone.hangup();
  await placed.phone.result;
});

it('SIGHUP without a terminal ends nothing: calls go on, new ones are taken', async () => {
  const placed = await dial(site, 'finishes');
  await answered(placed);
  await inWidget(site, placed.cli, 'ask');
  site.signal('SIGHUP');
  await eventually('its line in the log', () => site.log.includes('SIGHUP has no effect'));
  const next = await dial(site, 'stays');
  await answered(next);
  next.phone.hangup();
  await placed.phone.press('12');
  const { report } = await reportOf<NativeReport>(reports, placed.cli);
  expect(report).toMatchObject({ endedBy: 'flow', variables: { '$flow.key.order': '12' } });
});

it('SIGTERM with a caller who hangs up: exits as soon as the last call is over', async () => {
  const placed = await dial(site, 'stays');
  await answered(placed);
  await inWidget(site, placed.cli, 'talk');
  site.signal('SIGTERM');
  await eventually('not ready', async () => (await readiness()) === 503);
  placed.phone.hangup();
  expect(await site.exited()).toBe(0);
  const { report } = await reportOf<NativeReport>(reports, placed.cli);
  expect(report).toMatchObject({ endedBy: 'caller', reason: 'bye' });
});
