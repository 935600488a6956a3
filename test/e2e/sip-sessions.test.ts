import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { flow, keysOf, reportOf, rowsOf, storyOf } from '../support/calls.js';
import { RtpPeer } from '../support/rtp-peer.js';
import { requestText, SipPeer, until, type WireMessage } from '../support/sip-peer.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/* Offers, holds and reliable answers as trunks and phones send them, to a whole Offhook, over real SIP and RTP. */

let site: Site;
let reports: Endpoint;

beforeAll(async () => {
  reports = await Endpoint.start();
  const ask = {
    type: 'collect',
    saveIn: '$flow.key.digits',
    prompt: [{ say: 'Please key in a number.' }],
    bargeIn: true,
    digits: { max: 1, firstDigitTimeout: 60 },
    exits: { collected: 'bye', noInput: 'bye', missed: 'bye' },
  };
  site = await Site.start({
    report: reports.url,
    config: { media: { timeoutSeconds: 2 } },
    flows: [
      flow('ask', { answer: { type: 'answer', exits: { next: 'ask' } }, ask, bye: { type: 'hangup' } }),
      flow('ring', { answer: { type: 'answer', delay: 0.4, exits: { next: 'ask' } }, ask, bye: { type: 'hangup' } }),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await reports.close();
});

let calls = 0;
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A phone of which every SIP message is written by the test. */
class WirePhone {
  readonly cli = `1556${process.pid % 1000}${++calls}`;
  readonly callId = `sessions-${this.cli}`;
  #toTag: string | undefined;
  #contact = '';
  #seq = 1;

  private constructor(
    readonly sip: SipPeer,
    readonly rtp: RtpPeer,
  ) {}

  static async open(): Promise<WirePhone> {
    const phone = new WirePhone(await SipPeer.open(site.port('udp')), await RtpPeer.open());
    open.push(phone.sip, phone.rtp);
    return phone;
  }

  invite(body: string, headers: readonly string[] = [], number = 'ask'): void {
    this.sip.send(this.#text('INVITE', { uri: site.target(number), headers, body }));
  }

  /** Waits for the 200 of the INVITE and acknowledges it; its SDP. */
  async up(body = this.rtp.offer(), number = 'ask'): Promise<string> {
    this.invite(body, [], number);
    const ok = await this.sip.status(200, 'INVITE');
    this.enter(ok);
    this.ack();
    return ok.body;
  }

  /** Takes the dialog of a response. */
  enter(response: WireMessage): void {
    this.#toTag = /tag=([^;]+)/.exec(response.header('To'))?.[1];
    this.#contact = /<(.*)>/.exec(response.header('Contact'))?.[1] ?? '';
  }

  ack(): void {
    this.sip.send(this.#text('ACK', {}));
  }

  /** A request inside the dialog; its final answer, acknowledged if need be. */
  async ask(method: string, parts: { readonly body?: string; readonly headers?: readonly string[] } = {}): Promise<WireMessage> {
    this.#seq++;
    const text = this.#text(method, parts);
    this.sip.send(text);
    const answer = await this.sip.next(
      (m) => m.status >= 200 && m.header('CSeq') === `${this.#seq} ${method}`,
      `an answer to ${method}`,
    );
    const branch = /branch=([^;\r]+)/.exec(text)?.[1] ?? '';
    if (method === 'INVITE') this.sip.send(this.#text('ACK', answer.status < 300 ? {} : { branch }));
    return answer;
  }

  #text(method: string, parts: Partial<Parameters<typeof requestText>[0]>): string {
    const toTag = this.#toTag === undefined ? {} : { toTag: this.#toTag };
    const text = requestText({
      method,
      port: this.sip.port,
      callId: this.callId,
      uri: this.#contact,
      seq: this.#seq,
      ...toTag,
      ...parts,
    });
    return text.replace(/^From: .*$/m, `From: <sip:${this.cli}@127.0.0.1>;tag=from1`);
  }
}

const portOf = (sdp: string): number => Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);

/** Presses a key and waits for the report that has it. */
async function keyArrives(phone: WirePhone, port: number): Promise<void> {
  phone.rtp.press(port, '7');
  const { report } = await reportOf(reports, phone.cli);
  expect(keysOf(report)).toMatchObject({ '$flow.key.digits': '7' });
}

describe('an offer', () => {
  it.each([
    ['over RTP/AVPF in the clear', (offer: string) => offer.replace('RTP/AVP ', 'RTP/AVPF '), 'RTP/AVPF'],
    ['with a host name', (offer: string) => offer.replace('c=IN IP4 127.0.0.1', 'c=IN IP4 phone.invalid'), 'RTP/AVP'],
    [
      'with two meanings of one payload number',
      (offer: string) => offer.replace('a=rtpmap:101', 'a=rtpmap:101 telephone-event/16000\r\na=rtpmap:101'),
      'a=rtpmap:101 telephone-event/8000',
    ],
    [
      'with audio behind fax and video',
      (offer: string) => offer.replace('m=audio', 'm=image 9 udptl t38\r\nm=video 9 RTP/AVP 96\r\nm=audio'),
      'm=image 0 udptl t38\r\nm=video 0 RTP/AVP 96\r\nm=audio',
    ],
  ])('%s is answered, heard and understood', async (_name, change, expected) => {
    const phone = await WirePhone.open();
    const sdp = await phone.up(change(phone.rtp.offer()));
    expect(sdp).toContain(expected);
    await phone.rtp.until((heard) => heard.length > 10);
    await keyArrives(phone, portOf(sdp));
  });

  it.each([
    ['SRTP', 'm=audio 9 RTP/SAVP 0', '302', 'SRTP (RTP/SAVP)'],
    ['DTLS', 'm=audio 9 UDP/TLS/RTP/SAVPF 0', '302', 'DTLS-SRTP'],
    ['T.38', 'm=image 9 udptl t38', '304', 'T.38'],
    ['video alone', 'm=video 9 RTP/AVP 96', '304', 'video'],
  ])('of %s is refused with a Warning and a log line that name it', async (_name, line, code, named) => {
    const phone = await WirePhone.open();
    const from = site.log.length;
    phone.invite(phone.rtp.offer().replace(/^m=audio [\s\S]*$/m, `${line}\r\n`));
    const refused = await phone.sip.status(488);
    expect(refused.header('Warning')).toMatch(new RegExp(`^${code} `));
    expect(refused.header('Warning')).toContain(named);
    await eventually('the log line', () => site.log.slice(from).includes(named));
    expect(await rowsOf(site, phone.cli)).toEqual([]);
  });
});

describe('a re-INVITE', () => {
  it('for fax is refused, and the caller is still heard and hears us', async () => {
    const phone = await WirePhone.open();
    const port = portOf(await phone.up());
    await phone.rtp.until((heard) => heard.length > 5);
    const fax = phone.rtp.offer().replace(/^m=audio [\s\S]*$/m, 'm=audio 0 RTP/AVP 0\r\nm=image 4010 udptl t38\r\n');
    const refused = await phone.ask('INVITE', { body: fax });
    expect([refused.status, refused.header('Warning')]).toEqual([488, expect.stringContaining('T.38')]);
    const before = phone.rtp.heard.length;
    await phone.rtp.until((heard) => heard.length > before + 10);
    const story = await storyOf(site, phone.cli);
    expect(JSON.stringify(story.timeline)).toContain('T.38');
    await keyArrives(phone, port);
  });

  it('that switches the audio off is a hold: no media time-out, and it goes on after', async () => {
    const phone = await WirePhone.open();
    const port = portOf(await phone.up());
    await phone.rtp.until((heard) => heard.length > 5);
    const held = await phone.ask('INVITE', { body: phone.rtp.offer().replace(/m=audio \d+/, 'm=audio 0') });
    expect([held.status, portOf(held.body)]).toEqual([200, 0]);
    // Longer than the media time-out of this site.
    const until3s = performance.now() + 3000;
    await until(() => performance.now() > until3s);
    expect(phone.sip.count((m) => m.method === 'BYE')).toBe(0);
    const before = phone.rtp.heard.length;
    const back = await phone.ask('INVITE', { body: phone.rtp.offer() });
    expect([back.status, portOf(back.body)]).toEqual([200, port]);
    await phone.rtp.until((heard) => heard.length > before + 10);
    await keyArrives(phone, port);
  });
});

it('a call that begins on hold lives beyond the media time-out, and is heard when it resumes', async () => {
  const phone = await WirePhone.open();
  const sdp = await phone.up(phone.rtp.offer('a=sendonly'));
  expect(sdp).toContain('a=recvonly');
  const until3s = performance.now() + 3000;
  await until(() => performance.now() > until3s);
  expect([phone.rtp.heard.length, phone.sip.count((m) => m.method === 'BYE')]).toEqual([0, 0]);
  expect((await phone.ask('INVITE', { body: phone.rtp.offer() })).body).toContain('a=sendrecv');
  await phone.rtp.until((heard) => heard.length > 10);
  await keyArrives(phone, portOf(sdp));
});

it('a caller that requires 100rel and never acknowledges the 180 is refused, and its call reported as such', async () => {
  const impatient = await Site.start({
    report: reports.url,
    config: { sip: { t1Ms: 20 } },
    flows: [
      flow('wait', {
        wait: { type: 'delay', seconds: 0.5, exits: { next: 'answer' } },
        answer: { type: 'answer', exits: { next: null } },
      }),
    ],
  });
  open.push({ close: () => impatient.dispose() });
  const peer = await SipPeer.open(impatient.port('udp'));
  open.push(peer);
  const cli = `1557${process.pid % 1000}`;
  const { port } = peer;
  const body = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
  const invite = requestText({
    method: 'INVITE',
    port,
    callId: cli,
    uri: impatient.target('wait'),
    headers: ['Require: 100rel'],
    body,
  });
  peer.send(invite.replace(/^From: .*$/m, `From: <sip:${cli}@127.0.0.1>;tag=from1`));
  await peer.status(180);
  await peer.status(500, 'INVITE');
  expect(peer.count((m) => m.status === 200)).toBe(0);
  const [row] = await eventually('the end of the call', async () => {
    const rows = await rowsOf(impatient, cli);
    return rows[0]?.termination == null ? null : rows;
  });
  expect(row?.termination).toEqual({ by: 'network', cause: 102, sip: 500, reason: 'no-prack' });
});
