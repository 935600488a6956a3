import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { createSignaling, type SignalingOptions } from '../../../src/sip/signaling.js';
import type { IncomingInvite, Signaling, SipDialog } from '../../../src/sip/types.js';
import { ControlServer, insideText, inviteText, networkFrame, type InviteText } from '../../support/control-server.js';
import { until } from '../../support/sip-peer.js';

const OFFER = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n';
const ANSWER = OFFER.replace('4000', '5000');

interface Rig {
  readonly control: ControlServer;
  readonly signaling: Signaling;
  readonly invites: IncomingInvite[];
  readonly lost: number[];
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function rig(options: Partial<SignalingOptions> = {}): Promise<Rig> {
  const control = await ControlServer.start();
  open.push(() => control.stop());
  const lost: number[] = [];
  const started = await createSignaling({
    server: { host: '127.0.0.1', port: control.port, secret: 'right' },
    log: silentLogger,
    clock: systemClock,
    onLost: () => lost.push(1),
    ...options,
  });
  if (!started.ok) throw new Error(started.error.message);
  const signaling = started.value;
  open.push(() => signaling.close());
  const invites: IncomingInvite[] = [];
  signaling.onInvite((invite) => invites.push(invite));
  return { control, signaling, invites, lost };
}

async function ringing(r: Rig, text: InviteText = {}) {
  const { txn, callId } = r.control.invite({ body: OFFER, ...text });
  const invite = await until(() => r.invites.find((i) => i.callId === callId), 'the INVITE');
  return { txn, callId, invite, dialog: `${callId};from-tag=caller` };
}

/** A call that is up. */
async function answered(r: Rig, text: InviteText = {}) {
  const call = await ringing(r, text);
  const accepting = call.invite.accept(ANSWER);
  await r.control.response(call.txn, 200);
  r.control.request(insideText('ACK', call.callId), { txn: call.txn, dialog: call.dialog });
  const accepted = await accepting;
  if (!accepted.ok) throw new Error(accepted.error.code);
  return { ...call, sip: accepted.value };
}

describe('connection', () => {
  it('connects, says what the server listens on and asks for every method it serves or refuses', async () => {
    const r = await rig();
    expect(r.signaling.healthy).toBe(true);
    expect(r.signaling.listening).toEqual(['udp/127.0.0.1:5060', 'tcp/127.0.0.1:5060']);
    await until(() => r.control.routes.includes('register'));
    expect(r.control.routes).toContain('invite');
    expect(r.control.routes).toContain('options');
  });

  it('trap: a wrong secret is a fatal value, not endless reconnects', async () => {
    const control = await ControlServer.start('other');
    open.push(() => control.stop());
    const started = await createSignaling({
      server: { host: '127.0.0.1', port: control.port, secret: 'wrong' },
      log: silentLogger,
      clock: systemClock,
    });
    expect(started).toMatchObject({ ok: false, error: { code: 'SIP_SERVER_SECRET' } });
    expect(control.connections).toBe(1);
  });

  it('trap: nobody listening is a value after the time-out and never an uncaught error', async () => {
    const control = await ControlServer.start();
    const { port } = control;
    await control.stop();
    const started = await createSignaling({
      server: { host: '127.0.0.1', port, secret: 'x' },
      log: silentLogger,
      clock: systemClock,
      connectTimeoutMs: 100,
    });
    expect(started).toMatchObject({ ok: false, error: { code: 'SIP_SERVER_UNREACHABLE' } });
  });

  it('trap: when the connection goes, dialogs, unanswered INVITEs and placed calls end with it, and it comes back', async () => {
    const r = await rig();
    const up = await answered(r);
    const waiting = await ringing(r);
    const unacked = await ringing(r);
    const accepting = unacked.invite.accept(ANSWER);
    await r.control.response(unacked.txn, 200);
    const placing = r.signaling.invite(
      { uri: 'sip:1@127.0.0.1:9', from: '100', sdp: OFFER, ringTimeout: 30 },
      new AbortController().signal,
    );
    await r.control.message((m) => m.start.startsWith('INVITE'));
    r.control.drop();
    expect(await up.sip.ended).toMatchObject({ by: 'signaling-lost' });
    expect(waiting.invite.cancelled.aborted).toBe(true);
    expect(await accepting).toMatchObject({ ok: false, error: { code: 'LOST' } });
    expect(await placing).toMatchObject({ ok: false, error: { code: 'LOST' } });
    expect(await waiting.invite.accept(ANSWER)).toMatchObject({ ok: false, error: { code: 'LOST' } });
    expect(r.lost).toHaveLength(1);
    await until(() => r.signaling.healthy && r.control.connections === 2, 'the second connection');
    await answered(r);
  });

  it.each([
    ['a frame of an unknown kind', '5#hello'],
    ['bytes that are no frame', 'garbage#'],
  ])('trap: %s costs the connection, never the process', async (_name, bytes) => {
    const r = await rig();
    const up = await answered(r);
    r.control.garbage(bytes);
    expect(await up.sip.ended).toMatchObject({ by: 'signaling-lost' });
    await until(() => r.control.connections === 2 && r.signaling.healthy, 'the second connection');
  });

  it('close stops reconnecting even while there is no server', async () => {
    const r = await rig();
    await r.control.stop();
    await until(() => !r.signaling.healthy);
    await r.signaling.close();
    expect(r.signaling.healthy).toBe(false);
  });
});

describe('INVITEs that never become calls', () => {
  it.each([
    ['trap: without Contact', { without: ['Contact'] }, 400],
    ['with a Contact that is none', { without: ['Contact'], headers: ['Contact: <http://x>'] }, 400],
    ['with an endless Contact', { without: ['Contact'], headers: [`Contact: <sip:${'a'.repeat(40_000)}@x>`] }, 400],
    ['with a broken From', { without: ['From'], headers: ['From: "open <sip:a@b>;tag=caller'] }, 400],
    ['to a tel-less, sip-less URI', { uri: 'http://x' }, 416],
    ['with an extension we lack', { headers: ['Require: 100rel, x-odd, timer'] }, 420],
    [
      'with a multipart body that has no SDP',
      { without: ['Content-Type'], headers: ['Content-Type: multipart/mixed;boundary=x'], body: '--x' },
      415,
    ],
    ['with a body of no type', { without: ['Content-Type'], body: 'v=0' }, 415],
    ['with an encoded body', { headers: ['Content-Encoding: gzip'], body: 'v=0' }, 415],
  ])('%s', async (_name, text: InviteText, status) => {
    const r = await rig();
    const { txn } = r.control.invite(text);
    const response = await r.control.response(txn);
    expect(response.start).toContain(` ${status} `);
    if (status === 415) expect(response.text).toMatch(/^accept: application\/sdp/im);
    if (status === 420) expect(response.text).toMatch(/^unsupported: x-odd\r$/im);
    expect(r.invites).toHaveLength(0);
  });

  it('gets 503 with Retry-After after drain, as does OPTIONS', async () => {
    const r = await rig();
    const ping = r.control.request(inviteText({ callId: 'o1' }).replaceAll('INVITE', 'OPTIONS'));
    expect((await r.control.response(ping)).text).toMatch(/ 200 [\s\S]*^allow: .*INVITE/im);
    r.signaling.drain();
    const { txn } = r.control.invite();
    expect((await r.control.response(txn)).text).toMatch(/ 503 [\s\S]*^retry-after: \d+/im);
    const again = r.control.request(inviteText({ callId: 'o2' }).replaceAll('INVITE', 'OPTIONS'));
    expect((await r.control.response(again)).start).toContain(' 503 ');
  });

  it('trap: of two INVITEs with one Call-ID a CANCEL ends the one whose transaction it names', async () => {
    const r = await rig();
    const first = await ringing(r, { callId: 'same' });
    const second = r.control.invite({ callId: 'same' });
    const other = await until(() => r.invites[1]);
    r.control.request(inviteText({ callId: 'same' }).replaceAll('INVITE', 'CANCEL'), { txn: first.txn });
    await until(() => first.invite.cancelled.aborted);
    expect(other.cancelled.aborted).toBe(false);
    other.reject(486);
    await r.control.response(second.txn, 486);
  });

  it.each(['INFO', 'MESSAGE'])('%s before the answer gets a refusal that does not end the dialog', async (method) => {
    const r = await rig();
    const { callId, invite } = await ringing(r);
    const txn = r.control.request(insideText(method, callId), { dialog: `${callId};from-tag=caller` });
    const answer = await r.control.response(txn);
    expect(answer.start).toContain(' 500 Not answered yet');
    expect(answer.text).toMatch(/^retry-after: \d+/im);
    const other = r.control.request(insideText(method, callId).replace('tag=caller', 'tag=stranger'));
    expect((await r.control.response(other)).start).toContain(' 481 ');
    expect(invite.cancelled.aborted).toBe(false);
  });

  it('an UPDATE before the answer is taken without an offer, and with one may come again later (RFC 3311 §5.2)', async () => {
    const r = await rig();
    const { callId } = await ringing(r);
    const dialog = `${callId};from-tag=caller`;
    expect((await r.control.response(r.control.request(insideText('UPDATE', callId), { dialog }))).start).toContain(' 200 ');
    const offer = insideText('UPDATE', callId, { headers: ['Content-Type: application/sdp'], body: OFFER });
    const refused = await r.control.response(r.control.request(offer, { dialog }));
    expect(refused.start).toContain(' 500 Offer pending');
    expect(refused.text).toMatch(/^retry-after: \d+/im);
  });

  it('a re-INVITE for a dialog nobody knows gets 481', async () => {
    const r = await rig();
    const txn = r.control.request(insideText('INVITE', 'gone'), { dialog: 'gone;from-tag=caller' });
    expect((await r.control.response(txn)).start).toContain(' 481 ');
  });

  it.each(['REGISTER', 'SUBSCRIBE', 'MESSAGE', 'NOTIFY', 'PUBLISH', 'REFER', 'UPDATE', 'INFO'])(
    '%s outside a dialog gets 405 with Allow',
    async (method) => {
      const r = await rig();
      const txn = r.control.request(inviteText({ callId: 'out' }).replaceAll('INVITE', method));
      expect((await r.control.response(txn)).text).toMatch(/ 405 [\s\S]*^allow: /im);
    },
  );

  it('a BYE for an unknown dialog gets 481, a stray ACK nothing', async () => {
    const r = await rig();
    r.control.request(insideText('ACK', 'stray'), { txn: 'stray-ack', dialog: 'stray;from-tag=caller' });
    const txn = r.control.request(insideText('BYE', 'stray'), { dialog: 'stray;from-tag=caller' });
    expect((await r.control.response(txn)).start).toContain(' 481 ');
    expect(r.control.sent.some((m) => m.txn === 'stray-ack')).toBe(false);
  });

  it('a PRACK gets 200 (RFC 3262)', async () => {
    const r = await rig();
    const { callId } = await ringing(r);
    await r.control.response(r.control.request(insideText('PRACK', callId), { dialog: `${callId};from-tag=caller` }), 200);
  });

  it('a handler that throws costs its own call a 500', async () => {
    const r = await rig();
    r.signaling.onInvite(() => {
      throw new Error('bug');
    });
    const { txn } = r.control.invite();
    expect((await r.control.response(txn)).start).toContain(' 500 ');
  });
});

describe('an incoming call', () => {
  it('carries what the INVITE said', async () => {
    const r = await rig();
    const { invite } = await ringing(r, {
      uri: 'sip:+49%2030-1;npdi@127.0.0.1:5060',
      headers: ['X-Order: 7', 'x-Order: 8', 'P-Asserted-Identity: <sip:1@a>, <tel:+1>'],
    });
    expect(invite.from).toMatchObject({ user: '+4930123', host: 'example.org', displayName: 'Ann' });
    expect(invite.requestUri).toMatchObject({ user: '+49 30-1', host: '127.0.0.1' });
    expect(invite.source).toEqual({ address: '127.0.0.1', port: 5062, transport: 'udp' });
    expect(invite.sdp).toBe(OFFER);
    expect(invite.customHeaders).toEqual({ 'X-Order': '7' });
    expect(invite.header('p-asserted-identity')).toBe('<sip:1@a>, <tel:+1>');
  });

  it('rings, refuses with reason, cause, Retry-After and warning, and only once', async () => {
    const r = await rig();
    const { txn, invite } = await ringing(r);
    invite.ring();
    await r.control.response(txn, 180);
    const warning = { code: 399, text: 'no "room"\r\nX-Evil: 2' };
    invite.reject(486, { reason: 'busy\r\nX-Evil: 1', cause: 17, retryAfter: 4.2, warning });
    invite.reject(500);
    invite.ring();
    const refusal = await r.control.response(txn, 486);
    expect(refusal.start).toBe('SIP/2.0 486 busy X-Evil: 1');
    expect(refusal.text).toMatch(/^reason: Q\.850;cause=17\r$/im);
    expect(refusal.text).toMatch(/^retry-after: 5\r$/im);
    expect(refusal.text).toMatch(/^warning: 399 offhook "no room X-Evil: 2"\r$/im);
    expect(await invite.accept(ANSWER)).toMatchObject({ ok: false, error: { code: 'GONE' } });
    expect(r.control.sent.filter((m) => m.txn === txn)).toHaveLength(2);
  });

  it('a status drachtio-srf has no name for becomes its class', async () => {
    const r = await rig();
    const { txn, invite } = await ringing(r);
    invite.reject(499);
    expect((await r.control.response(txn)).start).toContain(' 400 ');
  });

  it('CANCEL before an answer aborts `cancelled`, and a later accept says so', async () => {
    const r = await rig();
    const { txn, callId, invite } = await ringing(r);
    r.control.request(inviteText({ callId }).replaceAll('INVITE', 'CANCEL'), { txn });
    await until(() => invite.cancelled.aborted);
    expect(await invite.accept(ANSWER)).toMatchObject({ ok: false, error: { code: 'CANCELLED', status: 487 } });
    expect(r.control.sent.filter((m) => m.txn === txn)).toHaveLength(0);
  });

  it('CANCEL that crosses our 200 ends as cancelled', async () => {
    const r = await rig();
    const { txn, callId, invite } = await ringing(r);
    r.control.refuseWith = 'transaction not found';
    const accepting = invite.accept(ANSWER);
    r.control.request(inviteText({ callId }).replaceAll('INVITE', 'CANCEL'), { txn });
    expect(await accepting).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    expect(invite.cancelled.aborted).toBe(true);
  });

  it('accept resolves when the ACK came, not when the 200 left', async () => {
    const r = await rig();
    const call = await ringing(r);
    let done = false;
    const accepting = call.invite.accept(ANSWER).then((result) => {
      done = true;
      return result;
    });
    const sent = await r.control.response(call.txn, 200);
    expect(sent.text).toContain('m=audio 5000');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toBe(false);
    r.control.request(insideText('ACK', call.callId), { txn: call.txn, dialog: call.dialog });
    expect(await accepting).toMatchObject({ ok: true, value: { callId: call.callId, remoteSdp: OFFER } });
  });

  it('a late offer is answered by the ACK', async () => {
    const r = await rig();
    const call = await ringing(r, { body: '' });
    expect(call.invite.sdp).toBeNull();
    const accepting = call.invite.accept(ANSWER);
    await r.control.response(call.txn, 200);
    const ack = insideText('ACK', call.callId, { headers: ['Content-Type: application/sdp'], body: OFFER });
    r.control.request(ack, { txn: call.txn, dialog: call.dialog });
    const accepted = await accepting;
    expect(accepted.ok && accepted.value.remoteSdp).toBe(OFFER);
  });

  it('no ACK: the server’s own BYE ends the call as no-ack', async () => {
    const r = await rig();
    const call = await ringing(r);
    const accepting = call.invite.accept(ANSWER);
    await r.control.response(call.txn, 200);
    const bye = insideText('BYE', call.callId, { headers: ['Reason: SIP;cause=200;text="ACK timeout"'] });
    r.control.raw(networkFrame(bye, 'unsolicited', call.dialog, 'application'));
    expect(await accepting).toMatchObject({ ok: false, error: { code: 'NO_ACK' } });
  });

  it('trap: no ACK and no word from the server ends by our own timer, with a BYE', async () => {
    const r = await rig({ ackTimeoutMs: 60 });
    const call = await ringing(r);
    expect(await call.invite.accept(ANSWER)).toMatchObject({ ok: false, error: { code: 'NO_ACK' } });
    await r.control.message((m) => m.start.startsWith('BYE') && m.dialog === call.dialog);
  });

  it('a BYE read together with its ACK is a call that was up and ended', async () => {
    const r = await rig();
    const call = await ringing(r);
    const accepting = call.invite.accept(ANSWER);
    await r.control.response(call.txn, 200);
    r.control.raw(
      networkFrame(insideText('ACK', call.callId), call.txn, call.dialog),
      networkFrame(insideText('BYE', call.callId), 'bye-1', call.dialog),
    );
    const accepted = await accepting;
    expect(accepted.ok && (await accepted.value.ended)).toMatchObject({ by: 'remote' });
    await r.control.response('bye-1', 200);
  });
});

describe('a dialog', () => {
  it('ends with the caller’s BYE and its Q.850 cause', async () => {
    const r = await rig();
    const { callId, dialog, sip } = await answered(r);
    const txn = r.control.request(insideText('BYE', callId, { headers: ['Reason: Q.850;cause=31;text="odd"'] }), { dialog });
    expect(await sip.ended).toEqual({ by: 'remote', cause: 31, reason: 'odd' });
    await r.control.response(txn, 200);
    sip.bye();
    expect(r.control.sent.some((m) => m.start.startsWith('BYE'))).toBe(false);
  });

  it('trap: bye does not wait for its answer, goes out once, and nothing minds when the dialog is gone', async () => {
    const r = await rig();
    const { sip, dialog } = await answered(r);
    r.control.refuseWith = 'unable to find dialog';
    sip.bye(17);
    sip.bye(16);
    expect(await sip.ended).toEqual({ by: 'local', cause: 17, reason: null });
    const bye = await r.control.message((m) => m.start.startsWith('BYE') && m.dialog === dialog);
    expect(bye.text).toMatch(/^reason: Q\.850;cause=17\r$/im);
    expect(r.control.sent.filter((m) => m.start.startsWith('BYE'))).toHaveLength(1);
  });

  it.each([
    ['SIP;cause=200;text="Session timer expired"', null],
    ['SIP;cause=408;text="Session refresh not answered"', 102],
    ['SIP;cause=481;text="Session refresh refused"', 41],
  ])('a session timer’s BYE is told apart, with its cause (%s)', async (reason, cause) => {
    const r = await rig();
    const { callId, dialog, sip } = await answered(r);
    const bye = insideText('BYE', callId, { headers: [`Reason: ${reason}`] });
    r.control.raw(networkFrame(bye, 'unsolicited', dialog, 'application'));
    expect(await sip.ended).toMatchObject({ by: 'session-expired', cause });
  });

  const sdpHeader = { headers: ['Content-Type: application/sdp'] };

  it('answers a re-INVITE through its handler, which may warn, with 488 when there is none', async () => {
    const r = await rig();
    const { callId, dialog, sip } = await answered(r);
    const offer = OFFER.replace('4000', '4002');
    const refused = r.control.request(insideText('INVITE', callId, { ...sdpHeader, body: offer }), { dialog });
    expect((await r.control.response(refused)).start).toContain(' 488 ');
    expect(sip.remoteSdp).toBe(OFFER);
    sip.onReinvite(() => ({ status: 488, warning: { code: 305, text: 'No "G.711"\r\nX-Evil: 1' } }));
    const warned = r.control.request(insideText('INVITE', callId, { ...sdpHeader, body: offer }), { dialog });
    expect((await r.control.response(warned, 488)).text).toMatch(/^warning: 305 offhook "No G.711 X-Evil: 1"\r$/im);
    expect(sip.remoteSdp).toBe(OFFER);
    sip.onReinvite((received) => (received === offer ? { sdp: ANSWER } : { status: 491 }));
    const taken = r.control.request(insideText('INVITE', callId, { ...sdpHeader, body: offer }), { dialog });
    expect((await r.control.response(taken, 200)).text).toContain('m=audio 5000');
    expect(sip.remoteSdp).toBe(offer);
  });

  it('a re-INVITE without SDP gets our offer, and its ACK’s SDP is handed on', async () => {
    const r = await rig();
    const { txn, callId, dialog, sip } = await answered(r);
    const answers: (string | null)[] = [];
    sip.onReinvite((offer) => (offer === null ? { sdp: ANSWER, answered: (sdp) => answers.push(sdp) } : { status: 488 }));
    const again = r.control.request(insideText('INVITE', callId), { dialog });
    await r.control.response(again, 200);
    const moved = OFFER.replace('4000', '4004');
    r.control.request(insideText('ACK', callId, { ...sdpHeader, body: moved }), { txn, dialog });
    await until(() => answers.length === 1);
    expect(answers).toEqual([moved]);
    expect(sip.remoteSdp).toBe(moved);
  });

  it('a handler that throws answers 500 and the call goes on', async () => {
    const r = await rig();
    const { callId, dialog, sip } = await answered(r);
    sip.onReinvite(() => {
      throw new Error('bug');
    });
    const txn = r.control.request(insideText('INVITE', callId, { ...sdpHeader, body: OFFER }), { dialog });
    expect((await r.control.response(txn)).start).toContain(' 500 ');
    sip.bye();
    await r.control.message((m) => m.start.startsWith('BYE'));
  });

  it('an INFO without a body is answered 200, one of an info package or of an unknown kind 415 with what is known', async () => {
    const r = await rig();
    const { callId, dialog, sip } = await answered(r);
    const seen: string[] = [];
    sip.onInfo((type, body) => (seen.push(type, body), 'taken'));
    const info = async (status: number, headers: readonly string[], body: string): Promise<string> => {
      const txn = r.control.request(insideText('INFO', callId, { headers, body }), { dialog });
      return (await r.control.response(txn, status)).text;
    };
    await info(200, [], '');
    const relay = 'Signal=5\r\nDuration=160\r\n';
    await info(200, ['Content-Type: application/dtmf-relay'], relay);
    expect(seen).toEqual(['application/dtmf-relay', relay]);
    const accepted = /^accept: application\/dtmf-relay, application\/dtmf\r$/im;
    expect(await info(415, ['Info-Package: foo', 'Content-Type: application/foo'], 'x')).toMatch(accepted);
    sip.onInfo(() => 'unknown-type');
    expect(await info(415, ['Content-Type: application/foo'], 'x')).toMatch(accepted);
    sip.onInfo(() => 'unreadable');
    expect(await info(400, ['Content-Type: application/dtmf'], 'x')).toContain('400 No key in the body');
  });

  it.each([
    ['OPTIONS', 200],
    ['MESSAGE', 405],
    ['NOTIFY', 405],
    ['SUBSCRIBE', 405],
    ['PUBLISH', 405],
    ['REFER', 603],
    ['UPDATE', 200],
  ])('%s inside the dialog gets %i', async (method, status) => {
    const r = await rig();
    const { callId, dialog } = await answered(r);
    const txn = r.control.request(insideText(method, callId), { dialog });
    expect((await r.control.response(txn)).start).toContain(` ${status} `);
  });

  it('an UPDATE with SDP is answered like a re-INVITE (RFC 3311)', async () => {
    const r = await rig();
    const { callId, dialog, sip } = await answered(r);
    sip.onReinvite(() => ({ sdp: ANSWER }));
    const txn = r.control.request(insideText('UPDATE', callId, { ...sdpHeader, body: OFFER }), { dialog });
    expect((await r.control.response(txn, 200)).text).toContain('m=audio 5000');
  });

  it('a re-INVITE read together with the ACK finds the handler its owner set after accept', async () => {
    const r = await rig();
    const call = await ringing(r);
    const accepting = (async (): Promise<SipDialog> => {
      const accepted = await call.invite.accept(ANSWER);
      if (!accepted.ok) throw new Error(accepted.error.code);
      accepted.value.onReinvite(() => ({ sdp: ANSWER }));
      return accepted.value;
    })();
    await r.control.response(call.txn, 200);
    r.control.raw(
      networkFrame(insideText('ACK', call.callId), call.txn, call.dialog),
      networkFrame(insideText('INVITE', call.callId, { ...sdpHeader, body: OFFER }), 're-1', call.dialog),
    );
    await accepting;
    await r.control.response('re-1', 200);
  });
});

describe('a placed call', () => {
  const request = { uri: 'sip:200@127.0.0.1:5070?Subject=x', from: '100', sdp: OFFER, ringTimeout: 30 };
  const live = () => new AbortController();

  async function placed(r: Rig, over: object = {}, signal = live().signal) {
    const result = r.signaling.invite({ ...request, ...over }, signal);
    const sent = await r.control.message((m) => m.start.startsWith('INVITE'));
    return { result, sent };
  }

  it('sends the INVITE without ?headers, with our From and headers', async () => {
    const r = await rig();
    const { sent } = await placed(r, { headers: { 'X-Order': '7' } });
    expect(sent.start).toBe('INVITE sip:200@127.0.0.1:5070 SIP/2.0');
    expect(sent.text).toMatch(/^from: <sip:100@localhost>\r$/im);
    expect(sent.text).toContain('X-Order: 7');
  });

  it.each([
    ['trap: a line break in a header value', { headers: { 'X-A': 'x\r\nRoute: <sip:evil>' } }],
    ['a header name that is none', { headers: { 'X A': 'x' } }],
    ['a header the server owns', { headers: { contact: '<sip:x>' } }],
    ['a From that breaks out', { from: 'a>;tag=x' }],
    ['a target that is no SIP URI', { uri: 'tel:+1' }],
    ['a target with a line break', { uri: 'sip:a@b\r\nX: y' }],
  ])('%s is refused without sending', async (_name, over) => {
    const r = await rig();
    const result = await r.signaling.invite({ ...request, ...over }, live().signal);
    expect(result).toMatchObject({ ok: false, error: { code: 'REJECTED', status: null } });
    expect(r.control.sent).toHaveLength(0);
  });

  it('an abort cancels and resolves at once', async () => {
    const r = await rig();
    const abort = live();
    const { result } = await placed(r, {}, abort.signal);
    abort.abort();
    expect(await result).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    await r.control.message((m) => m.start.startsWith('CANCEL'));
  });

  it('trap: a silent far end is given up after the ring time-out, not after 32 s', async () => {
    const r = await rig();
    const { result } = await placed(r, { ringTimeout: 0.05 });
    expect(await result).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
    await r.control.message((m) => m.start.startsWith('CANCEL'));
  });
});
