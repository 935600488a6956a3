import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answered, dial, flow, inWidget, keysOf, reportOf, storyOf } from '../support/calls.js';
import { HARMLESS_NAMES, HOSTILE_NAMES, startHostileServer, type HostileServer } from '../support/hostile-server.js';
import { measured, timed, unbroken } from '../support/measured.js';
import { Endpoint, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Endpoints that are slow, endless, huge, broken or malicious: each costs only its own call, only its failed exit, within its
 * timeout. Another caller hears nothing of it.
 */

const TIMEOUT_S = 2;
/** How much later than its timeout a step may be over on a busy machine, ms. */
const GRACE_MS = 3000;
const AT_ONCE = 8;
/** These also at every try and at the fallback, where tokens are fetched, and as a service that answers functions. */
const TRIED = [
  'silent',
  'slow-body',
  'reset',
  'endless',
  'gzip-bomb',
  'br-bomb',
  'million-deep-json',
  'header-flood',
  'tiny-header-flood',
  'endless-chunk-extension',
];
const ATTACKS = [...HOSTILE_NAMES, ...TRIED.flatMap((name) => [`${name}-tries`, `${name}-token`, `${name}-service`])];
/** For a measurement that is taken again. */
const LIMIT_MS = 300_000;
/** What a hostile endpoint may cost somebody else's request, ms. */
const MAX_DELAY_MS = 100;

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
  const service = (name: string) =>
    flow(`${name}-service`, {
      ask: {
        type: 'function',
        function: 'score',
        service: name,
        outputs: ['$flow.key.score'],
        timeout: TIMEOUT_S,
        holdMusic: true,
        exits: { success: 'bye', failed: 'bye' },
      },
      bye: { type: 'hangup' },
    });
  const token = (name: string) => {
    const tokenUrl = `${hostile.origin}/${name}`;
    return attack('ok', `${name}-token`, { auth: { type: 'oauth2', tokenUrl, clientId: 'ivr', clientSecret: '$secret.IVR' } });
  };
  site = Site.create({
    report: reports.url,
    env: { OFFHOOK_SECRET_IVR: 'sesame' },
    // Every attack is let through: the host would be left alone after the first ones.
    config: { webhooks: { breaker: { failures: 0 } } },
    prompts: { 'long.wav': toneWav(440, 60_000) },
    flows: [
      ...HOSTILE_NAMES.map((name) => attack(name)),
      ...TRIED.map((name) => attack(name, `${name}-tries`, { retries: 3, fallbackUrl: `${hostile.origin}/${name}` })),
      ...TRIED.flatMap((name) => [token(name), service(name)]),
      attack('ok', 'healthy'),
      flow('bystander', { talk: { type: 'play', prompt: [{ file: 'long.wav' }], exits: { done: null } } }),
    ],
  });
  const services = TRIED.map((name) => ({ name, kind: 'functions', url: `${hostile.origin}/${name}` }));
  writeFileSync(
    join(site.dir, 'webhooks.json'),
    JSON.stringify([{ name: 'report', url: reports.url, default: true }, ...services]),
  );
  await site.start();
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

it('each costs its own call its failed exit within its timeout; another caller hears no gap', { timeout: LIMIT_MS }, async () => {
  await unbroken(async () => {
    const bystander = await dial(site, 'bystander');
    await answered(bystander);
    await inWidget(site, bystander.cli, 'talk');
    await attackAll();
    bystander.phone.hangup();
    const { heard, endedBy } = await bystander.phone.result;
    expect(endedBy).toBe('us');
    return [heard];
  });
  expect(site.exitCode).toBeNull();
  expect((await site.get('/ready')).status).toBe(200);
});

async function attackAll(): Promise<void> {
  const verdicts: Verdict[] = [];
  for (let at = 0; at < ATTACKS.length; at += AT_ONCE) {
    verdicts.push(...(await Promise.all(ATTACKS.slice(at, at + AT_ONCE).map(attack))));
  }
  expect(verdicts.filter(({ exit }) => exit === 'success').map(({ name }) => name)).toEqual(HARMLESS_NAMES);
  expect(verdicts.filter(({ exit }) => exit !== 'success' && exit !== 'failed' && exit !== 'timeout')).toEqual([]);
  expect(verdicts.filter(({ ms }) => ms > TIMEOUT_S * 1000 + GRACE_MS)).toEqual([]);
  expect(verdicts.filter((verdict) => verdict.endedBy !== 'far')).toEqual([]);
  expect(verdicts.filter(({ exit, reason }) => exit !== 'success' && typeof reason !== 'string')).toEqual([]);
}

/** How long another caller's request takes, ms: the 90th percentile while `meanwhile` goes on, our own endpoint's absences left out. */
async function healthyMs(meanwhile: Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  const state = { over: false };
  void meanwhile.finally(() => (state.over = true));
  while (!state.over || taken.length < 10) {
    const { value, awayMs } = await timed(() => attack('healthy'));
    expect(value.exit).toBe('success');
    taken.push(Math.max(0, value.ms - awayMs));
  }
  return taken.sort((a, b) => a - b)[Math.floor(taken.length * 0.9)] ?? NaN;
}

it('costs the request of another caller at most 100 ms', { timeout: LIMIT_MS }, async () => {
  const costly = [
    'endless',
    'gzip-bomb',
    'br-bomb',
    'million-deep-json',
    'tiny-header-flood',
    'header-flood',
    'many-keys',
    'huge',
  ];
  const storm = async (): Promise<void> => {
    for (let round = 0; round < 5; round += 1) await Promise.all(costly.map(attack));
  };
  await measured('another caller waited', async () => {
    const alone = await healthyMs(Promise.resolve());
    const more = (await healthyMs(storm())) - alone;
    return more > MAX_DELAY_MS ? [`${Math.round(more)} ms longer`] : [];
  });
});
