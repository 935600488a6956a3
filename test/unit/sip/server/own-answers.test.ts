import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALLOW } from '../../../../src/sip/server/message/methods.js';
import { systemClock } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { createSipServer } from '../../../../src/sip/server/server.js';
import { noRefusals } from '../../../../src/sip/server/refusals.js';
import { answerText, requestText, SDP, SipPeer, SipStream, TcpPeer, until } from '../../../support/sip-peer.js';
import { SECRET, startRig, type Rig } from '../../../support/signalling.js';
import { Srf } from '../../../support/srf-app.js';

/* What the server does by itself: its own answers, applications that are missing, silent, lost or wrong, streams, sources. */

let rig: Rig;
let peer: SipPeer;

async function start(options: Parameters<typeof startRig>[0] = {}): Promise<void> {
  rig = await startRig(options);
  peer = await rig.peer();
}
afterEach(async () => {
  expect(rig.server.stats().faults).toBe(0);
  await rig.close();
});

const invite = (callId: string, parts: Partial<Parameters<typeof requestText>[0]> = {}): string =>
  requestText({ method: 'INVITE', port: peer.port, callId, body: SDP, ...parts });
const options = (parts: Partial<Parameters<typeof requestText>[0]> = {}): string =>
  requestText({ method: 'OPTIONS', port: peer.port, callId: 'o', ...parts });
const tagOf = (value: string): string => /;tag=([^;]+)/.exec(value)?.[1] ?? '';

describe('without an application', () => {
  beforeEach(() => start());

  it('INVITE and OPTIONS get 503 with Retry-After', async () => {
    peer.send(invite('n-1'));
    expect((await peer.status(503, 'INVITE')).header('Retry-After')).toBe('5');
    peer.send(options());
    await peer.status(503, 'OPTIONS');
  });

  it('a refused request that is repeated gets the same answer, and costs no state', async () => {
    const text = invite('n-2');
    peer.send(text);
    const first = await peer.status(503);
    peer.send(text);
    expect((await peer.status(503)).text).toBe(first.text);
    expect(rig.server.stats().transactions).toBe(0);
  });
});

