import { afterAll, beforeAll, expect, it } from 'vitest';
import { answered, dial, flow, inWidget, keysOf, reportOf, storyOf } from '../support/calls.js';
import { deadAir } from '../support/dead-air.js';
import { HOSTILE_NAMES, startHostileServer, type HostileServer } from '../support/hostile-server.js';
import { Endpoint, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Endpoints that are slow, endless, huge, broken or malicious: each costs only its own call, only its failed exit, within its
 * timeout. Another caller hears nothing of it.
 */

const TIMEOUT_S = 2;
/** How much later than its timeout a step may be over on a busy machine, ms. */
const GRACE_MS = 1500;
/** Odd, but an answer with everything required in it. */
const HARMLESS = ['ok', 'proto'];
const AT_ONCE = 8;
/** These also at every try and at the fallback. */
const TRIED = ['silent', 'slow-body', 'reset', 'endless', 'gzip-bomb', 'br-bomb', 'million-deep-json', 'header-flood'];

let site: Site;
let reports: Endpoint;
let hostile: HostileServer;

beforeAll(async () => {
  [reports, hostile] = [await Endpoint.start(), await startHostileServer()];
  const attack = (name: string, id = name, more: Record<string, unknown> = {}) =>
    flow(id, {
      lookup: {
        type: 'webhook',
        url: `${hostile.origin}/${name}`,
        timeout: TIMEOUT_S,
        redirects: 3,
        holdMusic: true,
        mapping: [{ saveIn: '$flow.key.user', path: 'data.userId', required: true }],
        ...more,
        exits: { success: 'bye', failed: 'bye' },
      },
      bye: { type: 'hangup' },
    });
  site = await Site.start({
    report: reports.url,
    prompts: { 'long.wav': toneWav(440, 60_000) },
    flows: [
      ...HOSTILE_NAMES.map((name) => attack(name)),
      ...TRIED.map((name) => attack(name, `${name}-tries`, { retries: 3, fallbackUrl: `${hostile.origin}/${name}` })),
      flow('bystander', { talk: { type: 'play', prompt: [{ file: 'long.wav' }], exits: { done: null } } }),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), hostile.close()]);
});

interface Verdict {
  readonly name: string;
  readonly exit: string | null | undefined;
  readonly endedBy: string;
  readonly reason: unknown;
  /** Time in the webhook widget, ms. */
  readonly ms: number;
}

async function attack(name: string): Promise<Verdict> {
  const { phone, cli } = await dial(site, name);
  const { endedBy } = await phone.result;
  const { report } = await reportOf(reports, cli);
  const { steps } = await storyOf(site, cli);
  const [lookup, next] = steps;
  return {
    name,
    exit: lookup?.exit,
    endedBy,
    reason: keysOf(report)['$flow.key.error_reason'],
    ms: (next?.at ?? Infinity) - (lookup?.at ?? 0),
  };
}

it('each costs its own call its failed exit within its timeout; another caller hears no gap', async () => {
  const bystander = await dial(site, 'bystander');
  await answered(bystander);
  await inWidget(site, bystander.cli, 'talk');
  const verdicts: Verdict[] = [];
  const attacks = [...HOSTILE_NAMES, ...TRIED.map((name) => `${name}-tries`)];
  for (let at = 0; at < attacks.length; at += AT_ONCE) {
    verdicts.push(...(await Promise.all(attacks.slice(at, at + AT_ONCE).map(attack))));
  }
  bystander.phone.hangup();
  const { heard, endedBy } = await bystander.phone.result;

  expect(verdicts.filter(({ exit }) => exit === 'success').map(({ name }) => name)).toEqual(HARMLESS);
  expect(verdicts.filter(({ exit }) => exit !== 'success' && exit !== 'failed' && exit !== 'timeout')).toEqual([]);
  expect(verdicts.filter(({ ms }) => ms > TIMEOUT_S * 1000 + GRACE_MS)).toEqual([]);
  expect(verdicts.filter((verdict) => verdict.endedBy !== 'far')).toEqual([]);
  expect(verdicts.filter(({ exit, reason }) => exit !== 'success' && typeof reason !== 'string')).toEqual([]);

  expect(endedBy).toBe('us');
  expect(deadAir(heard)).toEqual([]);
  expect(heard.counts().lost).toBe(0);
  expect(site.exitCode).toBeNull();
  expect((await site.get('/ready')).status).toBe(200);
});
