import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CODECS } from '../../src/media/codec/codec.js';
import { rtpPacket } from '../../src/media/rtp/packet.js';
import { telephoneEvent } from '../../src/media/rtp/telephone-event.js';
import { dominantFrequency } from '../../src/phone/analysis.js';
import { placeCall } from '../../src/phone/place-call.js';
import { flow, keysOf, reportOf, type Report } from '../support/calls.js';
import { RtpPeer, type Heard } from '../support/rtp-peer.js';
import { requestText, SipPeer, type WireMessage } from '../support/sip-peer.js';
import { Endpoint, Site } from '../support/site.js';
import { toneSamples, toneWav } from '../support/tones.js';
import { download } from '../support/wav.js';

/*
 * One Offhook whose SIP and audio are at IPv4 and IPv6: over which of them the audio of a call goes is what its offer says, however
 * its SIP comes.
 */

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
const [CALLER_HZ, STRANGER_HZ, PROMPT_HZ] = [500, 1500, 440];
type Loopback = '127.0.0.1' | '::1';

const ask = {
  type: 'collect',
  saveIn: '$flow.key.digits',
  prompt: [{ file: 'prompt.wav' }],
  bargeIn: true,
  digits: { max: 1, firstDigitTimeout: 60 },
  exits: { collected: 'bye', noInput: 'bye', missed: 'bye' },
};
const ASK = flow('ask', {
  record: { type: 'startRecording', name: 'caller', tracks: 'caller', exits: { next: 'ask' } },
  ask,
  bye: { type: 'hangup' },
});
const LISTEN = hasIpv6 ? ['udp://127.0.0.1:0', 'udp://[::1]:0'] : ['udp://127.0.0.1:0'];

let calls = 0;
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A caller whose SIP comes from one address and whose audio from another. */
class Caller {
  readonly cli = `1559${process.pid % 1000}${++calls}`;
  #toTag = '';
  #seq = 1;

  private constructor(
    readonly sip: SipPeer,
    readonly rtp: RtpPeer,
    private readonly host: string,
    private readonly server: number,
  ) {}

  static async open(site: Site, sipAt: Loopback, audioAt: Loopback): Promise<Caller> {
    const host = sipAt === '::1' ? '[::1]' : sipAt;
    const server = sipAt === '::1' ? Number(/udp\/\[::1\]:(\d+)/.exec(site.output)?.[1]) : site.port('udp');
    const caller = new Caller(await SipPeer.open(server, sipAt), await RtpPeer.open({ address: audioAt }), host, server);
    open.push(caller.sip, caller.rtp);
    return caller;
  }