describe('with an application', () => {
  beforeEach(async () => {
    await start();
    await rig.app((srf) => srf.invite(() => undefined));
  });

  it('OPTIONS gets 200 with what we can do, with Max-Forwards 0 too (RFC 3261 §11.2)', async () => {
    peer.send(options());
    const ok = await peer.status(200, 'OPTIONS');
    expect([ok.header('Accept'), ok.header('Supported')]).toEqual(['application/sdp', '100rel, timer']);
    expect(ok.header('Allow')).toContain('INVITE');
    peer.send(options({ callId: 'o2' }).replace('Max-Forwards: 70', 'Max-Forwards: 0'));
    await peer.status(200, 'OPTIONS');
  });

  it.each([
    [501, 'an unknown method', { method: 'DANCE' }, ''],
    [501, 'invite in small letters', { method: 'invite' }, ''],
    [501, 'Invite', { method: 'Invite' }, ''],
    [501, 'options in small letters', { method: 'options' }, ''],
    [501, 'register in small letters', { method: 'register' }, ''],
    [501, 'bye in small letters', { method: 'bye' }, ''],
    [501, 'cancel in small letters', { method: 'cancel' }, ''],
    [416, 'sips: over UDP, which is never TLS', { uri: 'sips:ivr@127.0.0.1' }, ''],
    [405, 'a method nobody serves', { method: 'REGISTER' }, ''],
    [405, 'REFER from nowhere', { method: 'REFER' }, ''],
    [481, 'BYE without a dialog', { method: 'BYE' }, ''],
    [481, 'INFO without a dialog', { method: 'INFO' }, ''],
    [481, 'NOTIFY in an unknown dialog', { method: 'NOTIFY', toTag: 'x' }, ''],
    [416, 'an unknown scheme', { uri: 'nobody:knows' }, ''],
    [400, 'a Request-URI without scheme', { uri: 'nowhere' }, ''],
    [400, 'a malformed Request-URI', { uri: 'sip:a@' }, ''],
    [420, 'an option nobody knows', { headers: ['Require: nothing, 100rel'] }, ''],
    [483, 'too many hops', {}, 'Max-Forwards: 0'],
    [400, 'Max-Forwards that is no number', {}, 'Max-Forwards: 300'],
    [415, 'a body we cannot read', { headers: ['c: application/unknown'] }, ''],
    [415, 'an encoded body', { headers: ['e: gzip'] }, ''],
    [406, 'an Accept without SDP', { headers: ['Accept: text/plain'] }, ''],
  ] as const)('answers %i to %s', async (status, _name, parts, maxForwards) => {
    let text = invite(`w-${status}-${_name}`.replaceAll(' ', ''), { ...parts, body: '' });
    if (maxForwards !== '') text = text.replace('Max-Forwards: 70', maxForwards);
    if (status === 415)
      text = text
        .replace('Content-Length: 0\r\n\r\n', 'Content-Length: 3\r\n\r\nabc')
        .replace('e: gzip', 'e: gzip\r\nc: application/sdp');
    peer.send(text);
    const answer = await peer.status(status);
    if (status === 420) expect(answer.header('Unsupported')).toBe('nothing');
    if (status === 405 || status === 501) expect(answer.header('Allow')).toBe(ALLOW);
    expect(answer.header('Call-ID')).not.toBe('');
  });

  it('serves sips: by TCP, where a proxy in front has taken the encryption off (RFC 3261 §26.2.2)', async () => {
    const stream = await SipStream.open(rig.tcp);
    const text = requestText({
      method: 'INVITE',
      uri: 'sips:ivr@127.0.0.1',
      port: stream.port,
      transport: 'TCP',
      callId: 'sips',
      body: SDP,
    });
    stream.send(text.replaceAll('<sip:', '<sips:'));
    await stream.status(100);
    stream.send(
      requestText({ method: 'OPTIONS', uri: 'sips:ivr@127.0.0.1', port: stream.port, transport: 'TCP', callId: 'sips-o' }),
    );
    await stream.status(200, 'OPTIONS');
    stream.send(requestText({ method: 'OPTIONS', uri: 'sips:a@', port: stream.port, transport: 'TCP', callId: 'sips-b' }));
    await stream.status(400, 'OPTIONS');
    stream.close();
  });

  it('answers 400 to an INVITE without Contact, unless it comes from RFC 2543 times', async () => {
    peer.send(invite('c-1').replace(/Contact: .*\r\n/, ''));
    expect((await peer.status(400)).startLine).toContain('Contact');
    peer.send(invite('c-2', { branch: 'old' }).replace(/Contact: .*\r\n/, ''));
    await peer.status(100);
  });

  it.each([
    ['as it was', {}],
    ['with another transport of ours named', { uri: 'sip:ivr@127.0.0.1;transport=tcp' }],
    ['with the default port named', { uri: 'sip:ivr@127.0.0.1:5060' }],
  ])('answers 482 to the same INVITE by another way, %s (RFC 3261 §8.2.2.2)', async (_name, parts) => {
    peer.send(invite('m-1'));
    await peer.status(100);
    peer.send(invite('m-1', parts));
    await peer.status(482);
  });

  it.each([
    ['another Request-URI', { uri: 'sip:voicemail@127.0.0.1' }],
    ['the Request-URI of another site', { uri: 'sip:ivr@127.0.0.2' }],
    ['another From tag', { fromTag: 'other' }],
    ['another CSeq', { seq: 7 }],
  ])('an INVITE with the Call-ID of one in progress and %s is a call of its own', async (_name, parts) => {
    peer.send(invite('m-2'));
    await peer.status(100);
    peer.send(invite('m-2', parts));
    await peer.status(100);
    expect(rig.server.stats().refusals).toEqual(noRefusals());
  });

  it('a branch that its sender uses again makes no repeat of another call or request (RFC 3261 §17.2.3)', async () => {
    const branch = 'z9hG4bKconstant';
    const stray = (seq: number): string =>
      requestText({ method: 'BYE', port: peer.port, callId: 'b-3', toTag: 'gone', seq, branch });
    peer.send(invite('b-1', { branch }));
    await peer.status(100);
    peer.send(invite('b-1', { branch }));
    peer.send(invite('b-2', { branch }));
    expect((await peer.next((m) => m.header('Call-ID') === 'b-2')).status).toBe(100);
    for (const seq of [2, 3]) {
      peer.send(stray(seq));
      expect((await peer.status(481, 'BYE')).header('CSeq')).toBe(`${seq} BYE`);
    }
    peer.send(requestText({ method: 'CANCEL', port: peer.port, callId: 'b-2', branch }));
    expect((await peer.status(487, 'INVITE')).header('Call-ID')).toBe('b-2');
  });

  it('drains: 503 to new calls and OPTIONS', async () => {
    rig.server.drain();
    peer.send(invite('d-1'));
    expect(Number((await peer.status(503)).header('Retry-After'))).toBeGreaterThan(0);
    peer.send(options());
    await peer.status(503, 'OPTIONS');
    // The probe of a balancer is no call that was lost.
    expect(rig.server.stats().refusals).toEqual({ ...noRefusals(), draining: 1 });
  });

  it('counts what it turns away, by reason', async () => {
    peer.send('INVITE sip:100@127.0.0.1 SIP/2.0\r\nnonsense\r\n\r\n');
    peer.send(invite('k-1').replace(/Contact: .*\r\n/, ''));
    await peer.status(400);
    peer.send(invite('k-2', { method: 'REGISTER', body: '' }));
    await peer.status(405);
    peer.send(invite('k-3'));
    await peer.status(100);
    peer.send(invite('k-3'));
    await peer.status(482);
    peer.send(invite('k-4', { headers: ['Supported: timer', 'Session-Expires: 30'] }));
    await peer.status(422);
    expect(rig.server.stats().refusals).toEqual({ ...noRefusals(), malformed: 1, unacceptable: 2, method: 1, loop: 1 });
  });

  it('does not count what is refused inside a dialog, where nothing begins', async () => {
    peer.send(requestText({ method: 'INFO', port: peer.port, callId: 'k-5', toTag: 'x', headers: ['Require: nothing'] }));
    await peer.status(420);
    expect(rig.server.stats().refusals).toEqual(noRefusals());
  });

  it('drops scanners without a word', async () => {
    for (const agent of ['friendly-scanner', 'sipcli/v1.8', 'pplsip', 'SIPVicious']) {
      peer.send(options({ callId: agent, headers: [`User-Agent: ${agent}`] }));
    }
    peer.send(options({ callId: 'good' }));
    await peer.status(200);
    expect(peer.messages).toHaveLength(1);
    expect(rig.server.stats().refusals.scanner).toBe(4);
  });

  it('answers on the source port of a peer behind NAT and on the port named by one that is not (RFC 3581, §18.2.2)', async () => {
    const other = await rig.peer();
    peer.send(options({ port: other.port }).replace(';rport', ''));
    await other.status(200);
    peer.send(options({ port: other.port, callId: 'nat' }).replace(';rport', '').replace('UDP 127.0.0.1', 'UDP 192.0.2.77'));
    expect((await peer.status(200)).header('Via')).toContain('received=127.0.0.1');
  });
});

