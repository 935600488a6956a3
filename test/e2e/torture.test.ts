import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { placeCall } from '../../src/phone/place-call.js';
import { dial, flow, reportOf } from '../support/calls.js';
import { mutate, seeded } from '../support/mutate.js';
import { RtpPeer } from '../support/rtp-peer.js';
import { requestText, SDP, SipPeer, TcpPeer } from '../support/sip-peer.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { TORTURE, type Torture } from '../wire/torture.js';
import { TORTURE_IPV6 } from '../wire/torture-ipv6.js';

/*
 * Malformed and odd messages to a whole Offhook: the right answer or silence, and whoever calls meanwhile notices nothing.
 */

/** Messages a second: a bounded flood, which a small machine can read while it carries calls. */
const RATE = 1000;
const MUTANTS = 1500;
/** Torture messages that are sent together: no more than a socket holds. */
const AT_ONCE = 20;

/** What the whole answers where the catalogue's element, which serves every method and every session, says 200. */
function expected({ answer, message }: Torture): Torture['answer'] {
  const text = message.toString('latin1');
  // No registrar here (RFC 3261 §8.2.1), no media over IPv6 at an IPv4 address (§21.4.26).
  if (answer === 200 && text.startsWith('REGISTER')) return 405;
  if (answer === 200 && text.includes('c=IN IP6')) return 488;
  return answer;
}

let site: Site;
let reports: Endpoint;

beforeAll(async () => {
  reports = await Endpoint.start();
});

afterAll(() => reports.close());

async function start(): Promise<void> {
  site = await Site.start({
    report: reports.url,
    flows: [
      flow('100', {
        answer: { type: 'answer', exits: { next: 'stay' } },
        stay: { type: 'delay', seconds: 60, music: true, exits: { next: 'bye' } },
        bye: { type: 'hangup' },
      }),
    ],
    // Every number is answered; calls that torture leaves behind are over soon.
    config: { routing: { default: '100' }, sip: { t1Ms: 20, invitesPerSecondPerSource: 0, requestsPerSecondPerSource: 0 } },
  });
}

/** A question and its answer: whatever was sent before has been read by then. Asked again while there is none, for UDP may lose it. */
async function ask(peer: SipPeer): Promise<void> {
  const callId = `probe-${Math.random()}`;
  const question = requestText({ method: 'OPTIONS', port: peer.port, callId });
  peer.send(question);
  const again = setInterval(() => peer.send(question), 1000);
  try {
    expect((await peer.next((m) => m.header('Call-ID') === callId)).status).toBe(200);
  } finally {
    clearInterval(again);
  }
}

/** Nothing broke: the process lives, no bug was caught, and a caller is served as ever. */
async function expectUnharmed(): Promise<void> {
  expect(site.exitCode).toBeNull();
  const bugs = site.log.split('\n').filter((line) => /"level":[56]0/.test(line) || /fault|Error:/.test(line));
  expect(bugs).toEqual([]);
  const { phone, cli } = await dial(site, '100', { hangupAfterMs: 300 });
  expect(await phone.result).toMatchObject({ status: 200, endedBy: 'us' });
  expect((await reportOf(reports, cli)).report.callDetails).toMatchObject([{ remoteHangup: true, hangupCause: '16' }]);
}

/** Final statuses in what came back, without those to our own questions. */
function finals(text: string): number[] {
  const answers = text.split(/^(?=SIP\/2\.0 )/m).filter((each) => each.startsWith('SIP/2.0') && !each.includes('Call-ID: probe'));
  return [...new Set(answers.map((each) => Number(each.slice(8, 11))).filter((status) => status >= 200))];
}

function expectAnswer(statuses: readonly number[], answer: Torture['answer'], name: string): void {
  if (answer === null) expect(statuses, name).toEqual([]);
  else if (typeof answer === 'number') expect(statuses, name).toEqual([answer]);
  else expect(answer, name).toContain(statuses[0]);
}

const messages = [...TORTURE, ...TORTURE_IPV6];

async function overUdp(each: Torture): Promise<void> {
  const answer = expected(each);
  const peer = await SipPeer.open(site.port('udp'));
  const heard = (): number[] => finals(peer.messages.map(({ text }) => text).join(''));
  peer.send(each.message);
  if (answer !== null) await eventually(`an answer to ${each.name}`, () => heard().length > 0);
  await ask(peer);
  expectAnswer(heard(), answer, each.name);
  peer.close();
}

const unfinished = ({ name }: Torture): boolean => name.includes('larger than message');

/** A stream waits for the bytes that Content-Length promises; without one it cannot be cut into messages (RFC 3261 §18.3). */
function expectedOverTcp(each: Torture): Torture['answer'] {
  if (unfinished(each)) return null;
  const unframed = !/^(?:content-length|l)\s*:/im.test(each.message.toString('latin1'));
  return unframed && each.answer !== null ? 400 : expected(each);
}

