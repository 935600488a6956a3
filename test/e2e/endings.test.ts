import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhoneCallOptions, PhoneResult } from '../../src/phone/types.js';
import {
  answered,
  dial,
  flow,
  inWidget,
  keysOf,
  reportOf,
  reportsOf,
  rowOf,
  rowsOf,
  storyOf,
  type PlacedCall,
  type Report,
  type Story,
} from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Whatever ends a call, its report arrives exactly once and says the truth.
 */

const LONG = { file: 'long.wav' };
const SHORT = { file: 'short.wav' };
/** How far two clocks' views of one moment may be apart on a busy machine, ms. */
const SAME_MOMENT_MS = 2000;

let site: Site;
let reports: Endpoint;
let service: Endpoint;
const cliOfEveryCall: string[] = [];

/** Sets a variable, so that what ran, and in which order, is seen in the report. */
const mark = (name: string, next: string | null) => ({
  type: 'set',
  values: [{ saveIn: `$flow.key.${name}`, value: '$call.remotehangup' }],
  exits: { next },
});

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = ({ url }) => (url === '/never' ? new Promise(() => undefined) : { status: 500, body: '{"error":"no"}' });
  const lookup = (path: string, exits: object) => ({
    type: 'webhook',
    url: `${service.url}${path}`,
    holdMusic: true,
    timeout: 30,
    exits,
  });
  site = await Site.start({
    report: reports.url,
    prompts: { 'long.wav': toneWav(440, 30_000), 'short.wav': toneWav(660, 200) },
    config: { sip: { t1Ms: 40 }, media: { timeoutSeconds: 2 }, reports: { retrySeconds: Array(20).fill(0.2) } },
    flows: [
      flow('play', { talk: { type: 'play', prompt: [LONG], exits: { done: null } } }),
      flow('menu', {
        choose: {
          type: 'menu',
          prompt: [SHORT],
          keys: { 1: 'One' },
          timeout: 60,
          exits: { 1: null, noInput: null, invalid: null },
        },
      }),
      flow('collect', {
        ask: {
          type: 'collect',
          saveIn: '$flow.key.order',
          prompt: [SHORT],
          digits: { max: 8, firstDigitTimeout: 60, interDigitTimeout: 10 },
          exits: { collected: null, noInput: null, missed: null },
        },
      }),
      flow('delay', {
        greet: { type: 'play', prompt: [SHORT], exits: { done: 'pause' } },
        pause: { type: 'delay', seconds: 60, music: true, exits: { next: null } },
      }),
      flow('webhook', {
        greet: { type: 'play', prompt: [SHORT], exits: { done: 'lookup' } },
        lookup: lookup('/never', { success: null, failed: null }),
      }),
      flow('recording', {
        record: { type: 'startRecording', name: 'message', tracks: 'caller', beep: true, exits: { next: 'listen' } },
        listen: {
          type: 'collect',
          saveIn: '$flow.key.end',
          digits: { firstDigitTimeout: 60 },
          exits: { collected: null, noInput: null, missed: null },
        },
      }),
      flow('hangup', {
        greet: { type: 'play', prompt: [SHORT], exits: { done: 'bye' } },
        bye: { type: 'hangup', prompt: [SHORT], cause: 31, disposition: 'served' },
      }),
      flow('complete', { greet: { type: 'play', prompt: [SHORT], exits: { done: null } } }),
      flow('answers', {
        wait: { type: 'answer', delay: 0.1, exits: { next: 'talk' } },
        talk: { type: 'play', prompt: [LONG], exits: { done: null } },
      }),
      flow('busy', { refuse: { type: 'hangup', cause: 17 } }),
      flow('failing', {
        lookup: lookup('/fails', { success: null, failed: 'sorry' }),
        sorry: { type: 'play', prompt: [SHORT], exits: { done: 'bye' } },
        bye: { type: 'hangup' },
      }),
      flow('ringing', {
        wait: { type: 'answer', delay: 60, exits: { next: 'talk' } },
        talk: { type: 'play', prompt: [LONG], exits: { done: null } },
      }),
      flow(
        'faulty',
        {
          talk: { type: 'play', prompt: [SHORT], exits: { done: 'broken' } },
          broken: { type: 'play', prompt: [{ file: '$flow.key.file' }], exits: { done: null } },
        },
        { variables: { file: 'not-there.wav' } },
      ),
      flow(
        'anchors',
        {
          talk: { type: 'play', prompt: [LONG], exits: { done: null } },
          left: mark('left', 'after'),
          after: mark('after', null),
          finish: mark('finish', 'tell'),
          tell: {
            type: 'webhook',
            method: 'POST',
            url: `${service.url}/done`,
            body: { type: 'json', content: { uuid: '$call.uuid' } },
            exits: { success: null, failed: null },
          },
        },
        { onRemoteHangup: 'left', onFlowComplete: 'finish' },
      ),
      flow(
        'anchors-complete',
        {
          greet: { type: 'play', prompt: [SHORT], exits: { done: null } },
          left: mark('left', null),
          finish: mark('finish', null),
        },
        { onRemoteHangup: 'left', onFlowComplete: 'finish' },
      ),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

async function call(number: string, options: Partial<PhoneCallOptions> = {}): Promise<PlacedCall> {
  const placed = await dial(site, number, options);
  cliOfEveryCall.push(placed.cli);
  return placed;
}

interface Ended {
  readonly result: PhoneResult;
  readonly report: Report;
  readonly story: Story;
}

/** Waits for the end of the call and checks what every report must say of its call, whatever ended it. */
async function ending({ phone, cli }: PlacedCall, number: string): Promise<Ended> {
  const result = await phone.result;
  const { report } = await reportOf(reports, cli);
  const story = await storyOf(site, cli);
  const [leg, ...others] = report.callDetails;
  if (leg === undefined) throw new Error('the report has no leg');
  expect(others).toEqual([]);
  expect(report['phonon-uuid']).toBe(story.call.id);
  expect(leg).toMatchObject({ calleeNumber: cli, didNumber: number, incoming: true, is_ringing: 'true' });
  expect(leg.hangupCause).toBe(String(story.call.termination?.cause));
  const near = (text: string, at: number): void => {
    expect(Math.abs(Date.parse(text) - at)).toBeLessThan(SAME_MOMENT_MS);
  };
  near(leg.startTime, result.times.startedAt);
  // Talk time, "0" when never connected; connectTime only when answered (docs/behaviour.md#talk-time).
  if (leg.connectTime === undefined) expect(leg.duration).toBe('0');
  else {
    expect(Number(leg.duration)).toBe(Date.parse(leg.endTime) - Date.parse(leg.connectTime));
    near(leg.connectTime, result.times.startedAt + (result.times.answered ?? NaN));
  }
  expect(story.timeline.at(-1)).toMatchObject({ type: 'end', termination: story.call.termination });
  expect(story.timeline.map(({ seq }) => seq)).toEqual(story.timeline.map((_, index) => index + 1));
  return { result, report, story };
}

const lastStep = ({ steps }: Story) => ({ widget: steps.at(-1)?.widget, exit: steps.at(-1)?.exit });

describe.concurrent('the report', () => {
  describe('when the caller hangs up', () => {
    const waiting = [
      { number: 'play', widget: 'talk' },
      { number: 'menu', widget: 'choose' },
      { number: 'collect', widget: 'ask' },
      { number: 'delay', widget: 'pause' },
      { number: 'webhook', widget: 'lookup' },
      { number: 'recording', widget: 'listen' },
    ];
    // docs/behaviour.md#caller-hangs-up
    it.each(waiting)('inside $number: remote hangup, cause 16, last widget, no exit', async ({ number, widget }) => {
      const placed = await call(number);
      await answered(placed);
      await inWidget(site, placed.cli, widget);
      // The widget is really at work: the caller hears it, or it waits in silence after its prompt.
      await placed.phone.waitFor(({ heard }) => heard.arrivals.length > 25);
      const talked = placed.phone.now();
      placed.phone.hangup();
      const { report, story, result } = await ending(placed, number);
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: true, hangupCause: '16' });
      expect(story.call.termination).toEqual({ by: 'caller', cause: 16, sip: null, reason: 'bye' });
      expect(story.call.lastWidget).toBe(widget);
      expect(lastStep(story)).toEqual({ widget, exit: null });
      const talkMs = talked - (result.times.answered ?? 0);
      expect(Math.abs(Number(report.callDetails[0]?.duration) - talkMs)).toBeLessThan(SAME_MOMENT_MS);
    });

    it('a webhook that waits is aborted and told as such', async () => {
      const placed = await call('webhook');
      await answered(placed);
      await inWidget(site, placed.cli, 'lookup');
      await eventually('the request', () => service.received.some(({ url }) => url === '/never'));
      placed.phone.hangup();
      const { report } = await ending(placed, 'webhook');
      // Neither exit, so no result variables either.
      expect(keysOf(report)).toEqual({});
    });

    it('the recording until then is in the report and can be fetched', async () => {
      const placed = await call('recording', { voice: { toneHz: 500 } });
      await answered(placed);
      await inWidget(site, placed.cli, 'listen');
      await placed.phone.waitFor(({ heard }) => heard.arrivals.length > 50);
      placed.phone.hangup();
      const { report } = await ending(placed, 'recording');
      expect(report.recordingUrls).toHaveLength(1);
      const { recordedFileName, recordedFilePublicPath } = report.recordingUrls[0] ?? {};
      expect(recordedFileName).toBe('message');
      const response = await fetch(recordedFilePublicPath ?? '');
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer()).toString('latin1', 0, 4)).toBe('RIFF');
    });

    it('without a word (empty battery): media timeout, cause 41, not a remote hangup', async () => {
      const placed = await call('play');
      await answered(placed);
      await inWidget(site, placed.cli, 'talk');
      placed.phone.say('none');
      const { report, story, result } = await ending(placed, 'play');
      expect(result.endedBy).toBe('far');
      expect(story.call.termination).toEqual({ by: 'network', cause: 41, sip: null, reason: 'media-timeout' });
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '41' });
    });
  });

  describe('when the flow ends', () => {
    it('by hangup: its cause, its disposition, not a remote hangup', async () => {
      const placed = await call('hangup');
      const { report, story, result } = await ending(placed, 'hangup');
      expect(result.endedBy).toBe('far');
      expect(result.reasonHeader).toContain('cause=31');
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '31' });
      expect(keysOf(report)).toEqual({ '$flow.key.disposition': 'served' });
      expect(story.call.termination).toMatchObject({ by: 'flow', reason: 'hangup' });
      expect(story.call.lastWidget).toBe('bye');
    });

    it('after digits: each key with its widget, and the variable', async () => {
      const placed = await call('collect', { digits: '~ 12#' });
      const { report } = await ending(placed, 'collect');
      const pressed = report.callDetails[0]?.dtmfPressesd?.map(({ key, label }) => [key, label]);
      expect(pressed).toEqual(['1', '2', '#'].map((key) => [key, 'ask']));
      expect(keysOf(report)).toEqual({ '$flow.key.order': '12' });
    });

    it('after keys that the caller left by hanging up: each key with its widget', async () => {
      const placed = await call('collect', { digits: '~ 12' });
      await placed.phone.waitFor(({ events }) => events.filter(({ kind }) => kind === 'digit').length === 2);
      // A key acts on its first packet; the last ones are out a little later.
      const keyed = placed.phone.now();
      await placed.phone.waitFor((phone) => phone.now() > keyed + 500);
      placed.phone.hangup();
      const { report } = await ending(placed, 'collect');
      const pressed = report.callDetails[0]?.dtmfPressesd?.map(({ key, label }) => [key, label]);
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: true });
      expect(pressed).toEqual(['1', '2'].map((key) => [key, 'ask']));
    });

    it('without a hangup: cause 16', async () => {
      const placed = await call('complete');
      const { report, story, result } = await ending(placed, 'complete');
      expect(result.endedBy).toBe('far');
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '16' });
      expect(story.call.termination).toMatchObject({ by: 'flow', cause: 16 });
      expect(lastStep(story)).toEqual({ widget: 'greet', exit: 'done' });
    });

    it('before the answer: refused with the status of its cause, never connected', async () => {
      const placed = await call('busy');
      const { report, story, result } = await ending(placed, 'busy');
      expect(result.status).toBe(486);
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '17', duration: '0' });
      expect(story.call.termination).toMatchObject({ by: 'flow', cause: 17, sip: 486 });
    });

    it('after a webhook that failed: the failure is in the report and the caller was told', async () => {
      const placed = await call('failing');
      const { report, story, result } = await ending(placed, 'failing');
      expect(result.status).toBe(200);
      expect(keysOf(report)).toMatchObject({
        '$flow.key.response_status': 'FAILED',
        '$flow.key.response_status_code': 500,
        '$flow.key.error_reason': 'SERVER_ERROR',
      });
      expect(story.steps.map(({ widget, exit }) => [widget, exit])).toEqual([
        ['lookup', 'failed'],
        ['sorry', 'done'],
        ['bye', 'end'],
      ]);
    });

    it('by an error that nobody caught: the caller hears a goodbye, cause 41', async () => {
      const placed = await call('faulty');
      const { report, story, result } = await ending(placed, 'faulty');
      expect(result.endedBy).toBe('far');
      const brokenAt = story.steps.find(({ widget }) => widget === 'broken')?.at ?? NaN;
      expect(result.heard.lastSoundMs).toBeGreaterThan(brokenAt - result.times.startedAt + 1000);
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '41' });
      expect(story.faults.length + story.steps.filter(({ exit }) => exit === 'failed').length).toBeGreaterThan(0);
      expect(story.call.lastWidget).toBe('broken');
    });
  });

  describe('when the call never came to be', () => {
    it('CANCEL before the answer: 487, remote hangup, never connected', async () => {
      const placed = await call('ringing');
      await inWidget(site, placed.cli, 'wait');
      placed.phone.cancel();
      const { report, story, result } = await ending(placed, 'ringing');
      expect(result).toMatchObject({ endedBy: 'cancelled', status: 487 });
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: true, hangupCause: '16', duration: '0' });
      expect(report.callDetails[0]).not.toHaveProperty('connectTime');
      expect(story.call.termination).toEqual({ by: 'caller', cause: 16, sip: 487, reason: 'cancel' });
      expect(lastStep(story)).toEqual({ widget: 'wait', exit: null });
    });

    it('no ACK: BYE after 64 × T1, cause 102, not a remote hangup (RFC 3261 §13.3.1.4)', async () => {
      const placed = await call('play', { noAck: true });
      const { report, story, result } = await ending(placed, 'play');
      expect(result.endedBy).toBe('far');
      expect(story.call.termination).toMatchObject({ by: 'network', cause: 102, reason: 'no-ack' });
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '102' });
    });

    it('an unknown number gets 404 and no report', async () => {
      const placed = await dial(site, 'nobody');
      expect((await placed.phone.result).status).toBe(404);
      expect(await rowsOf(site, placed.cli)).toEqual([]);
    });
  });

  it('when somebody hangs up through the API: cause 16, by admin', async () => {
    const placed = await call('play');
    await answered(placed);
    await inWidget(site, placed.cli, 'talk');
    const { id } = await rowOf(site, placed.cli);
    const response = await fetch(`${site.api}/v1/calls/${id}`, { method: 'DELETE' });
    expect(response.status).toBeLessThan(300);
    const { report, story, result } = await ending(placed, 'play');
    expect(result.endedBy).toBe('far');
    expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '16' });
    expect(story.call.termination).toEqual({ by: 'admin', cause: 16, sip: null, reason: 'admin-hangup' });
  });

  // docs/behaviour.md#order-at-the-end
  describe('On Remote Hangup and On Flow Complete', () => {
    it('run in this order after the legs ended and before the report, which has their variables', async () => {
      const placed = await call('anchors');
      await answered(placed);
      await inWidget(site, placed.cli, 'talk');
      placed.phone.hangup();
      const { report, story } = await ending(placed, 'anchors');
      expect(story.steps.map(({ widget, anchor }) => [anchor, widget])).toEqual([
        ['start', 'talk'],
        ['onRemoteHangup', 'left'],
        ['onRemoteHangup', 'after'],
        ['onFlowComplete', 'finish'],
        ['onFlowComplete', 'tell'],
      ]);
      const order = story.timeline.map(({ type }) => type);
      expect(order.indexOf('leg.ended')).toBeLessThan(order.indexOf('enter', order.indexOf('enter') + 1));
      expect(Object.keys(keysOf(report)).slice(0, 3)).toEqual(['$flow.key.left', '$flow.key.after', '$flow.key.finish']);
      const told = service.received.find(({ url, body }) => url === '/done' && body.includes(report['phonon-uuid']));
      const reported = reports.received.find(({ body }) => body.includes(report['phonon-uuid']));
      expect(told?.at).toBeLessThan(reported?.at ?? 0);
    });

    it('only On Flow Complete runs when the flow ended the call', async () => {
      const placed = await call('anchors-complete');
      const { report, story } = await ending(placed, 'anchors-complete');
      expect(story.steps.map(({ widget }) => widget)).toEqual(['greet', 'finish']);
      expect(Object.keys(keysOf(report))).toEqual(['$flow.key.finish']);
    });
  });
});