describe('an application that is', () => {
  it('silent: the caller gets 480 and the application a cancel', async () => {
    await start({ timers: { answer: 60 } });
    let cancelled = false;
    await rig.app((srf) => srf.invite((req) => req.on('cancel', () => (cancelled = true))));
    peer.send(invite('s-1'));
    await peer.status(480);
    await until(() => cancelled);
  });

  it('ringing for ever: 480 too', async () => {
    await start({ timers: { ringing: 80 } });
    await rig.app((srf) => srf.invite((_req, res) => res.send(180)));
    peer.send(invite('s-2'));
    await peer.status(180);
    await peer.status(480);
  });

  it('silent on another request: 500', async () => {
    await start({ timers: { request: 60 } });
    await rig.app((srf) => srf.message(() => undefined));
    peer.send(requestText({ method: 'MESSAGE', port: peer.port, callId: 's-3' }));
    await peer.status(500);
  });

  it('lost: BYE in its calls, 503 to its unanswered INVITEs, CANCEL of its own', async () => {
    await start();
    const srf = await rig.app((app) =>
      app.invite((req, res) => {
        if (req.get('call-id') === 'l-1') void app.createUAS(req, res, { localSdp: SDP });
        else res.send(180);
      }),
    );
    peer.send(invite('l-1'));
    const toTag = tagOf((await peer.status(200)).header('To'));
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'l-1', toTag }));
    peer.send(invite('l-2'));
    await peer.status(180);
    void srf.createUAC(`sip:x@127.0.0.1:${peer.port}`, { localSdp: SDP }).catch(() => undefined);
    const ours = await peer.request('INVITE');
    peer.send(answerText(ours, { status: 180, tag: 'r' }));
    await until(() => rig.server.stats().dialogs === 3);
    srf.disconnect();
    const seen = async (fits: Parameters<SipPeer['count']>[0]): Promise<unknown> => until(() => peer.count(fits) > 0);
    await seen((m) => m.status === 503 && m.header('Call-ID') === 'l-2');
    await seen((m) => m.method === 'BYE' && m.header('Reason').includes('Application lost'));
    await seen((m) => m.method === 'CANCEL');
    // The callee answered before the CANCEL reached it.
    peer.send(answerText(ours, { status: 200, tag: 'r', contact: `sip:late@127.0.0.1:${peer.port}`, body: SDP }));
    await seen((m) => m.method === 'ACK' && m.startLine.includes('late'));
    await seen((m) => m.method === 'BYE' && m.startLine.includes('late'));
    await until(() => rig.server.stats().dialogs === 0);
  });

  it('one of several: they take turns', async () => {
    await start();
    const counts = [0, 0];
    for (const index of [0, 1]) {
      await rig.app((srf) =>
        srf.invite((_req, res) => {
          counts[index] = (counts[index] ?? 0) + 1;
          res.send(486);
        }),
      );
    }
    for (let call = 0; call < 4; call++) {
      peer.send(invite(`t-${call}`));
      // The refusal of the call before is repeated for want of an ACK.
      await peer.next((m) => m.status === 486 && m.header('Call-ID') === `t-${call}`);
    }
    expect(counts).toEqual([2, 2]);
  });

  it('ignorant of the secret: told so, and cut off', async () => {
    await start();
    const srf = new Srf();
    srf.on('error', () => undefined);
    srf.connect({ host: rig.server.control.host, port: rig.server.control.port, secret: 'wrong', reconnect: { maxAttempts: 1 } });
    const error = await new Promise<Error | null>((resolve) => srf.on('connect', resolve));
    expect(error?.message).toBe('failed to authenticate to server');
    expect(rig.server.stats().applications).toBe(0);
  });
});

