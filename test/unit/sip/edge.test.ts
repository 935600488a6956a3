import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { ALLOW } from '../../../src/sip/server/message/methods.js';
import { createSignaling } from '../../../src/sip/signaling.js';
import type { IncomingInvite, Signaling } from '../../../src/sip/types.js';
import {
  answerText,
  requestText,
  SDP,
  TcpPeer,
  until,
  type RequestParts,
  type SipPeer,
  type WireMessage,
} from '../../support/sip-peer.js';
import { SECRET, startRig, type Rig } from '../../support/signalling.js';

/* What callers write into their messages, and what comes of it behind drachtio-srf and on the wire. */

let rig: Rig;
let peer: SipPeer;
let signaling: Signaling;
const invites: IncomingInvite[] = [];
beforeEach(async () => {
  invites.length = 0;
  rig = await startRig();
  peer = await rig.peer();
  const created = await createSignaling({
    server: { ...rig.server.control, secret: SECRET },
    log: silentLogger,
    clock: systemClock,
  });
  if (!created.ok) throw new Error(created.error.message);
  signaling = created.value;
  signaling.onInvite((invite) => void invites.push(invite));
});
afterEach(async () => {
  expect(rig.server.stats().faults).toBe(0);
  await signaling.close();
  await rig.close();
});

const tagOf = (value: string): string => /;tag=([^;]+)$/.exec(value)?.[1] ?? '';
const text = (parts: Partial<RequestParts> = {}): string =>
  requestText({ method: 'INVITE', port: peer.port, callId: 'edge', body: SDP, ...parts });
const withHeader = (name: string, value: string): string => text().replace(new RegExp(`${name}: .*`), () => `${name}: ${value}`);

/** Answers the call that `invite` begins, and acknowledges it. Returns what ends it from our side. */
async function answered(invite: string): Promise<{ hangUp: () => void; toTag: string }> {
  peer.send(Buffer.from(invite, 'latin1'));
  const accepting = (await until(() => invites[0])).accept(SDP);
  const toTag = tagOf((await peer.status(200)).header('To'));
  peer.send(text({ method: 'ACK', toTag, body: '' }));
  const accepted = await accepting;
  if (!accepted.ok) throw new Error(accepted.error.message);
  return { hangUp: () => accepted.value.bye(), toTag };
}

describe('quoted angle brackets, commas and semicolons', () => {
  const uri = (): string => `sip:+15550100@127.0.0.1:${peer.port}`;
  it.each([
    ['in a parameter of an address without angle brackets', (u: string) => `${u};x="<urn:y>"`],
    ['in a parameter behind angle brackets', (u: string) => `<${u}>;x="<urn:y>";z=">,;"`],
    ['in the display name', (u: string) => `"a <b>, c; \\"d\\"" <${u}>`],
    ['in display name and parameter', (u: string) => `"<sip:no@where>;tag=q" <${u}>;+sip.instance="<urn:uuid:1-2>";q=0.5`],
    ['in the first of two', (u: string) => `<${u}>;x="<a>,<b>", <sip:other@127.0.0.1>`],
  ])('%s of a Contact: answered, and the BYE has exactly that URI', async (_name, contact) => {
    const { hangUp } = await answered(withHeader('Contact', contact(uri())));
    hangUp();
    const bye = await peer.request('BYE');
    expect(bye.startLine).toBe(`BYE ${uri()} SIP/2.0`);
    peer.send(answerText(bye, { status: 200 }));
  });

  it.each([
    ['"a;tag=b <c>" <sip:7@example.com>;tag=from1;x="<y>;tag=z"', '7'],
    ['sip:7@example.com;tag=from1;x="<urn:y>"', '7'],
    ['<sip:7@example.com>;x="a,<b>";tag=from1', '7'],
  ])('of From %s', async (from, user) => {
    peer.send(withHeader('From', from));
    const invite = await until(() => invites[0]);
    expect(invite.from).toMatchObject({ user, host: 'example.com' });
    invite.reject(486);
    expect((await peer.status(486)).header('From')).toBe(from);
  });

  it('a To whose display name looks like a tag begins a call', async () => {
    peer.send(withHeader('To', '"x;tag=y" <sip:ivr@127.0.0.1>;x=";tag=z"'));
    expect((await until(() => invites[0])).to.user).toBe('ivr');
  });

  it('of a Record-Route: the BYE goes there with it as it was', async () => {
    const proxy = await rig.peer();
    const route = `"p <q>" <sip:127.0.0.1:${proxy.port};lr>;x="<a>,b"`;
    const { hangUp } = await answered(text({ headers: [`Record-Route: ${route}, <sip:127.0.0.9;lr>`] }));
    hangUp();
    const bye = await proxy.request('BYE');
    expect(bye.headers('Route')).toEqual([route, '<sip:127.0.0.9;lr>']);
    proxy.send(answerText(bye, { status: 200 }));
  });
});