describe('when both ends act at the same moment', () => {
  /** Waits until the phone's clock says so. */
  const until = (placed: PlacedCall, ms: number) => placed.phone.waitFor((phone) => phone.now() >= ms);

  it('BYE crosses BYE: one report each, cause 16 whoever was first', async () => {
    const calls = await Promise.all(Array.from({ length: 24 }, () => call('complete')));
    await Promise.all(
      calls.map(async (placed, index) => {
        await answered(placed);
        // The prompt is 200 ms long: some hang up before its end, some after, some just then.
        await until(placed, placed.phone.now() + 150 + index * 5);
        placed.phone.hangup();
        const { report, story } = await ending(placed, 'complete');
        expect(report.callDetails[0]?.hangupCause).toBe('16');
        const { by } = story.call.termination ?? {};
        expect(['caller', 'flow']).toContain(by);
        expect(report.callDetails[0]?.remoteHangup).toBe(by === 'caller');
      }),
    );
  });

  it('CANCEL crosses the answer: one report each, cancelled or hung up by the caller', async () => {
    const calls = await Promise.all(Array.from({ length: 24 }, () => call('answers')));
    await Promise.all(
      calls.map(async (placed, index) => {
        await until(placed, 80 + index * 3);
        if (placed.phone.answered) placed.phone.hangup();
        else placed.phone.cancel();
        const { report, story } = await ending(placed, 'answers');
        expect(report.callDetails[0]).toMatchObject({ hangupCause: '16', remoteHangup: true });
        expect(['cancel', 'bye']).toContain(story.call.termination?.reason);
      }),
    );
  });
});