describe('the control port', () => {
  beforeEach(() => start());

  async function raw(...chunks: string[]): Promise<TcpPeer> {
    const app = await TcpPeer.open(rig.server.control.port);
    for (const chunk of chunks) app.send(chunk);
    return app;
  }
  const framed = (text: string): string => `${Buffer.byteLength(text)}#${text}`;

  it.each([
    ['a command before the secret', framed('1|route|invite')],
    ['no frame at all', 'GET / HTTP/1.1\r\n\r\n'],
    ['a frame of no length', '0#'],
    ['a long frame before the secret', '5000#'],
    ['a length without end', '123456789012'],
    ['a frame that is no command', framed('nonsense')],
  ])('cuts off %s', async (_name, bytes) => {
    const app = await raw(bytes);
    await until(() => app.closed, 'the connection to close');
  });

  it('takes frames of up to 1 MB, in pieces or many at once, and keeps their order', async () => {
    const app = await raw(framed(`a|authenticate|${SECRET}|`));
    await until(() => app.received.includes('|response|a|OK|udp/127.0.0.1:'));
    const big = framed(
      `b|sip||\r\nMESSAGE sip:x@127.0.0.1:${peer.port} SIP/2.0\r\ncontent-type: text/plain\r\ncontent-length: 50000\r\n\r\n${'x'.repeat(50_000)}`,
    );
    const pings = Array.from({ length: 200 }, (_, index) => framed(`p${index}|ping`)).join('');
    for (let at = 0; at < big.length; at += 7_000) app.send(big.slice(at, at + 7_000));
    app.send(pings);
    await until(() => app.received.includes('|response|p199|OK|pong'));
    const answers = [...app.received.matchAll(/\|response\|(\w+)\|OK/g)].map((match) => match[1]);
    expect(answers).toEqual(['a', 'b', ...Array.from({ length: 200 }, (_, index) => `p${index}`)]);
    app.close();
  });

  it('refuses what it does not know with a clear text', async () => {
    const app = await raw(
      framed(`a|authenticate|${SECRET}|`),
      framed('b|proxy|t||||serial|||sip:x\r\nINVITE sip:x SIP/2.0\r\n\r\n'),
    );
    await until(() => app.received.includes('|response|b|NOK|proxy is not supported'));
    for (const [id, command, text] of [
      ['c', 'sip|t1|\r\nSIP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n', 'no request waits for an answer'],
      ['d', 'sip||none\r\nBYE sip:placeholder SIP/2.0\r\ncontent-length: 0\r\n\r\n', 'unable to find dialog none'],
      ['e', 'sip||\r\nACK sip:x SIP/2.0\r\ncontent-length: 0\r\n\r\n', 'unable to find dialog'],
      ['f', 'sip|t2|\r\nCANCEL sip:x SIP/2.0\r\ncontent-length: 0\r\n\r\n', 'no INVITE waits'],
      ['g', 'sip||\r\nnot sip', 'not a SIP message'],
      ['h', 'sip||\r\nMESSAGE sip:a@127.0.0.1 SIP/2.0\r\ncontent-length: 1\r\n\r\nx', 'missing content-type'],
      ['i', 'sip||\r\nMESSAGE tel:12 SIP/2.0\r\ncontent-length: 0\r\n\r\n', 'cannot send to tel:12'],
    ] as const) {
      app.send(framed(`${id}|${command}`));
      await until(() => app.received.includes(`|response|${id}|NOK|${text}`), `${id}: ${text}`);
    }
    app.close();
  });
});

