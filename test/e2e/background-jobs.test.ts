import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dial, flow, type PlacedCall } from '../support/calls.js';
import { startRawServer } from '../support/raw-server.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Each background job is made to fail in turn beside 100 live calls: none is disturbed, and every failure has a line with a code. Faults
 * come from outside where that is possible, else by `support/fault-hook.mjs`.
 */

const CALLS = Number(process.env['BGCALLS'] ?? 100);
/** Packets that every call hears after each fault: half a second of sound. */
const MORE_PACKETS = 25;
const LONGEST_CALL_MS = 600_000;

const HOOK = new URL('../support/fault-hook.mjs', import.meta.url).href;
const faults = mkdtempSync(join(tmpdir(), 'offhook-fault-'));
const wanted = join(faults, 'wanted');

let site: Site;
let reports: Endpoint;
let calls: readonly PlacedCall[];

const talk = flow(
  'talk',
  { talk: { type: 'play', prompt: [{ file: 'long.wav' }], exits: { done: 'talk' } } },
  { maxSteps: 1000 },
);
let words = 0;
/** A flow whose words nobody has said yet, so that its prompt is made anew. */
const said = (more: Record<string, unknown> = {}): Record<string, unknown> => {
  words += 1;
  return flow('short', { say: { type: 'play', prompt: [{ say: `Sentence ${words}.` }], exits: { done: null } } }, more);
};

const write = (name: string, content: unknown): void => {
  writeFileSync(join(site.dir, name), typeof content === 'string' ? content : JSON.stringify(content));
};
const saveFlow = (): void => write('flows/short.json', said());
const saveWebhooks = (more: readonly unknown[] = []): void => {
  words += 1;
  const report = { name: 'report', url: `${reports.url}/?version=${words}`, default: true };
  const events = { name: 'events', url: `${reports.url}/events`, events: ['answered', 'completed'] };
  write('webhooks.json', [report, events, ...more]);
};
const shortCall = async (): Promise<void> => {
  await (
    await dial(site, 'short')
  ).phone.result;
};
const metrics = (): Promise<unknown> => site.get('/metrics');
/** What is forgotten once, a minute after the start: it fails from the beginning. */
const UPKEEP = ['forgetting old recordings', 'forgetting old calls', 'forgetting expired links'];
const order = (what: readonly string[]): void => writeFileSync(wanted, [...UPKEEP, ...what].join('\n'));
/** From now on these fail, and nothing else does. */
const fail = (...what: string[]): void => {
  order(what);
  process.kill(site.pid, 'SIGUSR2');
};

beforeAll(async () => {
  order([]);
  reports = await Endpoint.start();
  site = await Site.start({
    report: reports.url,
    prompts: { 'long.wav': toneWav(440, 240_000) },
    env: { NODE_OPTIONS: `--import ${HOOK}`, OFFHOOK_TEST_FAULT: wanted },
    config: { recordings: { keepDays: 30 }, store: { keepDays: 30 }, log: { level: 'info' } },
    flows: [talk, said() as typeof talk],
  });
  saveWebhooks();
  const placed: PlacedCall[] = [];
  while (placed.length < CALLS) {
    const some = await Promise.all(
      Array.from({ length: Math.min(10, CALLS - placed.length) }, () => dial(site, 'talk', { maxMs: LONGEST_CALL_MS })),
    );
    const taken = await Promise.all(some.map(({ phone }) => phone.waitFor((state) => state.answered)));
    // A machine that is busy with something else may refuse some.
    placed.push(...some.filter((_, i) => taken[i]));
  }
  calls = placed;
}, 240_000);

afterAll(async () => {
  await site.dispose();
  await reports.close();
  rmSync(faults, { recursive: true, force: true });
});

/** Lines of the log from that place on with a code, and those texts. */
const told = (from: number, code: string, texts: readonly string[]): number =>
  site.logLines(from).filter((line) => line.includes(`"code":"${code}"`) && texts.every((text) => line.includes(text))).length;

/** Waits for the line of a fault, again and again doing what leads to it; then looks whether every call goes on. */
async function isToldAndHarmless(code: string, texts: readonly string[], lead: () => unknown): Promise<void> {
  const from = site.log.length;
  let next = 0;
  await eventually(
    `a line with ${code} and ${texts.join(', ')}`,
    async () => {
      if (performance.now() >= next) {
        await lead();
        next = performance.now() + 2000;
      }
      return told(from, code, texts) > 0;
    },
    120_000,
  );
  fail();
  await isHarmless();
}

/** Every call hears more, none has ended. */
async function isHarmless(): Promise<void> {
  const heard = calls.map(({ phone }) => phone.heard.arrivals.length);
  await eventually('more sound in every call', () =>
    calls.every(({ phone }, i) => phone.heard.arrivals.length > (heard[i] ?? 0) + MORE_PACKETS),
  );
  expect(site.exitCode).toBeNull();
  expect(calls.filter(({ phone }) => phone.ended)).toHaveLength(0);
  expect(await site.metric('offhook_calls_live')).toBe(CALLS);
}

