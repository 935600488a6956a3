import { afterAll, beforeAll, expect, it } from 'vitest';
import { dominantFrequency } from '../../src/phone/analysis.js';
import { answered, dial, flow, inWidget, reportOf, reportsOf, rowOf, rowsOf, type PlacedCall } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';
import { download } from '../support/wav.js';

/*
 * kill -9 in mid-call, and again: no call without an end, no end without its report, no report with two ids.
 */

interface NativeReport {
  readonly callId: string;
  readonly endedBy: string;
  readonly reason: string;
  readonly hangup: { readonly cause: number };
  readonly answeredAt: string | null;
  readonly endedAt: string;
  readonly talkMs: number;
  readonly lastWidget: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly recordings: readonly { readonly name: string; readonly url: string; readonly ms: number }[];
}

const CALLER_HZ = 600;
const ROUNDS = 5;
/** Calls of each kind in a round: with four kinds, a hundred calls in five rounds. */
const CALLS = 5;

let site: Site;
let reports: Endpoint;
let service: Endpoint;
const placedCalls: PlacedCall[] = [];

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = () => new Promise(() => undefined);
  const prepare = (next: string) => ({
    type: 'set',
    values: [{ saveIn: '$flow.key.step', value: next }],
    exits: { next },
  });
  const listen = {
    type: 'collect',
    saveIn: '$flow.key.order',
    digits: { firstDigitTimeout: 120 },
    exits: { collected: null, noInput: null, missed: null },
  };
  site = await Site.start({
    report: reports.url,
    webhook: { format: 'native' },
    prompts: { 'short.wav': toneWav(660, 200) },
    config: { reports: { retrySeconds: Array(20).fill(0.3) } },
    flows: [
      flow('collect', { prepare: prepare('ask'), ask: listen }),
      flow('webhook', {
        prepare: prepare('greet'),
        greet: { type: 'play', prompt: [{ file: 'short.wav' }], exits: { done: 'lookup' } },
        lookup: { type: 'webhook', url: service.url, holdMusic: true, timeout: 60, exits: { success: null, failed: null } },
      }),
      flow('ring', { wait: { type: 'answer', delay: 60, exits: { next: null } } }),
      flow('record', {
        prepare: prepare('record'),
        record: { type: 'startRecording', name: 'message', tracks: 'caller', exits: { next: 'listen' } },
        listen,
      }),
      flow(
        'after',
        {
          talk: { type: 'delay', seconds: 60, music: true, exits: { next: null } },
          note: prepare('tell'),
          tell: { type: 'webhook', url: service.url, timeout: 60, exits: { success: null, failed: null } },
        },
        { onRemoteHangup: 'note' },
      ),
      flow('whole', { prepare: prepare('ask'), ask: listen }, { record: true }),
    ],
  });
});