describe('streams', () => {
  beforeEach(async () => {
    await start({ timers: { tcpPartial: 100, tcpIdle: 400 } });
    await rig.app((srf) => srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: SDP })));
  });
  const overTcp = (text: string): string => text.replace('/UDP ', '/TCP ');

  it('takes messages in pieces and several at once, and answers pings (RFC 5626)', async () => {
    const stream = await TcpPeer.open(rig.tcp);
    const text = overTcp(options({ callId: 't1' })) + '\r\n\r\n' + overTcp(options({ callId: 't2' }));
    for (const char of text.match(/[\s\S]{1,50}/g) ?? []) stream.send(char);
    await until(() => stream.received.includes('Call-ID: t1') && stream.received.includes('Call-ID: t2'));
    expect(stream.received.match(/SIP\/2\.0 200 OK/g)).toHaveLength(2);
    expect(stream.received).toMatch(/\r\n\r\n\r\nSIP\/2\.0/);
    stream.close();
  });

  it('carries a call, and a BYE of ours on the same stream', async () => {
    const stream = await TcpPeer.open(rig.tcp);
    stream.send(overTcp(invite('t3')));
    await until(() => stream.received.includes('SIP/2.0 200'));
    expect(stream.received).toContain(`Contact: <sip:127.0.0.1:${rig.tcp};transport=tcp>`);
    const toTag = /To: .*;tag=(\w+)/.exec(stream.received.slice(stream.received.indexOf('SIP/2.0 200')))?.[1] ?? '';
    stream.send(overTcp(requestText({ method: 'ACK', port: peer.port, callId: 't3', toTag })));
    await until(() => rig.server.stats().dialogs === 1);
    await rig.close();
    expect(stream.received).toContain(`BYE sip:caller@127.0.0.1:${peer.port} SIP/2.0`);
    await start();
  });

  it('says 400 to a message without Content-Length, which cannot be framed (RFC 3261 §20.14)', async () => {
    const stream = await TcpPeer.open(rig.tcp);
    stream.send(overTcp(invite('t4')).replace(/Content-Length: \d+\r\n/, ''));
    await until(() => stream.closed, 'the stream to close');
    expect(stream.received).toMatch(/^SIP\/2\.0 400 Missing Content-Length/);
    expect(stream.received).not.toContain('100 Trying');
  });

  it('answers what came before a message that breaks the stream', async () => {
    const stream = await TcpPeer.open(rig.tcp);
    stream.send(`${overTcp(invite('t5'))}noise\r\n\r\n`);
    await until(() => stream.closed, 'the stream to close');
    expect(stream.received).toContain('SIP/2.0 200 OK');
  });

  it.each([
    ['noise', 'hello\r\n\r\n'],
    ['a head without end', `OPTIONS sip:a SIP/2.0\r\n${'X: y\r\n'.repeat(7_000)}`],
    [
      'a message without Content-Length',
      overTcp('OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n'),
    ],
    ['an endless body', overTcp('OPTIONS sip:a SIP/2.0\r\nl: 99999999\r\n\r\n')],
    ['half a message and silence', 'OPTIONS sip:a SIP/2.0\r\nVia'],
    ['silence', ''],
  ])('is closed after %s', async (_name, bytes) => {
    const stream = await TcpPeer.open(rig.tcp);
    stream.send(bytes);
    await until(() => stream.closed && rig.server.stats().connections === 0, 'the stream to close');
  });
});