describe('control characters', () => {
  it.each(['%0d%0aX:%201', 'a%00b', 'a%0Ab', '%7f', '%1b%5B31m', '%C2%85', '%e2%80%a8'])(
    'behind percent signs in the user part (%s) make the caller anonymous',
    async (user) => {
      peer.send(withHeader('From', `"Name" <sip:${user}@example.com>;tag=from1`));
      const invite = await until(() => invites[0]);
      expect(invite.from).toEqual({
        user: 'anonymous',
        host: 'anonymous.invalid',
        displayName: null,
        uri: 'sip:anonymous@anonymous.invalid',
      });
    },
  );

  it.each(['%0d%0a1', '%00', '%7F'])('behind percent signs in the Request-URI (%s) get 400', async (user) => {
    peer.send(text({ uri: `sip:${user}@127.0.0.1` }));
    await peer.status(400);
    expect(invites).toHaveLength(0);
  });

  it.each([
    ['From', '"a\\\u0000b\\\u0007\\\u007f" <sip:7@example.com>;tag=from1'],
    ['X-A', 'a\u0000b\u0007c\u007fd\u001b'],
    ['Subject', 'a\u0001'],
  ])('raw in %s reach nobody', async (name, value) => {
    peer.send(name === 'From' ? withHeader(name, value) : text({ headers: [`${name}: ${value}`] }));
    const invite = await until(() => invites[0]);
    const seen = JSON.stringify([invite.from, invite.to, invite.requestUri, invite.customHeaders, invite.header(name)]);
    expect(seen).not.toMatch(/\\u00[01]|\\u007f|\u007f/);
    expect(invite.from.user).toMatch(/^(7|caller)$/);
  });

  it.each(['a\rb', 'a\nb'])('a bare line end in a header gets 400', async (value) => {
    peer.send(text({ headers: [`X-A: ${value}`] }));
    await peer.status(400);
  });
});

describe('bytes that are not UTF-8', () => {
  it('a display name in ISO-8859-1 comes back byte for byte, in answers and in requests of ours', async () => {
    const name = '"Jos\xe9 Mu\xf1oz"';
    const raw: Buffer[] = [];
    peer.onBytes((bytes) => raw.push(bytes));
    const { hangUp } = await answered(withHeader('From', `${name} <sip:7@127.0.0.1:${peer.port}>;tag=from1`));
    expect(invites[0]?.from.displayName).toBe('José Muñoz');
    hangUp();
    peer.send(answerText(await peer.request('BYE'), { status: 200 }));
    const lines = raw.map((bytes) => bytes.toString('latin1')).filter((one) => !one.startsWith('SIP/2.0 100'));
    for (const message of lines) expect(message).toContain(name);
    expect(lines.length).toBeGreaterThan(1);
  });

  it('a display name in UTF-8 does too', async () => {
    const raw: Buffer[] = [];
    peer.onBytes((bytes) => raw.push(bytes));
    const from = Buffer.from(withHeader('From', `"Zoë 漢" <sip:7@127.0.0.1:${peer.port}>;tag=from1`));
    peer.send(from);
    const invite = await until(() => invites[0]);
    expect(invite.from.displayName).toBe('Zoë 漢');
    invite.reject(486);
    await peer.status(486);
    expect(raw.every((bytes) => bytes.includes(Buffer.from('"Zoë 漢"')))).toBe(true);
  });
});