async function overTcp(each: Torture): Promise<void> {
  const answer = expectedOverTcp(each);
  const peer = await TcpPeer.open(site.port('tcp'));
  peer.send(each.message);
  if (answer !== null) await eventually(`an answer to ${each.name}`, () => finals(peer.received).length > 0 || peer.closed);
  else if (!unfinished(each)) {
    peer.send(requestText({ method: 'OPTIONS', port: peer.localPort, callId: `probe-${each.name.length}` }));
    await eventually(`an answer behind ${each.name}`, () => peer.received.includes('Call-ID: probe'));
  }
  // What follows a good message in its packet is a message of its own on a stream.
  const statuses = finals(peer.received);
  expectAnswer(each.name.includes('second message') ? statuses.slice(0, 1) : statuses, answer, each.name);
  peer.close();
}

describe('torture messages', () => {
  // The same messages by another way would be repeats to a site that knows them (RFC 3261 §17.2.3).
  beforeEach(start);
  afterEach(() => site.dispose());

  it.each([
    ['UDP', overUdp],
    ['TCP', overTcp],
  ] as const)('are answered rightly, or not at all, over %s', async (_transport, send) => {
    for (let at = 0; at < messages.length; at += AT_ONCE) await Promise.all(messages.slice(at, at + AT_ONCE).map(send));
    await expectUnharmed();
  });
});

describe('mutated messages', () => {
  beforeAll(start);
  afterAll(() => site.dispose());

  it(`${MUTANTS} of SIP over UDP end nothing, while a call goes on`, async () => {
    const peer = await SipPeer.open(site.port('udp'));
    const live = await placeCall({ target: site.target('100') });
    await live.waitFor(({ answered }) => answered);
    const seeds = [
      ...messages.map(({ message }) => message),
      Buffer.from(requestText({ method: 'INVITE', port: peer.port, callId: 'seed', body: SDP })),
    ];
    const random = seeded(4475);
    const started = performance.now();
    for (let sent = 0; sent < MUTANTS; sent++) {
      peer.send(mutate(seeds[sent % seeds.length] ?? Buffer.alloc(0), random));
      const ahead = (sent * 1000) / RATE - (performance.now() - started);
      if (ahead > 5) await new Promise((resolve) => setTimeout(resolve, ahead));
      if (sent % 500 === 499) await ask(peer);
    }
    const packets = live.heard.endMs();
    expect(await live.waitFor(({ heard }) => heard.endMs() > packets + 200)).toBe(true);
    live.hangup();
    expect(await live.result).toMatchObject({ endedBy: 'us' });
    await expectUnharmed();
    peer.close();
  });

  it(`${MUTANTS} of RTP at the port of a call end nothing, and the call goes on`, async () => {
    const [sip, rtp] = [await SipPeer.open(site.port('udp')), await RtpPeer.open()];
    sip.send(requestText({ method: 'INVITE', port: sip.port, callId: 'rtp', body: rtp.offer() }));
    const answer = await sip.status(200, 'INVITE');
    const port = Number(/m=audio (\d+)/.exec(answer.body)?.[1]);
    const toTag = /tag=(.+)$/.exec(answer.header('To'))?.[1] ?? '';
    sip.send(requestText({ method: 'ACK', port: sip.port, callId: 'rtp', toTag }));
    rtp.say(port);
    await rtp.until((heard) => heard.length > 5);

    const seeds = [audio, event, comfortNoise].map((make) => make());
    const random = seeded(3550);
    const started = performance.now();
    for (let sent = 0; sent < MUTANTS; sent++) {
      rtp.sendRaw(port, mutate(seeds[sent % seeds.length] ?? Buffer.alloc(0), random));
      const ahead = (sent * 1000) / RATE - (performance.now() - started);
      if (ahead > 5) await new Promise((resolve) => setTimeout(resolve, ahead));
    }
    const before = rtp.heard.length;
    await rtp.until((heard) => heard.length > before + 10);
    sip.send(requestText({ method: 'BYE', port: sip.port, callId: 'rtp', toTag, seq: 2 }));
    await sip.status(200, 'BYE');
    sip.close();
    await rtp.close();
    await expectUnharmed();
  });
});

const rtpHead = (payloadType: number): number[] => [0x80, payloadType, 0, 101, 0, 0, 0x14, 0x88, 0, 0xff, 0x40, 4];
const audio = (): Buffer => Buffer.from([...rtpHead(0), ...Array.from({ length: 160 }, () => 0xff)]);
const event = (): Buffer => Buffer.from([...rtpHead(101), 5, 10, 0, 160]);
const comfortNoise = (): Buffer => Buffer.from([...rtpHead(13), 64]);
