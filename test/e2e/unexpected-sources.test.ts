import { createSocket, type Socket } from 'node:dgram';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CODECS } from '../../src/media/codec/codec.js';
import { rtpPacket } from '../../src/media/rtp/packet.js';
import { telephoneEvent } from '../../src/media/rtp/telephone-event.js';
import { dominantFrequency } from '../../src/phone/analysis.js';
import type { PhoneCall } from '../../src/phone/types.js';
import { answered, dial, flow, inWidget, keysOf, reportOf, rowOf, type PlacedCall, type Report } from '../support/calls.js';
import { freePorts } from '../support/free-ports.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneSamples, toneWav } from '../support/tones.js';
import { download } from '../support/wav.js';

/*
 * Whoever sends RTP to a call's port without being its caller is neither heard nor answered, and presses no key.
 */

const CALLER_HZ = 500;
const STRANGER_HZ = 1500;
const PROMPT_HZ = 440;

let site: Site;
let reports: Endpoint;
let rtpPort: number;

beforeAll(async () => {
  reports = await Endpoint.start();
  const ports = await freePorts(2);
  rtpPort = ports.from;
  const listen = {
    record: { type: 'startRecording', name: 'caller', tracks: 'caller', exits: { next: 'ask' } },
    ask: {
      type: 'collect',
      saveIn: '$flow.key.digits',
      prompt: [{ file: 'prompt.wav' }],
      bargeIn: true,
      digits: { max: 10, endOn: '#', firstDigitTimeout: 30, interDigitTimeout: 10 },
      exits: { collected: 'bye', noInput: null, missed: null },
    },
    bye: { type: 'hangup' },
  };
  site = await Site.start({
    report: reports.url,
    prompts: { 'prompt.wav': toneWav(PROMPT_HZ, 60_000) },
    // One port: the stranger knows where to knock.
    config: { media: { ports } },
    flows: [flow('listen', listen), flow('ring', { ring: { type: 'answer', delay: 0.3, exits: { next: 'record' } }, ...listen })],
  });
});

afterAll(async () => {
  await site.dispose();
  await reports.close();
});

async function openSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return socket;
}

/** Somebody with a clean stream of RTP: a tone in sequence, and the key 5. */
class Stranger {
  readonly received: number[] = [];
  #sequence = 1000;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (bytes: Buffer) => this.received.push(bytes.length));
  }

  static async at(address: string): Promise<Stranger> {
    return new Stranger(await openSocket(address));
  }

  /** Half a second of tone and a key, as fast as the socket takes it. */
  async intrude(): Promise<void> {
    const tone = CODECS.PCMU.coder.encode(toneSamples(STRANGER_HZ, 500));
    for (let at = 0; at < tone.length; at += 160) await this.#send(0, false, at, tone.subarray(at, at + 160));
    const key = telephoneEvent({ key: '5', durationMs: 100 }) ?? [];
    for (const { marker, payload } of key) await this.#send(101, marker, tone.length, payload);
  }

  close(): void {
    this.socket.close();
  }

  #send(payloadType: number, marker: boolean, timestamp: number, payload: Uint8Array): Promise<void> {
    this.#sequence += 1;
    const packet = rtpPacket({ payloadType, marker, sequence: this.#sequence, timestamp, ssrc: 0x5712a9e2 }, payload);
    return new Promise((resolve) => this.socket.send(packet, rtpPort, '127.0.0.1', () => resolve()));
  }
}

