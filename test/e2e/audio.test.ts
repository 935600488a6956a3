import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodecName } from '../../src/media/codec/codec.js';
import { dominantFrequency } from '../../src/phone/analysis.js';
import type { PhoneCall, PhoneResult } from '../../src/phone/types.js';
import { answered, dial, flow, inWidget, reportOf } from '../support/calls.js';
import { DEAD_AIR_MS, deadAir, tonesHeard } from '../support/dead-air.js';
import { MEASURED } from '../support/measured.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';
import { download } from '../support/wav.js';

/*
 * What the caller hears, measured on the RTP that arrives.
 */

const TONES = { hello: 440, welcome: 660, ask: 880, music: 1000, tell: 1320, choose: 550, bye: 770 };
const ALL = Object.values(TONES);
const CALLER_HZ = 300;
const LONG_MS = 4000;
/** A key is 100 ms long and acts on its first packet; the packet that is on its way when it comes is still heard. */
const AT_ONCE_MS = 100;

let site: Site;
let reports: Endpoint;
let service: Endpoint;
/** Answers the webhook that waits. */
let answerWebhook = (): void => undefined;

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = () =>
    new Promise((resolve) => {
      answerWebhook = () => resolve({ status: 200, body: '{}' });
    });
  const play = (name: keyof typeof TONES, next: string | null) => ({
    type: 'play',
    prompt: [{ file: `${name}.wav` }],
    exits: { done: next },
  });
  const file = (name: keyof typeof TONES) => ({ file: `${name}.wav` });
  const long = new Set<string>(['music', 'choose']);
  site = await Site.start({
    report: reports.url,
    prompts: Object.fromEntries(
      Object.entries(TONES).map(([name, hertz]) => [`${name}.wav`, toneWav(hertz, long.has(name) ? LONG_MS : 400)]),
    ),
    config: { media: { timeoutSeconds: 1 } },
    flows: [
      flow(
        'tour',
        {
          hello: play('hello', 'welcome'),
          welcome: play('welcome', 'ask'),
          ask: {
            type: 'collect',
            saveIn: '$flow.key.order',
            prompt: [file('ask')],
            digits: { max: 2, firstDigitTimeout: 20 },
            exits: { collected: 'lookup', noInput: null, missed: null },
          },
          lookup: {
            type: 'webhook',
            url: service.url,
            holdMusic: file('music'),
            timeout: 30,
            exits: { success: 'tell', failed: null },
          },
          tell: play('tell', 'choose'),
          choose: {
            type: 'menu',
            prompt: [file('choose')],
            keys: { 1: 'One' },
            exits: { 1: 'bye', noInput: null, invalid: null },
          },
          bye: play('bye', 'end'),
          end: { type: 'hangup' },
        },
        { record: true },
      ),
      flow('ring', { ring: { type: 'answer', delay: 0.5, exits: { next: 'talk' } }, talk: play('choose', null) }),
      flow('talk', { talk: play('choose', 'bye'), bye: play('bye', null) }),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

interface Tour {
  readonly result: PhoneResult;
  readonly cli: string;
  /** ms since the INVITE. */
  readonly requestAt: number;
  readonly answerAt: number;
  readonly cutAt: number;
}

/** Calls and walks through the whole flow. */
async function tour(codec: CodecName): Promise<Tour> {
  const { phone, cli } = await dial(site, 'tour', { codec, voice: { toneHz: CALLER_HZ } });
  const zero = performance.now() - phone.now();
  await heardTone(phone, TONES.ask);
  await phone.waitForPromptEnd(200);
  const before = service.received.length;
  await phone.press('12');
  const request = await eventually('the request', () => service.received[before]);
  await heardTone(phone, TONES.music);
  const musicFrom = phone.heard.arrivals.length;
  await phone.waitFor(({ heard }) => heard.arrivals.length > musicFrom + 25);
  const answerAt = phone.now();
  answerWebhook();
  await heardTone(phone, TONES.choose);
  await phone.press('1');
  const result = await phone.result;
  const cutAt = result.digitsSent.at(-1)?.atMs ?? NaN;
  return { result, cli, requestAt: request.at - zero, answerAt, cutAt };
}

/** Waits until a tone has been heard for some packets. */
async function heardTone(phone: PhoneCall, hertz: number): Promise<void> {
  const heard = await phone.waitFor(({ heard: sound }) => {
    const now = sound.endMs();
    return now > 100 && Math.abs((sound.dominantFrequency(now - 100, now) ?? 0) - hertz) < 15;
  });
  if (!heard) throw new Error(`${hertz} Hz was not heard`);
}

/** Lets in the packets that were on their way when we asked for silence; when that was done, ms since the INVITE. */
async function underWay(phone: PhoneCall): Promise<number> {
  const asked = phone.now();
  await phone.waitFor((call) => call.now() > asked + 100);
  // What this process has not read yet came before, too.
  await setImmediate();
  return phone.now();
}

/** When a tone begins and ends, ms since the INVITE, to one packet. */
function span({ heard }: PhoneResult, hertz: number): { readonly fromMs: number; readonly toMs: number } {
  const is = (at: number): boolean => Math.abs((heard.dominantFrequency(at, at + 20) ?? 0) - hertz) < 40;
  const times = heard.arrivals.map(({ atMs }) => atMs).filter((atMs) => is(atMs));
  return { fromMs: times[0] ?? NaN, toMs: (times.at(-1) ?? NaN) + 20 };
}

function stalled({ heard }: PhoneResult, fromMs: number, toMs: number): number {
  return heard.stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(stall.toMs, toMs) - Math.max(stall.fromMs, fromMs)), 0);
}

describe.each(['PCMU', 'PCMA'] as const)('a call through every kind of audio, %s', (codec) => {
  it('no dead air, right prompts in order, music and barge-in to the point', MEASURED, async () => {
    const { result, requestAt, answerAt, cutAt } = await tour(codec);
    expect(result).toMatchObject({ status: 200, endedBy: 'far', codec });
    expect(result.rtp.lost).toBe(0);
    const { hello, welcome, ask, music, tell, choose, bye } = TONES;
    expect(tonesHeard(result.heard, ALL)).toEqual([hello, welcome, ask, music, tell, choose, bye]);

    // Between all widgets, from the first packet to the BYE.
    expect(deadAir(result.heard)).toEqual([]);
    const last = result.heard.arrivals.at(-1)?.atMs ?? 0;
    expect(result.times.ended - last).toBeLessThan(DEAD_AIR_MS + stalled(result, last, result.times.ended));
    // One stream of even course: nothing skipped, nothing doubled, packet by packet.
    const { arrivals } = result.heard;
    expect(new Set(arrivals.map(({ ssrc }) => ssrc)).size).toBe(1);
    const steps = arrivals.slice(1).map(({ timestamp }, i) => (timestamp - (arrivals[i]?.timestamp ?? 0)) >>> 0);
    expect(steps.filter((step) => step !== 160)).toEqual([]);

    // First packet from the ACK, for which nobody had to speak first; nothing before the call is answered.
    const { answered: answeredAt, acked, firstPacket } = result.times;
    expect(firstPacket).toBeGreaterThan((answeredAt ?? 0) - 20);
    expect((firstPacket ?? NaN) - (acked ?? NaN)).toBeLessThan(DEAD_AIR_MS + stalled(result, acked ?? 0, firstPacket ?? 0));

    // Hold music starts with the request and stops with the answer.
    const heardMusic = span(result, music);
    expect(heardMusic.fromMs - requestAt).toBeLessThan(DEAD_AIR_MS + stalled(result, requestAt, heardMusic.fromMs));
    expect(heardMusic.toMs - answerAt).toBeLessThan(AT_ONCE_MS + stalled(result, answerAt, heardMusic.toMs));
    expect(span(result, tell).fromMs - answerAt).toBeLessThan(AT_ONCE_MS + stalled(result, answerAt, span(result, tell).fromMs));

    // The key cuts the prompt.
    const cut = span(result, choose);
    expect(cut.toMs - cut.fromMs).toBeLessThan(LONG_MS - 1000);
    expect(cut.toMs - cutAt).toBeLessThan(AT_ONCE_MS + stalled(result, cutAt, cut.toMs));
  });

  it('the recording has the caller left, the prompts right, and the right length', MEASURED, async () => {
    const { result, cli } = await tour(codec);
    const { report } = await reportOf(reports, cli);
    expect(report.recordingUrls).toHaveLength(1);
    const { channels, ms } = await download(report.recordingUrls[0]?.recordedFilePublicPath ?? '');
    const [left = new Int16Array(), right = new Int16Array()] = channels;
    expect(channels).toHaveLength(2);
    const talkMs = Number(report.callDetails[0]?.duration);
    expect(Math.abs(ms - talkMs)).toBeLessThan(200);

    const at = (channel: Int16Array, fromMs: number, forMs: number): number =>
      dominantFrequency(channel.subarray(fromMs * 8, (fromMs + forMs) * 8)) ?? 0;
    expect(at(left, 100, 500)).toBeCloseTo(CALLER_HZ, -1);
    expect(at(left, ms - 400, 300)).toBeCloseTo(CALLER_HZ, -1);
    // Right: what the caller heard, in the same order and, with the answer as zero, at the same time.
    const order: number[] = [];
    for (let from = 0; from + 40 <= ms; from += 20) {
      const tone = ALL.find((hertz) => Math.abs(at(right, from, 40) - hertz) < 15);
      if (tone !== undefined && tone !== order.at(-1)) order.push(tone);
    }
    expect(order).toEqual(tonesHeard(result.heard, ALL));
    const welcomeHeard = span(result, TONES.welcome).fromMs - (result.times.answered ?? 0);
    expect(at(right, welcomeHeard + 150, 150)).toBeCloseTo(TONES.welcome, -1);
  });
});

it('hold by re-INVITE: nothing is sent, silence is no media timeout, and it goes on after', async () => {
  const placed = await dial(site, 'talk');
  const { phone } = placed;
  await answered(placed);
  await heardTone(phone, TONES.choose);
  expect(await phone.reinvite({ direction: 'inactive' })).toBe(200);
  const heldFrom = await underWay(phone);
  // Longer than the media timeout of this site.
  await phone.waitFor((call) => call.now() > heldFrom + 1500);
  expect(phone.ended).toBe(false);
  expect(phone.heard.arrivals.filter(({ atMs }) => atMs > heldFrom)).toEqual([]);
  expect(await phone.reinvite({ direction: 'sendrecv' })).toBe(200);
  const result = await phone.result;
  expect(result.endedBy).toBe('far');
  expect(tonesHeard(result.heard, ALL)).toContain(TONES.bye);
  expect((await reportOf(reports, placed.cli)).report.callDetails[0]).toMatchObject({ hangupCause: '16', remoteHangup: false });
});

it('music on hold of the caller (sendonly): we listen but do not send', async () => {
  const placed = await dial(site, 'talk');
  const { phone } = placed;
  await answered(placed);
  await heardTone(phone, TONES.choose);
  expect(await phone.reinvite({ direction: 'sendonly' })).toBe(200);
  const heldFrom = await underWay(phone);
  await phone.waitFor((call) => call.now() > heldFrom + 400);
  expect(phone.heard.arrivals.filter(({ atMs }) => atMs > heldFrom)).toEqual([]);
  expect(await phone.reinvite({ direction: 'sendrecv' })).toBe(200);
  const again = phone.heard.arrivals.length;
  expect(await phone.waitFor(({ heard }) => heard.arrivals.length > again + 10)).toBe(true);
  phone.hangup();
  await phone.result;
});

it('late offer: the caller hears everything and their keys count', async () => {
  const { phone, cli } = await dial(site, 'tour', { lateOffer: true });
  await heardTone(phone, TONES.ask);
  const before = service.received.length;
  await phone.press('12');
  await eventually('the request', () => service.received[before]);
  answerWebhook();
  await heardTone(phone, TONES.choose);
  await phone.press('1');
  const result = await phone.result;
  expect(result.endedBy).toBe('far');
  expect(tonesHeard(result.heard, [TONES.hello, TONES.welcome, TONES.ask, TONES.tell, TONES.choose, TONES.bye])).toEqual([
    TONES.hello,
    TONES.welcome,
    TONES.ask,
    TONES.tell,
    TONES.choose,
    TONES.bye,
  ]);
  expect((await reportOf(reports, cli)).report.keys).toContainEqual({ name: '$flow.key.order', value: '12' });
});

it('while it rings not one packet is sent: it would silence the ringing of many phones', async () => {
  const placed = await dial(site, 'ring');
  await inWidget(site, placed.cli, 'talk');
  await heardTone(placed.phone, TONES.choose);
  placed.phone.hangup();
  const { times } = await placed.phone.result;
  expect(times.ringing).not.toBeNull();
  expect(times.firstPacket).toBeGreaterThan((times.answered ?? NaN) - 20);
});