describe('sources', () => {
  it('outside the allow-list get 403 to INVITE', async () => {
    await start({ allowFrom: ['192.0.2.0/24', '2001:db8::/32'] });
    await rig.app((srf) => srf.invite((_req, res) => res.send(486)));
    peer.send(invite('a-1'));
    await peer.status(403);
    peer.send(options());
    await peer.status(200);
    expect(rig.server.stats().refusals['not-allowed']).toBe(1);
  });

  it('inside it are served', async () => {
    await start({ allowFrom: ['127.0.0.1'] });
    await rig.app((srf) => srf.invite((_req, res) => res.send(486)));
    peer.send(invite('a-2'));
    await peer.status(486);
  });

  it('that call too fast get 503', async () => {
    await start({ maxInvitesPerSecond: 3 });
    await rig.app((srf) => srf.invite((_req, res) => res.send(486)));
    for (let call = 0; call < 12; call++) peer.send(invite(`r-${call}`));
    // A 486 without its ACK is repeated: calls are counted, not answers.
    const calls = (status: number): number =>
      new Set(peer.messages.filter((m) => m.status === status).map((m) => m.header('Call-ID'))).size;
    await until(() => calls(486) + calls(503) === 12);
    expect(calls(486)).toBeGreaterThanOrEqual(3);
    expect(calls(503)).toBeGreaterThanOrEqual(6);
    expect(rig.server.stats().refusals['too-fast']).toBe(calls(503));
  });
});

describe('one source that floods', () => {
  it('gets 200, then 503, then nothing; a caller from elsewhere and a call of its own go on', async () => {
    await start({ maxRequestsPerSecond: 20, opensLater: false });
    const forwarded: string[] = [];
    await rig.app((srf) => {
      srf.invite((req, res) => {
        forwarded.push(req.method);
        void srf.createUAS(req, res, { localSdp: SDP });
      });
    });
    peer.send(invite('trunk'));
    const toTag = tagOf((await peer.status(200, 'INVITE')).header('To'));
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'trunk', toTag }));
    const flood = 1_500;
    for (let one = 0; one < flood; one++) peer.send(options({ callId: `f-${one}` }));
    const other = await SipPeer.open(rig.udp, '127.0.0.2');
    other.send(invite('other', { port: other.port }).replaceAll(`127.0.0.1:${other.port}`, `127.0.0.2:${other.port}`));
    await other.status(200, 'INVITE');
    other.send(options({ port: other.port, callId: 'probe' }));
    await other.status(200, 'OPTIONS');
    peer.send(requestText({ method: 'INFO', port: peer.port, callId: 'trunk', toTag, seq: 2 }));
    await peer.status(200, 'INFO');
    peer.send(requestText({ method: 'BYE', port: peer.port, callId: 'trunk', toTag, seq: 3 }));
    await peer.status(200, 'BYE');
    const answers = (status: number): number => peer.count((m) => m.status === status && m.method === 'OPTIONS');
    expect(answers(200)).toBeGreaterThanOrEqual(20);
    expect(answers(503)).toBeGreaterThanOrEqual(20);
    expect(answers(200) + answers(503)).toBeLessThan(flood / 2);
    expect(forwarded).toEqual(['INVITE', 'INVITE']);
    expect(rig.server.stats().refusals['too-fast']).toBeGreaterThan(flood / 2);
    const lines = rig.log.filter(({ text }) => text.includes('turned away'));
    expect(lines).toEqual([expect.objectContaining({ fields: { source: '127.0.0.1', reason: 'too-fast' } })]);
    other.close();
  });

  it.each([
    ['REGISTER', 405, 'method'],
    ['SUBSCRIBE', 405, 'method'],
    ['DANCE', 501, 'unacceptable'],
  ])('of %s, which nobody serves, is named once, with a count at the end', async (method, status, reason) => {
    await start();
    await rig.app((srf) => srf.invite(() => undefined));
    for (let one = 0; one < 30; one++) peer.send(requestText({ method, port: peer.port, callId: `scan-${one}` }));
    await until(() => peer.count((m) => m.status === status) === 30);
    await rig.server.close();
    const source = '127.0.0.1';
    expect(rig.log.filter(({ text }) => text.includes('turned away')).map(({ fields }) => fields)).toEqual([
      { source, reason, method, status },
      { source, reason, count: 30 },
    ]);
  });

  it('of scanners is named once, with a count at the end', async () => {
    await start();
    for (let one = 0; one < 30; one++) peer.send(options({ callId: `s-${one}`, headers: ['User-Agent: sipvicious'] }));
    await until(() => rig.server.stats().refusals.scanner === 30);
    await rig.server.close();
    const source = '127.0.0.1';
    expect(rig.log.filter(({ text }) => text.includes('turned away')).map(({ fields }) => fields)).toEqual([
      { source, reason: 'scanner' },
      { source, reason: 'scanner', count: 30 },
    ]);
  });
});