describe('over TCP', () => {
  it('the caller hangs up, and the flow does: the same reports', async () => {
    const over = { target: `sip:play@127.0.0.1:${site.port('tcp')};transport=tcp` };
    const left = await call('play', over);
    await answered(left);
    await inWidget(site, left.cli, 'talk');
    left.phone.hangup();
    expect((await ending(left, 'play')).report.callDetails[0]).toMatchObject({ remoteHangup: true, hangupCause: '16' });
    const done = await call('hangup', { target: over.target.replace('play', 'hangup') });
    expect((await ending(done, 'hangup')).report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '31' });
  });
});

describe('a report endpoint that stumbles', () => {
  it('gets the same report again under the same id, byte for byte', async () => {
    let refusals = 2;
    reports.answer = ({ body }) => ({ status: body.includes(stumbling.cli) && refusals-- > 0 ? 500 : 200 });
    const stumbling = await dial(site, 'complete');
    await stumbling.phone.result;
    const attempts = await eventually('three attempts', () => {
      const found = reports.received.filter(({ body }) => body.includes(stumbling.cli));
      return found.length === 3 ? found : null;
    });
    expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
  });
});

describe('a site at its limits', () => {
  it('refuses with 503 and Retry-After, ends a call at its maximum length, and refuses a foreign codec with 488', async () => {
    const limited = await Site.start({
      report: reports.url,
      prompts: { 'long.wav': toneWav(440, 30_000) },
      config: { limits: { calls: 1, callMinutes: 0.1 }, media: { codecs: ['PCMU'] } },
      flows: [flow('play', { talk: { type: 'play', prompt: [LONG], exits: { done: null } } })],
    });
    try {
      const foreign = await dial(limited, 'play', { codec: 'PCMA' });
      expect((await foreign.phone.result).status).toBe(488);

      const long = await dial(limited, 'play');
      await answered(long);
      const refused = await (await dial(limited, 'play')).phone.result;
      expect(refused.status).toBe(503);
      expect(refused.retryAfter).toBeGreaterThan(0);

      expect((await long.phone.result).endedBy).toBe('far');
      const { report } = await reportOf(reports, long.cli);
      expect(report.callDetails[0]).toMatchObject({ remoteHangup: false, hangupCause: '102' });
      expect((await storyOf(limited, long.cli)).call.termination).toMatchObject({ by: 'limit', reason: 'max-duration' });
      expect(reportsOf(reports, foreign.cli)).toEqual([]);
      expect(await rowsOf(limited, foreign.cli)).toEqual([]);
    } finally {
      await limited.dispose();
    }
  });
});

describe('after a clean stop', () => {
  // docs/behaviour.md#one-report
  it('every call of this file was reported exactly once', async () => {
    expect(await site.stop()).toBe(0);
    expect(cliOfEveryCall.length).toBeGreaterThanOrEqual(20);
    for (const cli of cliOfEveryCall) expect(reportsOf(reports, cli).map(({ id }) => id)).toHaveLength(1);
    const errors = site.logLines().filter((line) => line.includes('"level":50'));
    expect(errors).toEqual([expect.stringContaining('"code":"PROMPT_NOT_FOUND","widget":"broken"')]);
  });
});