it('an unexpected source is not heard, not answered, and presses no key: before and after the caller’s first packet', async () => {
  const strangers = await Promise.all([Stranger.at('127.0.0.2'), Stranger.at('127.0.0.1')]);
  const [foreign, neighbour] = strangers;
  const placed = await dial(site, 'listen', { voice: 'none' });
  const { phone } = placed;
  await answered(placed);
  await inWidget(site, placed.cli, 'ask');

  // Before the caller's first packet, from an address nobody negotiated.
  await foreign.intrude();
  const counted = phone.heard.arrivals.length;
  await phone.waitFor(({ heard }) => heard.arrivals.length > counted + 20);
  expect(lastTone(phone)).toBeCloseTo(PROMPT_HZ, -1);

  // Once the caller is heard, even their own address at another port is unexpected.
  phone.say({ toneHz: CALLER_HZ });
  await phone.waitFor(({ heard }) => heard.arrivals.length > counted + 60);
  await Promise.all([neighbour.intrude(), foreign.intrude()]);
  const again = phone.heard.arrivals.length;
  await phone.waitFor(({ heard }) => heard.arrivals.length > again + 20);
  expect(lastTone(phone)).toBeCloseTo(PROMPT_HZ, -1);

  await phone.press('12#');
  const { rtp, endedBy } = await phone.result;
  expect(endedBy).toBe('far');
  expect(rtp.lost).toBe(0);
  const { report } = await reportOf(reports, placed.cli);
  expect(keysOf(report)).toEqual({ '$flow.key.digits': '12' });
  expect(strangers.map(({ received }) => received)).toEqual([[], []]);

  const heard = await tonesRecorded(report);
  expect(heard).not.toContain(STRANGER_HZ);
  expect(heard).toContain(CALLER_HZ);
  for (const stranger of strangers) stranger.close();
  await eventually('the call to be over', async () => (await rowOf(site, placed.cli)).endedAt);
});

it('a caller whom a crash cut off and who still sends to the port is not crossed with the next call there', async () => {
  const { phone: old } = await cutOff();
  // The next caller gets the same port, from the same address, as all calls of one trunk do; and says nothing for a while.
  const placed = await dial(site, 'ring', { voice: 'none' });
  const { phone } = placed;
  await answered(placed);
  const heardBefore = old.heard.arrivals.length;
  await phone.waitFor(({ heard }) => heard.arrivals.length > 30);
  expect(lastTone(phone)).toBeCloseTo(PROMPT_HZ, -1);
  phone.say({ toneHz: CALLER_HZ });
  await phone.waitFor(({ heard }) => heard.arrivals.length > 60);
  expect(old.heard.arrivals.length).toBe(heardBefore);
  await Promise.all([old.press('5'), phone.press('12#')]);
  expect((await phone.result).endedBy).toBe('far');
  old.hangup();
  await old.result;
  const { report } = await reportOf(reports, placed.cli);
  expect(keysOf(report)).toEqual({ '$flow.key.digits': '12' });
  const heard = await tonesRecorded(report);
  expect(heard).not.toContain(STRANGER_HZ);
  expect(heard).toContain(CALLER_HZ);
});

/** The tone of the last quarter of a second that was heard. */
function lastTone({ heard }: PhoneCall): number | null {
  return heard.dominantFrequency(heard.endMs() - 250, heard.endMs());
}

/** A call that kill -9 ended while its caller, who has a voice of its own, talks on. */
async function cutOff(): Promise<PlacedCall> {
  const placed = await dial(site, 'listen', { voice: { toneHz: STRANGER_HZ } });
  await answered(placed);
  await inWidget(site, placed.cli, 'ask');
  await site.stop('SIGKILL');
  await site.start();
  return placed;
}

/** The tones in the recording of a call; null stands for anything else. */
async function tonesRecorded({ recordingUrls }: Report): Promise<ReadonlySet<number | null>> {
  const { channels } = await download(recordingUrls[0]?.recordedFilePublicPath ?? '');
  const recorded = channels[0] ?? new Int16Array();
  const windows = Array.from({ length: Math.floor(recorded.length / 800) }, (_, i) => recorded.subarray(i * 800, (i + 1) * 800));
  return new Set(windows.map((window) => nearest(dominantFrequency(window))));
}

/** One of the two tones, when it is that. */
function nearest(hertz: number | null): number | null {
  return [CALLER_HZ, STRANGER_HZ].find((tone) => hertz !== null && Math.abs(hertz - tone) < 30) ?? null;
}