it('OPTIONS gets 503 until calls are taken', async () => {
  await start({ opensLater: true });
  await rig.app((srf) => srf.invite(() => undefined));
  peer.send(options({ callId: 'o-1' }));
  await peer.status(503);
  rig.server.takeCalls();
  peer.send(options({ callId: 'o-2' }));
  await peer.status(200);
});

it('a stream whose far end stops reading is cut off, and the others go on', async () => {
  await start();
  const good = await TcpPeer.open(rig.tcp);
  const stuck = connect({ host: '127.0.0.1', port: rig.tcp });
  stuck.on('error', () => undefined);
  stuck.pause();
  // Answers repeat the From, and so soon fill what the system holds for the stream.
  const long = options({ callId: 'stuck' })
    .replace('/UDP', '/TCP')
    .replace('"Caller"', `"${'x'.repeat(7_000)}"`);
  const ask = Buffer.from(long.repeat(5));
  // It writes for ever and never reads an answer.
  const write = (): void => {
    if (!stuck.destroyed) stuck.write(ask, () => setImmediate(write));
  };
  stuck.on('connect', write);
  await until(() => rig.server.stats().connections === 2);
  await until(() => rig.server.stats().connections === 1, 'the end of the stream');
  stuck.destroy();
  good.send(options({ callId: 'good' }).replace('/UDP', '/TCP'));
  await until(() => good.received.includes('Call-ID: good'));
  good.close();
});

it('close ends calls, connections and sockets: the same ports can be had again', async () => {
  await start();
  await rig.app((srf) => srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: SDP })));
  peer.send(invite('closing'));
  const toTag = tagOf((await peer.status(200)).header('To'));
  peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'closing', toTag }));
  peer.send(requestText({ method: 'INFO', port: peer.port, callId: 'closing', toTag, seq: 2 }));
  await peer.status(200, 'INFO');
  const stream = await TcpPeer.open(rig.tcp);
  const control = connect({ host: '127.0.0.1', port: rig.server.control.port });
  const cut = new Promise((resolve) => control.once('close', resolve));
  control.on('error', () => undefined);
  await new Promise((resolve) => control.once('connect', resolve));
  const bye = peer.request('BYE');
  await rig.server.close();
  await bye;
  await until(() => stream.closed);
  await cut;
  const again = await createSipServer(
    {
      listen: [
        { transport: 'udp', host: '127.0.0.1', port: rig.udp },
        { transport: 'tcp', host: '127.0.0.1', port: rig.tcp },
      ],
      control: rig.server.control,
      secret: SECRET,
    },
    { clock: systemClock, log: silentLogger },
  );
  expect(again.ok).toBe(true);
  if (again.ok) await again.value.close();
});

it('connections that never speak are cut off', async () => {
  await start({ timers: { tcpIdle: 50 } });
  const socket = connect({ host: '127.0.0.1', port: rig.tcp });
  await new Promise((resolve) => socket.once('close', resolve));
});