describe('an INVITE with Expires (RFC 3261 §13.3.1)', () => {
  it('is over with 487 when nobody has answered by then', async () => {
    peer.send(text({ headers: ['Expires: 1'] }));
    const invite = await until(() => invites[0]);
    invite.ring();
    expect((await peer.status(487)).startLine).toContain('Invitation expired');
    await until(() => invite.cancelled.aborted);
    expect(await invite.accept(SDP)).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
  });

  it.each(['60', '4294967295', 'soon'])('%s does not end a call that is answered', async (seconds) => {
    const { hangUp } = await answered(text({ headers: [`Expires: ${seconds}`] }));
    hangUp();
    peer.send(answerText(await peer.request('BYE'), { status: 200 }));
  });

  it('a call that was answered in time goes on', async () => {
    const { toTag } = await answered(text({ headers: ['Expires: 1'] }));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    peer.send(text({ method: 'OPTIONS', toTag, seq: 2, body: '' }));
    await peer.status(200, 'OPTIONS');
  });
});

describe('INFO', () => {
  it('of an info package nobody agreed on gets 469 (RFC 6086 §4.2.2)', async () => {
    const { toTag } = await answered(text());
    peer.send(text({ method: 'INFO', toTag, seq: 2, headers: ['Info-Package: conference'] }));
    const refused = await peer.next((m) => m.status === 469);
    expect(refused.headers('Recv-Info')).toEqual(['']);
  });

  it('before the answer gets a final answer that does not end the dialog', async () => {
    peer.send(text());
    const invite = await until(() => invites[0]);
    invite.ring();
    const toTag = tagOf((await peer.status(180)).header('To'));
    peer.send(text({ method: 'INFO', toTag, seq: 2, headers: ['Content-Type: application/dtmf-relay'], body: '' }));
    expect((await peer.next((m) => m.status >= 200 && m.method === 'INFO')).status).toBe(500);
    expect(invite.cancelled.aborted).toBe(false);
  });
});

it('Allow is the same in every message', async () => {
  peer.send(text({ method: 'OPTIONS', callId: 'o', body: '' }));
  await peer.status(200, 'OPTIONS');
  peer.send(text({ method: 'REGISTER', callId: 'r', body: '' }));
  peer.send(text({ method: 'DANCE', callId: 'd', body: '' }));
  await answered(text());
  await until(() => peer.messages.filter((m) => m.status >= 200).length >= 4);
  const allows = peer.messages.flatMap((m) => m.headers('Allow'));
  expect(allows.length).toBeGreaterThanOrEqual(4);
  expect(new Set(allows)).toEqual(new Set([ALLOW]));
});

describe('a stream', () => {
  it.each([
    ['as one', ['\r\n\r\n']],
    ['in halves', ['\r\n', '\r\n']],
    ['byte by byte', ['\r', '\n', '\r', '\n']],
    ['one and three', ['\r', '\n\r\n']],
    ['three and one', ['\r\n\r', '\n']],
  ])('answers a keep-alive that comes %s with one pong (RFC 5626 §4.4.1)', async (_name, pieces) => {
    const stream = await TcpPeer.open(rig.tcp);
    for (const piece of pieces) {
      stream.send(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => stream.received !== '');
    stream.send(text({ method: 'OPTIONS', callId: 's', body: '' }).replace('/UDP', '/TCP'));
    await until(() => stream.received.includes('200 OK'));
    expect(stream.received.startsWith('\r\nSIP/2.0 200 OK')).toBe(true);
    stream.close();
  });

  it('that begins TLS is closed at once, with one line in the log however many there are', async () => {
    const hello = Buffer.from('16030100c8010000c40303', 'hex');
    for (let one = 0; one < 5; one++) {
      const stream = await TcpPeer.open(rig.tcp);
      stream.send(hello);
      await until(() => stream.closed, 'the end of the stream', 2_000);
    }
    expect(rig.log.filter(({ text: line }) => line.includes('TLS'))).toEqual([
      expect.objectContaining({ level: 'info', fields: { source: '127.0.0.1', listener: `tcp/127.0.0.1:${rig.tcp}` } }),
    ]);
  });
});

it('close hangs up, refuses whoever waits, and leaves the signalling server', async () => {
  await answered(text());
  peer.send(text({ callId: 'waits', fromTag: 'other' }));
  await until(() => invites[1]);
  await signaling.close();
  for (const fits of [(m: WireMessage) => m.status === 0 && m.method === 'BYE', (m: WireMessage) => m.status === 503]) {
    await until(() => peer.messages.some(fits));
  }
  await until(() => rig.server.stats().applications === 0);
  await until(() => !signaling.healthy);
});
