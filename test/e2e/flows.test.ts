import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  dial,
  flow,
  keysOf,
  reportOf,
  rowOf,
  storyOf,
  type PlacedCall,
  type Report,
  type Story,
} from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Whole flows with real calls: what an integrator would build, from the key to the HTTP request to the report.
 */

type Json = Record<string, unknown>;

const SHORT = { file: 'short.wav' };
const TRICKY = 'Tom & "Jerry" <ü> 😀\nline2';

let service: Endpoint;
let reports: Endpoint;
let site: Site;

const play = (next: string | null, more: Json = {}): Json => ({ type: 'play', prompt: [SHORT], exits: { done: next }, ...more });
const hook = (path: string, exits: Json, more: Json = {}): Json => ({
  type: 'webhook',
  url: `${service.url}${path}`,
  exits,
  ...more,
});
const all = (next: string | null, ...names: readonly string[]): Json => Object.fromEntries(names.map((name) => [name, next]));

/** Requests about one call; flows send their caller's number. */
const requestsOf = (path: string, { cli }: PlacedCall) =>
  service.received.filter(({ url, headers }) => url.startsWith(path) && (url.includes(cli) || headers['x-cli'] === cli));

const rejecting = (cause: number): Json & { readonly id: string } =>
  flow(
    `reject-${cause}`,
    {
      out: { type: 'hangup', cause, disposition: 'refused' },
      tell: hook('/complete?cli=$call.cli&cause=$call.hangupcause', all(null, 'success', 'failed')),
    },
    { onFlowComplete: 'tell' },
  );