afterAll(async () => {
  // Nobody is left to answer: what these phones still wait for never comes.
  for (const { phone } of placedCalls) phone.hangup();
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

/** A call that waits in that widget, the caller's tone heard. */
async function waiting(number: string, widget: string): Promise<PlacedCall> {
  const placed = await dial(site, number, { voice: { toneHz: CALLER_HZ } });
  placedCalls.push(placed);
  await answered(placed);
  await inWidget(site, placed.cli, widget);
  return placed;
}

async function restart(): Promise<void> {
  await site.stop('SIGKILL');
  await site.start();
}

/** When it was answered, ms since the INVITE. */
const timesOf = ({ phone }: PlacedCall) => ({
  answered: phone.events.find((event) => event.kind === 'response' && event.status === 200)?.atMs ?? NaN,
});

/** The tones of its quarter seconds, to 5 Hz: on a busy machine the caller may have begun to speak late, or paused. */
function tonesIn(samples: Int16Array): readonly number[] {
  const pieces = Array.from({ length: Math.floor(samples.length / 2000) }, (_, i) => samples.subarray(i * 2000, (i + 1) * 2000));
  return pieces.map((piece) => 5 * Math.round((dominantFrequency(piece) ?? 0) / 5));
}

const idsOf = ({ cli }: PlacedCall) => [...new Set(reportsOf(reports, cli).map(({ id }) => id))];

it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
  'kill -9 with calls in every waiting widget: each ends as interrupted, with its last widget, variables and recording (%i)',
  async () => {
    const where = [
      ['collect', 'ask'],
      ['webhook', 'lookup'],
      ['record', 'listen'],
      ['whole', 'ask'],
    ] as const;
    const calls = await Promise.all(
      Array.from({ length: CALLS }, () => where)
        .flat()
        .map(async ([number, widget]) => ({ number, widget, placed: await waiting(number, widget) })),
    );
    // A second of recording: more than a file's buffer could hide.
    const heard = calls.map(({ placed: { phone } }) => phone.waitFor((call) => call.heard.arrivals.length > 75));
    expect(await Promise.all(heard)).not.toContain(false);
    await restart();
    for (const { number, widget, placed } of calls) {
      const { report } = await reportOf<NativeReport>(reports, placed.cli);
      expect(report).toMatchObject({ endedBy: 'crash', reason: 'interrupted', lastWidget: widget, hangup: { cause: 41 } });
      expect(Object.keys(report.variables)).toContain('$flow.key.step');
      expect(report.answeredAt).not.toBeNull();
      const row = await rowOf(site, placed.cli);
      expect(row).toMatchObject({ id: report.callId, lastWidget: widget, termination: { by: 'crash', reason: 'interrupted' } });
      expect(row.endedAt).toBeGreaterThanOrEqual(row.answeredAt ?? Infinity);
      if (number !== 'record' && number !== 'whole') {
        expect(report.recordings).toEqual([]);
        continue;
      }
      expect(report.recordings).toHaveLength(1);
      const recorded = await download(report.recordings[0]?.url ?? '');
      expect(recorded.channels).toHaveLength(number === 'whole' ? 2 : 1);
      expect(Math.abs(recorded.ms - (report.recordings[0]?.ms ?? 0))).toBeLessThanOrEqual(1);
      expect(recorded.ms).toBeGreaterThan(500);
      expect(tonesIn(recorded.channels[0] ?? new Int16Array())).toContain(CALLER_HZ);
    }
    for (const { placed } of calls) placed.phone.hangup();
  },
);

it('kill -9 at the very moment calls begin to ring: each that rang has its report', async () => {
  const calls = await Promise.all(Array.from({ length: 12 }, () => dial(site, 'ring')));
  placedCalls.push(...calls);
  const rang = ({ phone }: PlacedCall) => phone.events.some((event) => event.kind === 'response' && event.status === 180);
  await Promise.race(calls.map((placed) => placed.phone.waitFor(() => rang(placed))));
  await restart();
  for (const placed of calls.filter(rang)) {
    const { report } = await reportOf<NativeReport>(reports, placed.cli);
    expect(report).toMatchObject({ reason: 'interrupted', answeredAt: null, talkMs: 0, hangup: { cause: 41 } });
  }
  // Those nobody had promised anything may have left no trace; they are not counted below.
  placedCalls.splice(-calls.length, calls.length, ...calls.filter(rang));
  for (const { phone } of calls) phone.hangup();
});

it('the time a caller waited silently until kill -9 counts as talk time', async () => {
  const placed = await waiting('collect', 'ask');
  const { phone } = placed;
  expect(await phone.waitFor(({ heard }) => heard.arrivals.length > 175)).toBe(true);
  const { answered: answeredMs } = timesOf(placed);
  const talkedMs = phone.now() - answeredMs;
  await restart();
  const { report } = await reportOf<NativeReport>(reports, placed.cli);
  expect(report.reason).toBe('interrupted');
  // A sign of life is left every second, here or there on a busy machine; without one only the first moments would count.
  expect(report.talkMs).toBeGreaterThan(talkedMs - 2500);
  expect(report.talkMs).toBeLessThan(talkedMs + 1500);
});

it('kill -9 in the branch after the hang-up: the caller ended the call, at the time of the hang-up', async () => {
  const placed = await waiting('after', 'talk');
  placed.phone.hangup();
  await inWidget(site, placed.cli, 'tell');
  await restart();
  const { report } = await reportOf<NativeReport>(reports, placed.cli);
  expect(report).toMatchObject({ endedBy: 'caller', reason: 'interrupted', lastWidget: 'tell', hangup: { cause: 16 } });
  expect(report.variables).toMatchObject({ '$flow.key.step': 'tell' });
});

it('a report whose endpoint was down is delivered after the restart with the id it had', async () => {
  const { port } = reports;
  const placed = await waiting('collect', 'ask');
  await reports.close();
  placed.phone.hangup();
  const { id: call } = await rowOf(site, placed.cli);
  const pending = await eventually('a failed attempt', async () => {
    const { body } = await site.get(`/v1/deliveries?call=${call}`);
    const [delivery] = (body as { items: { id: string; state: string; attempts: number }[] }).items;
    return delivery !== undefined && delivery.attempts > 0 ? delivery : null;
  });
  expect(pending.state).toBe('pending');
  await site.stop('SIGKILL');
  const before = reports;
  reports = await Endpoint.start(port);
  reports.received.push(...before.received);
  await site.start();
  const { id, report } = await reportOf<NativeReport>(reports, placed.cli);
  expect(id).toBe(pending.id);
  expect(report).toMatchObject({ reason: 'bye', endedBy: 'caller' });
});

it.each([0, 5, 25])('kill -9 %i ms after the hang-up: one report, one id', async (delayMs) => {
  const calls = await Promise.all(Array.from({ length: 4 }, () => waiting('collect', 'ask')));
  for (const { phone } of calls) phone.hangup();
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  await restart();
  for (const placed of calls) {
    const { report } = await reportOf<NativeReport>(reports, placed.cli);
    expect(['bye', 'interrupted']).toContain(report.reason);
  }
});

it('after all of it: every call has one row with an end, and one id', async () => {
  expect(await site.stop()).toBe(0);
  await site.start();
  expect(placedCalls.length).toBeGreaterThan(4 * CALLS * ROUNDS + 3 + 12);
  for (const placed of placedCalls) {
    const rows = await rowsOf(site, placed.cli);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.endedAt).not.toBeNull();
    expect(idsOf(placed)).toHaveLength(1);
  }
});