  send(method: string, parts: Partial<Parameters<typeof requestText>[0]> = {}): void {
    const { port } = this.sip;
    const uri = `sip:ask@${this.host}:${this.server}`;
    const text = requestText({
      method,
      port,
      callId: this.cli,
      uri,
      ...(this.#toTag !== '' && { toTag: this.#toTag }),
      seq: this.#seq,
      ...parts,
    });
    this.sip.send(
      text
        .replaceAll(`127.0.0.1:${port}`, `${this.host}:${port}`)
        .replace(/^From: .*$/m, `From: <sip:${this.cli}@x.invalid>;tag=f`),
    );
  }

  /** The final answer to an INVITE, acknowledged. */
  async invite(body: string | undefined): Promise<WireMessage> {
    if (this.#toTag !== '') this.#seq++;
    this.send('INVITE', body === undefined ? {} : { body });
    const final = await this.sip.next(({ status, method }) => status >= 200 && method === 'INVITE', 'the answer');
    const before = this.#toTag;
    this.#toTag = /tag=([^;]+)/.exec(final.header('To'))?.[1] ?? '';
    if (body !== undefined) this.send('ACK');
    if (final.status >= 300) this.#toTag = before;
    return final;
  }

  /** Half a second of a tone, packet by packet in real time. */
  async talk(port: number, hertz: number, sequence = 100, ssrc = 1): Promise<void> {
    const tone = CODECS.PCMU.coder.encode(toneSamples(hertz, 500));
    const begun = performance.now();
    for (let at = 0; at < tone.length; at += 160) {
      this.rtp.sendRaw(
        port,
        rtpPacket({ payloadType: 0, marker: at === 0, sequence: sequence++, timestamp: at, ssrc }, tone.subarray(at, at + 160)),
      );
      const due = begun + at / 8;
      while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    telephoneEvent({ key: '7', durationMs: 60 })?.forEach(({ marker, payload }) => {
      this.rtp.sendRaw(
        port,
        rtpPacket({ payloadType: 101, marker, sequence: sequence++, timestamp: tone.length, ssrc }, payload),
      );
    });
  }
}

const portOf = ({ body }: WireMessage): number => Number(/^m=audio (\d+)/m.exec(body)?.[1]);
const isTone = (heard: readonly Heard[]): boolean => {
  const sound = CODECS.PCMU.coder.decode(Buffer.concat(heard.slice(-12).map(({ payload }) => payload)));
  return heard.length > 12 && Math.abs((dominantFrequency(sound) ?? 0) - PROMPT_HZ) < 20;
};

/** The tones of a recording, in steps of 100 ms. */
async function recorded({ recordingUrls }: Report): Promise<readonly number[]> {
  const { channels } = await download(recordingUrls[0]?.recordedFilePublicPath ?? '');
  const sound = channels[0] ?? new Int16Array();
  const windows = Array.from({ length: Math.floor(sound.length / 800) }, (_, i) => sound.subarray(i * 800, (i + 1) * 800));
  return windows.flatMap((window) => dominantFrequency(window) ?? []);
}
const near =
  (hertz: number) =>
  (found: number): boolean =>
    Math.abs(found - hertz) < 30;

describe.runIf(hasIpv6)('a site with both address families', () => {
  let site: Site;
  let reports: Endpoint;

  beforeAll(async () => {
    reports = await Endpoint.start();
    site = await Site.start({
      report: reports.url,
      prompts: { 'prompt.wav': toneWav(PROMPT_HZ, 60_000) },
      config: { sip: { listen: LISTEN } },
      flows: [ASK],
    });
  });
  afterAll(async () => {
    await site.dispose();
    await reports.close();
  });

  /** A whole call: sound both ways, a key, the recording. */
  async function wholeCall(sipAt: Loopback, audioAt: Loopback): Promise<void> {
    const caller = await Caller.open(site, sipAt, audioAt);
    const ok = await caller.invite(caller.rtp.offer());
    const own = audioAt === '::1' ? 'IN IP6 ::1' : 'IN IP4 127.0.0.1';
    expect([ok.status, ok.body.match(/IN IP.*?(?=\r)/g)]).toEqual([200, [own, own]]);
    await caller.rtp.until(isTone);
    await caller.talk(portOf(ok), CALLER_HZ);
    const { report } = await reportOf(reports, caller.cli);
    expect(keysOf(report)).toMatchObject({ '$flow.key.digits': '7' });
    expect((await recorded(report)).filter(near(CALLER_HZ)).length).toBeGreaterThan(2);
  }

  it('says both on its start screen and in its metrics', async () => {
    expect(site.output).toMatch(/RTP\s+127\.0\.0\.1, ::1 ports/);
    const { body } = await site.get('/metrics');
    expect(body).toContain('offhook_media_address{address="::1"} 1');
  });

  it.each([
    ['127.0.0.1', '::1'],
    ['::1', '127.0.0.1'],
    ['::1', '::1'],
  ] as const)('a call by SIP at %s with audio at %s is heard both ways, its key counts, its sound is recorded', wholeCall);

  it('calls of both families at one time do not disturb each other', async () => {
    await Promise.all([wholeCall('127.0.0.1', '127.0.0.1'), wholeCall('127.0.0.1', '::1'), wholeCall('::1', '127.0.0.1')]);
  });

  it('audio that is offered at an address of each family goes over IPv4, whichever comes first', async () => {
    for (const lines of [
      ['c=IN IP6 ::1', 'c=IN IP4 127.0.0.1'],
      ['c=IN IP4 127.0.0.1', 'c=IN IP6 ::1'],
    ]) {
      const caller = await Caller.open(site, '127.0.0.1', '127.0.0.1');
      const ok = await caller.invite(caller.rtp.offer(...lines));
      expect([ok.status, ok.body]).toEqual([200, expect.stringContaining('c=IN IP4 127.0.0.1')]);
      await caller.rtp.until(isTone);
      caller.send('BYE', { seq: 2 });
    }
  });

  it('a re-INVITE that moves the audio to the other family is refused by name, and the call goes on', async () => {
    const caller = await Caller.open(site, '127.0.0.1', '::1');
    const ok = await caller.invite(caller.rtp.offer());
    await caller.rtp.until(isTone);
    const refused = await caller.invite(caller.rtp.offer().replaceAll('IN IP6 ::1', 'IN IP4 127.0.0.1'));
    expect([refused.status, refused.header('Warning')]).toEqual([
      488,
      expect.stringMatching(/^300 .*audio over IPv4 is offered/),
    ]);
    const held = await caller.invite(caller.rtp.offer().replace('c=IN IP6 ::1', 'c=IN IP4 0.0.0.0'));
    expect([held.status, held.body]).toEqual([200, expect.stringMatching(/c=IN IP6 ::1[^]*a=recvonly/)]);
    expect((await caller.invite(caller.rtp.offer())).body).toContain('a=sendrecv');
    const count = await caller.rtp.arrived();
    await caller.rtp.until((heard) => heard.length > count + 12 && isTone(heard));
    await caller.talk(portOf(ok), CALLER_HZ);
    expect(keysOf((await reportOf(reports, caller.cli)).report)).toMatchObject({ '$flow.key.digits': '7' });
  });

  it('an unexpected source at another port of the caller’s address, or of the other family, is not heard, not answered and presses no key', async () => {
    const caller = await Caller.open(site, '127.0.0.1', '::1');
    const strangers = [await Caller.open(site, '127.0.0.1', '::1'), await Caller.open(site, '127.0.0.1', '127.0.0.1')];
    const port = portOf(await caller.invite(caller.rtp.offer()));
    caller.rtp.say(port);
    await caller.rtp.until(isTone);
    await Promise.all(strangers.map((stranger) => stranger.talk(port, STRANGER_HZ, 1000, 0x5712a9e2)));
    await caller.talk(port, CALLER_HZ, 101);
    const { report } = await reportOf(reports, caller.cli);
    expect(keysOf(report)).toEqual({ '$flow.key.digits': '7' });
    const tones = await recorded(report);
    expect([tones.some(near(CALLER_HZ)), tones.some(near(STRANGER_HZ))]).toEqual([true, false]);
    expect(strangers.map(({ rtp }) => rtp.heard.length)).toEqual([0, 0]);
  });

  it.each([
    ['of one link', 'fe80::1', /^301 /],
    ['of a group', 'ff02::1', /^330 /],
    ['from which ours cannot be reached', '2001:db8::9', /^300 /],
  ])('an offer with an address %s is refused, and nothing is sent', async (_, address, warning) => {
    const caller = await Caller.open(site, '127.0.0.1', '::1');
    const refused = await caller.invite(caller.rtp.offer().replaceAll('::1', address));
    expect([refused.status, refused.header('Warning')]).toEqual([488, expect.stringMatching(warning)]);
  });

  it('an INVITE without an offer gets one of the family its SIP comes by', async () => {
    for (const [sipAt, own] of [
      ['127.0.0.1', 'c=IN IP4 127.0.0.1'],
      ['::1', 'c=IN IP6 ::1'],
    ] as const) {
      const caller = await Caller.open(site, sipAt, sipAt);
      const ok = await caller.invite(undefined);
      expect([ok.status, ok.body]).toEqual([200, expect.stringContaining(own)]);
      caller.send('ACK', { body: caller.rtp.offer() });
      await caller.rtp.until(isTone);
      caller.send('BYE', { seq: 2 });
    }
  });

  it('the built-in phone calls over IPv6', async () => {
    const target = `sip:ask@[::1]:${/udp\/\[::1\]:(\d+)/.exec(site.output)?.[1] ?? ''}`;
    const phone = await placeCall({ target, from: 'sip:15596@x.invalid', maxMs: 30_000 });
    await phone.waitFor(({ heard }) => heard.arrivals.length > 30);
    expect(phone.heard.dominantFrequency(phone.heard.endMs() - 250, phone.heard.endMs())).toBeCloseTo(PROMPT_HZ, -1);
    await phone.press('7');
    expect((await phone.result).endedBy).toBe('far');
  });
});

it('a site without audio over IPv6 refuses an offer of it with a warning that names it', async () => {
  const site = await Site.start({ config: { media: { address6: 'off' } }, flows: [{ ...ASK, webhook: false }] });
  try {
    const caller = await Caller.open(site, '127.0.0.1', '127.0.0.1');
    const refused = await caller.invite(caller.rtp.offer().replaceAll('IN IP4 127.0.0.1', 'IN IP6 ::1'));
    expect([refused.status, refused.header('Warning')]).toEqual([
      488,
      expect.stringMatching(/^300 .*audio over IPv6 is offered/),
    ]);
    expect(site.output).toMatch(/RTP\s+127\.0\.0\.1 ports/);
  } finally {
    await site.dispose();
  }
});