beforeAll(async () => {
  [service, reports] = await Promise.all([Endpoint.start(), Endpoint.start()]);
  service.answer = async ({ url, body }) => {
    if (url.startsWith('/slow')) await new Promise((resolve) => setTimeout(resolve, 1500));
    if (url.startsWith('/echo')) return { status: 200, body: JSON.stringify({ got: JSON.parse(body) as unknown }) };
    return { status: 200, body: JSON.stringify({ note: TRICKY, list: [{ id: 7 }], nil: null }) };
  };
  site = await Site.start({
    report: reports.url,
    prompts: { 'short.wav': toneWav(660, 300), 'long.wav': toneWav(440, 20_000) },
    flows: [
      ...[1, 16, 17, 21, 34].map(rejecting),
      flow('menus', {
        first: {
          type: 'menu',
          prompt: [{ file: 'long.wav' }],
          keys: { '*': 'Star' },
          exits: all('bye', '*', 'noInput', 'invalid'),
        },
        second: {
          type: 'menu',
          prompt: [{ file: 'long.wav' }],
          keys: { '#': 'Hash' },
          saveIn: '$flow.key.last',
          exits: all('bye', '#', 'noInput', 'invalid'),
        },
        bye: { type: 'hangup' },
      }),
      flow('tricky', {
        fetch: hook(
          '/fetch?cli=$call.cli',
          { success: 'post', failed: 'bye' },
          {
            mapping: [
              { saveIn: '$NOTE', path: 'note', required: true },
              { saveIn: '$flow.key.id', path: 'list[0].id', required: true },
              { saveIn: '$flow.key.nil', path: 'nil', required: true },
            ],
          },
        ),
        post: hook(
          '/echo',
          { '2xx': 'bye', success: 'bye', failed: 'bye' },
          {
            method: 'POST',
            headers: [
              { key: 'X-Cli', value: '$call.cli' },
              { key: 'X-Tenant', value: '$call.sipheader.X-Tenant', mandatory: true },
            ],
            body: { type: 'json', content: '{"text": "$NOTE", "id": $flow.key.id, "nil": $flow.key.nil, "note": $NOTE}' },
            mapping: [{ saveIn: '$flow.key.back', path: "got['note']" }],
          },
        ),
        bye: { type: 'hangup' },
      }),
      flow('member', {
        known: {
          type: 'condition',
          conditions: [{ name: 'yes', when: { variable: '$user.key.pin', operator: 'isNotEmpty' } }],
          exits: { yes: 'again', default: 'ask' },
        },
        ask: {
          type: 'collect',
          prompt: [SHORT],
          saveIn: '$user.key.pin',
          digits: { min: 2, max: 2 },
          confirm: { before: [SHORT], after: [SHORT] },
          exits: all('again', 'collected', 'noInput', 'missed'),
        },
        again: { type: 'set', values: [{ saveIn: '$flow.key.pin', value: '$user.key.pin' }], exits: { next: null } },
      }),
      flow('broken', {
        name: { type: 'set', values: [{ saveIn: '$flow.key.file', value: 'gone' }], exits: { next: 'speak' } },
        speak: { type: 'play', prompt: [{ file: '$flow.key.file.wav' }], exits: { done: null } },
      }),
      flow(
        'caught',
        {
          name: { type: 'set', values: [{ saveIn: '$flow.key.file', value: 'gone' }], exits: { next: 'speak' } },
          speak: { type: 'play', prompt: [{ file: '$flow.key.file.wav' }], exits: { done: null } },
          sorry: { type: 'hangup', prompt: [SHORT], disposition: '$widget.speak.error', cause: 31 },
        },
        { onError: 'sorry' },
      ),
      flow('circles', { tick: { type: 'delay', seconds: 0.1, exits: { next: 'tick' } } }, { maxSteps: 4 }),
      flow(
        'empty',
        { say: { type: 'play', prompt: [{ say: '$flow.key.none' }], loop: 0, exits: { done: 'say2' } }, say2: play(null) },
        { variables: { none: null } },
      ),
      flow(
        'music',
        {
          wait: hook('/slow?cli=$call.cli', all('bye', 'success', 'failed'), { holdMusic: { file: '$flow.key.music.wav' } }),
          bye: { type: 'hangup' },
        },
        { variables: { music: 'gone' } },
      ),
      flow('record', {
        hello: play('all'),
        all: { type: 'startRecording', name: 'all', tracks: 'both', exits: { next: 'message' } },
        message: {
          type: 'startRecording',
          name: 'message',
          tracks: 'caller',
          beep: true,
          maxSeconds: 1,
          exits: { next: 'listen' },
        },
        listen: { type: 'delay', seconds: 1.5, exits: { next: 'stop' } },
        stop: { type: 'stopRecording', name: 'message', exits: { next: 'bye', failed: 'bye' } },
        bye: { type: 'hangup', prompt: [SHORT], disposition: '$widget.stop.seconds' },
      }),
      flow(
        'leaves',
        {
          talk: play('talk', { prompt: [{ file: 'long.wav' }] }),
          gone: hook('/gone?cli=$call.cli&state=$call.state&by=$call.remotehangup', { success: 'mark', failed: null }),
          mark: { type: 'set', values: [{ saveIn: '$flow.key.marked', value: true }], exits: { next: null } },
          done: hook('/complete?cli=$call.cli&cause=$call.hangupcause&marked=$flow.key.marked', all(null, 'success', 'failed')),
        },
        { onRemoteHangup: 'gone', onFlowComplete: 'done' },
      ),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([service.close(), reports.close()]);
});

/** The story of a call that is over. */
const endOf = (call: PlacedCall): Promise<Story> =>
  eventually(`the end of ${call.cli}`, async () => {
    const story = await storyOf(site, call.cli);
    return story.call.endedAt === null ? null : story;
  });

const pathOf = async (call: PlacedCall): Promise<readonly string[]> =>
  (await endOf(call)).steps.map(({ widget, exit }) => `${widget}:${exit ?? ''}`);

describe('before and after the answer', () => {
  it.each([
    [1, 404],
    [16, 480],
    [17, 486],
    [21, 603],
    [34, 503],
  ])('hangup with cause %i rejects with %i, and the anchor’s webhook knows the cause', async (cause, status) => {
    const call = await dial(site, `reject-${cause}`);
    expect(await call.phone.result).toMatchObject({ status, endedBy: 'refused' });
    const { report } = await reportOf(reports, call.cli);
    expect(report.callDetails).toMatchObject([{ hangupCause: String(cause), duration: '0', incoming: true }]);
    expect(report.callDetails[0]).not.toHaveProperty('connectTime');
    expect(keysOf(report)['$flow.key.disposition']).toBe('refused');
    expect(requestsOf('/complete', call).map(({ url }) => new URL(url, service.url).searchParams.get('cause'))).toEqual([
      String(cause),
    ]);
  });

  // docs/behaviour.md#order-at-the-end
  it('the caller leaves, both anchors call out in order, and the report has what they set', async () => {
    const call = await dial(site, 'leaves');
    await answered(call);
    call.phone.hangup();
    const { report } = await reportOf(reports, call.cli);
    expect(report.callDetails).toMatchObject([{ remoteHangup: true, hangupCause: '16' }]);
    expect(keysOf(report)['$flow.key.marked']).toBe(true);
    const urls = [...requestsOf('/gone', call), ...requestsOf('/complete', call)].map(({ url }) => url);
    expect(urls).toEqual([`/gone?cli=${call.cli}&state=completed&by=true`, `/complete?cli=${call.cli}&cause=16&marked=true`]);
  });
});

describe('keys and variables', () => {
  it('keys typed ahead run through two menus, * and #, without waiting for a prompt', async () => {
    const call = await dial(site, 'menus', { digits: '*#' });
    expect(await call.phone.result).toMatchObject({ endedBy: 'far' });
    expect(await pathOf(call)).toEqual(['first:*', 'bye:end']);
  });

  // docs/behaviour.md#escaping
  it('what one service says goes to the next as it was, in every place', async () => {
    const call = await dial(site, 'tricky', { headers: { 'X-Tenant': 'acme' } });
    await call.phone.result;
    expect(await pathOf(call)).toEqual(['fetch:success', 'post:2xx', 'bye:end']);
    const [request] = requestsOf('/echo', call);
    expect(request?.headers['x-tenant']).toBe('acme');
    expect(JSON.parse(request?.body ?? '')).toEqual({ text: TRICKY, id: 7, nil: null, note: TRICKY });
    const { report } = await reportOf(reports, call.cli);
    expect(keysOf(report)).toMatchObject({ '$flow.key.id': 7, '$flow.key.nil': null, '$flow.key.back': TRICKY });
  });

  // docs/behaviour.md#stored-variables
  it('what a caller keyed in once is known at the next call', async () => {
    const first = await dial(site, 'member', { digits: '~42~1' });
    await first.phone.result;
    expect(await pathOf(first)).toEqual(['known:default', 'ask:collected', 'again:next']);
    const second = await dial(site, 'member', { from: `sip:${first.cli}@127.0.0.1` });
    await second.phone.result;
    const both = await eventually('both reports', () => {
      const found = reports.received.filter(({ body }) => body.includes(`"${first.cli}"`));
      return found.length === 2 ? found.map(({ body }) => JSON.parse(body) as Report) : null;
    });
    expect(both.map((report) => keysOf(report)['$flow.key.pin'])).toEqual(['42', '42']);
  });
});

describe('what goes wrong', () => {
  it('an error nobody catches is heard, ends with 41, and is in the story', async () => {
    const call = await dial(site, 'broken');
    const result = await call.phone.result;
    expect(result).toMatchObject({ status: 200, endedBy: 'far' });
    expect(call.phone.heardSpeechAfter(0)).toBe(true);
    const story = await endOf(call);
    expect(story.faults).toMatchObject([
      { widget: 'speak', code: 'PROMPT_NOT_FOUND' },
      { widget: 'speak', code: 'FLOW_NO_ERROR_EXIT' },
    ]);
    expect((await reportOf(reports, call.cli)).report.callDetails).toMatchObject([{ hangupCause: '41' }]);
  });

  it('the flow’s onError knows the code', async () => {
    const call = await dial(site, 'caught');
    await call.phone.result;
    const { report } = await reportOf(reports, call.cli);
    expect(keysOf(report)['$flow.key.disposition']).toBe('PROMPT_NOT_FOUND');
    expect(report.callDetails).toMatchObject([{ hangupCause: '31' }]);
  });

  it('a flow in circles ends at its step limit, heard', async () => {
    const call = await dial(site, 'circles');
    await call.phone.result;
    expect(call.phone.heardSpeechAfter(0)).toBe(true);
    expect((await endOf(call)).faults).toMatchObject([{ code: 'FLOW_STEP_LIMIT' }]);
  });

  it('a prompt without anything to say, played for ever, goes on', async () => {
    const call = await dial(site, 'empty');
    expect(await call.phone.result).toMatchObject({ endedBy: 'far' });
    expect(await pathOf(call)).toEqual(['say:done', 'say2:done']);
  });

  it('hold music that is not there gives way to the platform’s', async () => {
    const call = await dial(site, 'music');
    await call.phone.result;
    expect(await pathOf(call)).toEqual(['wait:success', 'bye:end']);
    expect(call.phone.heardSpeechAfter(0)).toBe(true);
  });
});

describe('recordings', () => {
  it('two of one call: both in the report, both to be had', async () => {
    const call = await dial(site, 'record', { voice: { toneHz: 500 } });
    await call.phone.result;
    const { report } = await reportOf(reports, call.cli);
    expect(Number(keysOf(report)['$flow.key.disposition'])).toBeCloseTo(1, 1);
    expect(report.recordingUrls.map(({ recordedFileName }) => recordedFileName).sort()).toEqual(['all', 'message']);
    for (const { recordedFilePublicPath } of report.recordingUrls) {
      const response = await fetch(recordedFilePublicPath);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringMatching(/wav/)]);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(8000);
    }
  });
});

describe('report options', () => {
  /** Calls a site of its own whose default webhook has these settings; the report as it came. */
  async function reported(webhook: Json): Promise<{ readonly body: Json; readonly cli: string; readonly callId: string }> {
    const own = await Endpoint.start();
    const ivr = await Site.start({
      report: own.url,
      webhook,
      prompts: { 'short.wav': toneWav(660, 1100) },
      flows: [
        flow(
          'small',
          {
            keep: {
              type: 'set',
              values: [
                { saveIn: '$user.key.seen', value: true },
                { saveIn: '$flow.key.list', value: [1] },
              ],
              exits: { next: 'ask' },
            },
            ask: {
              type: 'menu',
              label: 'Choice',
              prompt: [SHORT],
              keys: { 1: 'One' },
              exits: all('bye', '1', 'noInput', 'invalid'),
            },
            bye: { type: 'hangup', prompt: [SHORT], disposition: 'served' },
          },
          { timeZone: 'Asia/Kolkata' },
        ),
      ],
    });
    try {
      const call = await dial(ivr, 'small', { digits: 'w1' });
      await call.phone.result;
      const body = await eventually('the report', () => own.reports[0]);
      return { body, cli: call.cli, callId: (await rowOf(ivr, call.cli)).id };
    } finally {
      await ivr.dispose();
      await own.close();
    }
  }

  const INDIAN_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30$/;

  // docs/behaviour.md#talk-time, #report-variables, #report-wrapper
  it('seconds, the minimal leg, a wrapper, more variables', async () => {
    const options = {
      durationUnit: 's',
      minimalSingleLeg: true,
      wrapInBody: true,
      includeUserVariables: true,
      includeCallVariables: true,
    };
    const { body, cli, callId } = await reported({ options });
    expect(Object.keys(body)).toEqual(['body']);
    const report = body['body'] as Report;
    expect(Object.keys(report).sort()).toEqual(['callDetails', 'keys', 'phonon-uuid', 'recordingUrls']);
    expect(report['phonon-uuid']).toBe(callId);
    expect(report.callDetails).toEqual([
      {
        calleeNumber: cli,
        didNumber: 'small',
        incoming: true,
        startTime: expect.stringMatching(INDIAN_TIME) as string,
        connectTime: expect.stringMatching(INDIAN_TIME) as string,
        endTime: expect.stringMatching(INDIAN_TIME) as string,
        duration: expect.stringMatching(/^[1-9]$/) as string,
        hangupCause: '16',
      },
    ]);
    expect(keysOf(report)).toMatchObject({
      '$user.key.seen': true,
      '$flow.key.list': [1],
      '$flow.key.disposition': 'served',
      '$call.cli': cli,
      '$call.did': 'small',
      '$call.direction': 'inbound',
      '$call.state': 'completed',
      '$call.duration': expect.toSatisfy((seconds) => seconds >= 1) as number,
      '$call.hangupcause': '16',
      '$call.remotehangup': false,
    });
  });

  it('the native report, field by field', async () => {
    const { body, cli, callId } = await reported({ format: 'native' });
    const time = expect.stringMatching(INDIAN_TIME) as string;
    const ms = expect.any(Number) as number;
    expect(body).toEqual({
      schema: 'callreport/1',
      callId,
      flowId: 'small',
      flowVersion: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
      direction: 'inbound',
      startedAt: time,
      answeredAt: time,
      endedAt: time,
      ringMs: ms,
      talkMs: ms,
      totalMs: ms,
      endedBy: 'flow',
      reason: 'hangup',
      hangup: { cause: 16, name: expect.any(String) as string, sip: null },
      disposition: 'served',
      lastWidget: 'bye',
      legs: [
        {
          id: expect.any(String) as string,
          direction: 'inbound',
          party: 'VISITOR',
          number: cli,
          did: 'small',
          startedAt: time,
          ringingAt: time,
          answeredAt: time,
          endedAt: time,
          ringMs: ms,
          talkMs: ms,
          totalMs: ms,
          hangup: { cause: 16, name: expect.any(String) as string, sip: null },
          remoteHangup: false,
        },
      ],
      variables: { '$user.key.seen': true, '$flow.key.list': [1], '$flow.key.disposition': 'served' },
      udf: {},
      path: [
        { widget: 'keep', exit: 'next', at: time, ms },
        { widget: 'ask', exit: '1', at: time, ms },
        { widget: 'bye', exit: 'end', at: time, ms },
      ],
      http: [],
      recordings: [],
      transcript: [{ at: time, by: 'caller', dtmf: '1' }],
    });
  });
});