/** Background jobs outside calls as the log names them, and what leads to each. */
const JOBS: Readonly<Record<string, () => unknown>> = {
  'looking at flows': saveFlow,
  'rendering prompts ahead': saveFlow,
  'keeping rendered speech': saveFlow,
  'putting flows into use': saveFlow,
  'telling that flows changed': saveFlow,
  'keeping the flows that name integrations': saveFlow,
  'putting the webhooks into use': () => saveWebhooks(),
  'telling that the webhooks changed': () => saveWebhooks(),
  'queueing call events': shortCall,
  'reading offhook_calls_live': metrics,
  'reading offhook_sip_refused_total': metrics,
  'reading offhook_deliveries': metrics,
};

/** Jobs of one call or one request, which its own tests make fail, and those that the tests below or others lead to. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  'a call or its media': /\b(?:call|caller|leg|dialog|recording|late answer|RTP socket|media session)\b/u,
  'integrations, see unit/integrations': /integration|tried-out chat/u,
  'threads, see e2e/robustness-workers':
    /\b(?:worker|thread|closing|closing the signalling server)$|again$|message of a media worker/u,
  'the database and the heartbeat, below': /^(?:writing to the database|sign of life)$/u,
  'upkeep, below': /^(?:upkeep|forgetting .*)$/u,
  'clients of the API, see unit/api/live-events': /live events/u,
  'made by the same two functions as those above': /^reading offhook_/u,
};

describe('a background job that fails', () => {
  it.each(Object.entries(JOBS))('%s: is told with a code, and every call goes on', async (job, lead) => {
    fail(job);
    await isToldAndHarmless('BACKGROUND_JOB_FAILED', [job], lead);
  });

  it.each(UPKEEP)('%s: is told with a code, and every call goes on', async (job) => {
    await eventually(`a line about ${job}`, () => told(0, 'BACKGROUND_JOB_FAILED', [job]) > 0, 120_000);
    await isHarmless();
  });

  it('has a row here, or a place where it is made to fail', () => {
    const source = (file: string): string => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
    const files = readdirSync(new URL('../../src', import.meta.url), { recursive: true, encoding: 'utf8' });
    const names = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...source(file).matchAll(/\b(?:background|settled|guarded|recurring)\(\s*'([^']+)'/gu)])
      .map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(30);
    const known = (name: string): boolean => name in JOBS || Object.values(ELSEWHERE).some((pattern) => pattern.test(name));
    expect(names.filter((name) => !known(name))).toEqual([]);
  });

  it.each([
    ['heartbeat', 'BACKGROUND_JOB_FAILED', 'sign of life'],
    ['flow folder', 'CONFIG_UNREADABLE', 'the flow folder cannot be read'],
    ['rejection', 'UNEXPECTED_ERROR', 'a fault of the test: rejection'],
    ['exception', 'UNEXPECTED_ERROR', 'a fault of the test: exception'],
  ])('%s: is told with a code, and every call goes on', async (fault, code, text) => {
    await isToldAndHarmless(code, [text], () => fail(fault));
  });
});

describe('what fails outside', () => {
  it('a prompt link that answers with two lines of Content-Encoding', async () => {
    const server = await startRawServer(
      () =>
        'HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nRIFF',
    );
    try {
      await isToldAndHarmless('PROMPT_FETCH_FAILED', [], () => {
        words += 1;
        const url = `http://127.0.0.1:${server.port}/prompt-${words}.wav`;
        write('flows/linked.json', flow('linked', { play: { type: 'play', prompt: [{ url }], exits: { done: null } } }));
      });
    } finally {
      await server.close();
    }
  });

  it('a flow file that is broken', async () => {
    await isToldAndHarmless('FLOW_UNREADABLE', ['broken.json'], () =>
      write('flows/broken.json', `{ "id": "broken${'"'.repeat(++words)}`),
    );
    rmSync(join(site.dir, 'flows', 'broken.json'));
  });

  it('a file of webhooks that is broken', async () => {
    await isToldAndHarmless('CONFIG_REFUSED', ['webhooks.json'], () =>
      saveWebhooks([{ name: 'no address', url: `no address ${words}` }]),
    );
    saveWebhooks();
  });

  it('a receiver of reports that breaks off every connection', async () => {
    reports.answer = () => Promise.resolve({ status: 500 });
    await isToldAndHarmless('DELIVERY_FAILED', [], shortCall);
    reports.answer = () => ({ status: 200, body: '{}' });
  });

  it('a database that somebody holds', async () => {
    const [file = ''] = readdirSync(join(site.dir, 'data')).filter((name) => /\.(?:db|sqlite3?)$/u.test(name));
    const db = new sqlite3.Database(join(site.dir, 'data', file));
    const run = (sql: string): Promise<void> =>
      new Promise((resolve, reject) => db.run(sql, (error: Error | null) => (error === null ? resolve() : reject(error))));
    try {
      await run('PRAGMA busy_timeout = 10000');
      await run('BEGIN EXCLUSIVE');
      // A call that is refused meanwhile is what a caller may notice, no more.
      await isToldAndHarmless('STORE_UNAVAILABLE', [], () => dial(site, 'short').then(({ phone }) => phone.hangup()));
    } finally {
      await run('ROLLBACK').catch(() => undefined);
      await new Promise((resolve) => db.close(resolve));
    }
  });
});

it('has lost none of their reports', async () => {
  const numbers = new Set(calls.map(({ cli }) => cli));
  for (const { phone } of calls) phone.hangup();
  await eventually('every report', () => {
    const reported = reports.received.map(({ body }) => /1555\d{7}/u.exec(body)?.[0] ?? '').filter((cli) => numbers.has(cli));
    return new Set(reported).size === CALLS;
  });
});
