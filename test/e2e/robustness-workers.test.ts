import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { answered, dial, endedStoryOf, flow, inWidget, reportOf, type PlacedCall } from '../support/calls.js';
import { unbroken } from '../support/measured.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * A thread that dies takes its own work with it and nothing else: calls end with the truth in their report, the thread is
 * replaced, the next call is served.
 */

const HOOK = new URL('../support/worker-hook.mjs', import.meta.url).href;
const kills = mkdtempSync(join(tmpdir(), 'offhook-kill-'));

interface NativeReport {
  readonly endedBy: string;
  readonly reason: string;
}

/** Within which the calls of a dead thread are over, ms, on a busy machine; by themselves they would last 30 s. */
const AT_ONCE_MS = 5000;

let site: Site;
let reports: Endpoint;
let service: Endpoint;

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = () => ({ status: 200, type: 'application/xml', body: '<a><b>fine</b></a>' });
  const lookUp = (next: string) => ({
    type: 'webhook',
    url: service.url,
    mapping: [{ saveIn: '$flow.key.b', path: 'a.b', required: true }],
    exits: { success: next, failed: next },
  });
  site = await Site.start({
    report: reports.url,
    webhook: { format: 'native' },
    prompts: { 'long.wav': toneWav(440, 30_000) },
    env: { NODE_OPTIONS: `--import ${HOOK}`, OFFHOOK_TEST_KILL: join(kills, 'thread') },
    config: { media: { workers: 2 } },
    flows: [
      flow('talk', { talk: { type: 'play', prompt: [{ file: 'long.wav' }], exits: { done: null } } }),
      flow('rings', { wait: { type: 'answer', delay: 60, exits: { next: null } } }),
      flow('read', { lookup: lookUp('bye'), bye: { type: 'hangup' } }),
      flow('speak', {
        say: { type: 'play', prompt: [{ say: '$call.sipheader.X-Text' }], exits: { done: 'bye', failed: 'bye' } },
        bye: { type: 'hangup' },
      }),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
  rmSync(kills, { recursive: true, force: true });
});

afterEach(async () => {
  expect(site.exitCode).toBeNull();
  for (const name of ['offhook_calls_live', 'offhook_media_sessions']) {
    await eventually(`${name} to be 0`, async () => (await site.metric(name)) === 0);
  }
});

/** Ends every thread whose module's path holds that text, of which there must be one; resolves when they are gone. */
async function kill(thread: string): Promise<void> {
  const order = join(kills, 'thread');
  writeFileSync(order, thread);
  process.kill(site.pid, 'SIGUSR2');
  await eventually(`the end of ${thread}`, () => !existsSync(order));
}

async function talking(): Promise<PlacedCall> {
  const placed = await dial(site, 'talk');
  await answered(placed);
  await inWidget(site, placed.cli, 'talk');
  return placed;
}

/** A new call is answered and hears its prompt. Until a thread is replaced calls are refused with 503, never left in silence. */
async function works(): Promise<void> {
  const placed = await eventually('an answered call', async () => {
    const each = await dial(site, 'talk');
    if (await each.phone.waitFor(({ answered: yes }) => yes)) return each;
    const { status } = await each.phone.result;
    expect(status).toBe(503);
    return null;
  });
  expect(await placed.phone.waitFor((phone) => phone.heardSpeechAfter(0))).toBe(true);
  placed.phone.hangup();
  expect((await placed.phone.result).endedBy).toBe('us');
  await endedStoryOf(site, placed.cli);
}

it('media: its calls end at once with media-failed, and a new one is served', async () => {
  const placed = await Promise.all(Array.from({ length: 6 }, talking));
  const killed = performance.now();
  await kill('media/worker');
  const results = await Promise.all(placed.map(({ phone }) => phone.result));
  expect(performance.now() - killed).toBeLessThan(AT_ONCE_MS);
  expect(results.map(({ endedBy }) => endedBy)).toEqual(placed.map(() => 'far'));
  for (const { cli } of placed) {
    expect((await reportOf<NativeReport>(reports, cli)).report).toMatchObject({ endedBy: 'network', reason: 'media-failed' });
  }
  await works();
});

it('signalling: its calls end and are reported, the same ports answer again', async () => {
  const before = [site.port('udp'), site.port('tcp')];
  const placed = await Promise.all([talking(), talking(), dial(site, 'rings')]);
  await inWidget(site, placed[2].cli, 'wait');
  await kill('sip/server/worker');
  for (const { cli } of placed) {
    expect((await reportOf<NativeReport>(reports, cli)).report).toMatchObject({ endedBy: 'network', reason: 'signaling-lost' });
  }
  await eventually('ready again', async () => (await site.get('/ready')).status === 200);
  expect([site.port('udp'), site.port('tcp')]).toEqual(before);
  await works();
  for (const { phone } of placed) phone.hangup();
});

it('speech: the prompt that was being made fails at most; the next one is heard', async () => {
  const speak = (text: string) => dial(site, 'speak', { headers: { 'X-Text': text } });
  // There is a thread to end from the first prompt on.
  const first = await speak('none');
  await first.phone.result;
  let prompts = 0;
  await unbroken(async () => {
    const bystander = await talking();
    for (const text of ['one', 'two', 'ten']) {
      prompts += 1;
      const [{ phone, cli }] = await Promise.all([speak(`${text} ${prompts}`), kill('speech-worker')]);
      await phone.result;
      const { steps } = await endedStoryOf(site, cli);
      expect(steps.map(({ widget }) => widget)).toEqual(['say', 'bye']);
      const next = await speak(`${text}s ${prompts}`);
      await next.phone.result;
      const story = await endedStoryOf(site, next.cli);
      expect(story.steps[0]?.exit).toBe('done');
    }
    bystander.phone.hangup();
    const { heard } = await bystander.phone.result;
    await endedStoryOf(site, bystander.cli);
    return [heard];
  });
});

it('XML: the next answer is read', async () => {
  const read = async () => {
    const { phone, cli } = await dial(site, 'read');
    await phone.result;
    return (await endedStoryOf(site, cli)).steps[0]?.exit;
  };
  expect(await read()).toBe('success');
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([kill('xml-worker'), read()]);
    expect(await read()).toBe('success');
  }
});
