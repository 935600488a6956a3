import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IncomingInvite, SipDialog } from '../../src/sip/types.js';
import { OFFER } from '../support/fake-signaling.js';
import { fakeWorld, realWorld, type DialRequest, type RemoteCaller, type World } from '../support/signaling-worlds.js';
import { until } from '../support/sip-peer.js';

const OURS = OFFER.replace('40000', '50000');
const MOVED = OFFER.replace('40000', '40002');
const never = new AbortController().signal;

describe.each([
  { name: 'the fake', start: fakeWorld },
  { name: 'drachtio-srf on the embedded server', start: realWorld },
])('Signaling: $name', ({ start }) => {
  let world: World;
  let invites: IncomingInvite[];

  beforeEach(async () => {
    world = await start();
    invites = [];
    world.signaling.onInvite((invite) => invites.push(invite));
  });

  afterEach(async () => {
    await world.close();
  });

  async function dialled(request?: DialRequest): Promise<{ caller: RemoteCaller; invite: IncomingInvite }> {
    const caller = await world.dial(request);
    return { caller, invite: await until(() => invites.at(-1), 'the INVITE') };
  }

  async function up(request?: DialRequest): Promise<{ caller: RemoteCaller; dialog: SipDialog }> {
    const { caller, invite } = await dialled(request);
    const accepting = invite.accept(OURS);
    await caller.response(200);
    caller.ack();
    const accepted = await accepting;
    if (!accepted.ok) throw new Error(accepted.error.message);
    return { caller, dialog: accepted.value };
  }

  it('is healthy and says what it listens on', () => {
    expect(world.signaling.healthy).toBe(true);
    expect(world.signaling.listening[0]).toMatch(/^udp\/127\.0\.0\.1:\d+$/);
  });

  it('knows whether somebody takes new calls', async () => {
    expect(world.signaling.handled).toBe(true);
    const starting = await start();
    expect(starting.signaling.handled).toBe(false);
    await starting.close();
  });

  it('hands an INVITE on with number, caller, SDP and X-* headers', async () => {
    const { invite } = await dialled({ number: '4711', headers: { 'X-Order': '7' } });
    expect(invite.requestUri.user).toBe('4711');
    expect(invite.from.user).toBe('caller');
    expect(invite.sdp).toBe(OFFER);
    expect(invite.customHeaders).toEqual({ 'X-Order': '7' });
    expect(invite.header('x-order')).toBe('7');
    expect(invite.source.address).toBe('127.0.0.1');
  });

  it('rings, answers, and is up when the ACK came', async () => {
    const { caller, invite } = await dialled();
    invite.ring();
    await caller.response(180);
    const accepting = invite.accept(OURS);
    expect((await caller.response(200)).sdp).toBe(OURS);
    caller.ack();
    expect(await accepting).toMatchObject({ ok: true, value: { callId: invite.callId, remoteSdp: OFFER } });
  });

  it('an answer that comes at once goes out without a 180 before or behind it', async () => {
    const { caller, invite } = await dialled();
    invite.ring();
    const accepting = invite.accept(OURS);
    await caller.response(200);
    caller.ack();
    expect((await accepting).ok).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(caller.statuses).toEqual([200]);
  });

  it('a refusal that comes at once goes out without a 180 too', async () => {
    const { caller, invite } = await dialled();
    invite.ring();
    invite.reject(486);
    await caller.response(486);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(caller.statuses).toEqual([486]);
  });

  it('a caller that requires 100rel and never acknowledges the 180 ends as NO_PRACK, answered or not', async () => {
    const require = { headers: { Require: '100rel' } };
    const { caller, invite } = await dialled(require);
    invite.ring();
    await caller.response(180);
    const accepting = invite.accept(OURS);
    caller.neverPrack();
    expect(await accepting).toMatchObject({ ok: false, error: { code: 'NO_PRACK' } });
    await caller.response(500);
    expect(caller.statuses).toEqual([180, 500]);

    const ringing = await dialled(require);
    await until(() => invites.length === 2);
    const second = invites.at(-1) ?? ringing.invite;
    second.ring();
    await ringing.caller.response(180);
    ringing.caller.neverPrack();
    await until(() => second.cancelled.aborted);
    expect(second.cancelled.reason).toBe('NO_PRACK');
  });

  it('an offer in the PRACK is answered in its 200 by its handler, 488 without one', async () => {
    const { caller, invite } = await dialled({ headers: { Require: '100rel' } });
    invite.onOffer((offer) => (offer === MOVED ? { sdp: OURS } : { status: 400 }));
    invite.ring();
    await caller.response(180);
    expect(await caller.prack(MOVED)).toEqual({ status: 200, sdp: OURS });
    const other = await dialled({ headers: { Require: '100rel' } });
    await until(() => invites.length === 2);
    (invites.at(-1) ?? other.invite).ring();
    await other.caller.response(180);
    expect((await other.caller.prack(MOVED)).status).toBe(488);
  });

  it('a late offer is answered by the ACK', async () => {
    const { caller, invite } = await dialled({ sdp: null });
    expect(invite.sdp).toBeNull();
    const accepting = invite.accept(OURS);
    await caller.response(200);
    caller.ack(MOVED);
    const accepted = await accepting;
    expect(accepted.ok && accepted.value.remoteSdp).toBe(MOVED);
  });

  it('no ACK ends as NO_ACK', async () => {
    const { caller, invite } = await dialled();
    const accepting = invite.accept(OURS);
    await caller.response(200);
    caller.neverAck();
    expect(await accepting).toMatchObject({ ok: false, error: { code: 'NO_ACK' } });
  });

  it('refuses with status, cause and Retry-After, once', async () => {
    const { caller, invite } = await dialled();
    invite.reject(486, { cause: 17, retryAfter: 3 });
    invite.reject(500);
    expect(await caller.response(486)).toMatchObject({ reason: 'Q.850;cause=17', retryAfter: '3' });
    expect(await invite.accept(OURS)).toMatchObject({ ok: false, error: { code: 'GONE' } });
  });

  it('CANCEL aborts `cancelled` with its reason and a later accept says so', async () => {
    const { caller, invite } = await dialled();
    caller.cancel();
    await caller.response(487);
    await until(() => invite.cancelled.aborted);
    expect(invite.cancelled.reason).toBe('CANCELLED');
    expect(await invite.accept(OURS)).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
  });

  it('ends with the caller’s BYE and its cause', async () => {
    const { caller, dialog } = await up();
    expect(await caller.bye(31)).toBe(200);
    expect(await dialog.ended).toMatchObject({ by: 'remote', cause: 31 });
  });

  it('hangs up with a cause, once, without waiting', async () => {
    const { caller, dialog } = await up();
    dialog.bye(16);
    dialog.bye(17);
    expect(await dialog.ended).toMatchObject({ by: 'local', cause: 16 });
    expect(await caller.hungUp()).toBe(16);
  });

  it('a session that we have to refresh, and whose caller does not answer that, ends as session-expired', async () => {
    const { caller, dialog } = await up({ headers: { 'Session-Expires': '1;refresher=uas' } });
    caller.neverRefresh();
    expect(await dialog.ended).toMatchObject({ by: 'session-expired' });
  });

  it('answers a re-INVITE by its handler, 488 without one', async () => {
    const { caller, dialog } = await up();
    expect((await caller.reinvite(MOVED)).status).toBe(488);
    dialog.onReinvite((offer) => (offer === MOVED ? { sdp: OURS } : { status: 400 }));
    expect(await caller.reinvite(MOVED)).toEqual({ status: 200, sdp: OURS });
    expect(dialog.remoteSdp).toBe(MOVED);
    expect((await caller.reinvite(OFFER)).status).toBe(400);
    expect(dialog.remoteSdp).toBe(MOVED);
  });

  it('a re-INVITE without SDP gets our offer and hands its answer on', async () => {
    const { caller, dialog } = await up();
    const answers: (string | null)[] = [];
    dialog.onReinvite((offer) => (offer === null ? { sdp: OURS, answered: (sdp) => answers.push(sdp) } : { status: 488 }));
    expect(await caller.reinvite(null, MOVED)).toEqual({ status: 200, sdp: OURS });
    await until(() => answers.length > 0);
    expect(answers).toEqual([MOVED]);
    expect(dialog.remoteSdp).toBe(MOVED);
  });

  it('INFO is answered by what becomes of its body, 415 when nobody takes it', async () => {
    const { caller, dialog } = await up();
    expect(await caller.info('application/dtmf', '5')).toBe(415);
    const seen: string[] = [];
    const verdicts = ['taken', 'unreadable', 'unknown-type'] as const;
    dialog.onInfo((type, body) => verdicts[seen.push(`${type} ${body}`) - 1] ?? 'taken');
    const statuses = [];
    for (const body of ['Signal=5', 'Signal=?', 'p=x']) statuses.push(await caller.info('application/dtmf-relay', body));
    expect(statuses).toEqual([200, 400, 415]);
    expect(seen).toEqual(['application/dtmf-relay Signal=5', 'application/dtmf-relay Signal=?', 'application/dtmf-relay p=x']);
  });

  it('after drain new calls get 503 with Retry-After and running ones go on', async () => {
    const { caller, dialog } = await up();
    world.signaling.drain();
    const refused = await world.dial();
    expect((await refused.response(503)).retryAfter).toMatch(/^\d+$/);
    expect(await caller.bye()).toBe(200);
    expect(await dialog.ended).toMatchObject({ by: 'remote' });
  });

  it('the loss of the server ends dialogs and unanswered INVITEs', async () => {
    const { dialog } = await up();
    const { invite } = await dialled();
    await until(() => invites.length === 2);
    const waiting = invites.at(-1) ?? invite;
    await world.lose();
    expect((await dialog.ended).by).toMatch(/signaling-lost|remote/);
    await until(() => waiting.cancelled.aborted);
    expect(world.signaling.healthy).toBe(false);
    const late = await world.signaling.invite({ uri: world.target, from: '1', sdp: OFFER, ringTimeout: 5 }, never);
    expect(late).toMatchObject({ ok: false, error: { code: 'LOST' } });
  });

  it('places a call that rings and is answered', async () => {
    const provisional: number[] = [];
    const placing = world.signaling.invite(
      { uri: world.target, from: '100', sdp: OURS, ringTimeout: 5, onProvisional: (status) => provisional.push(status) },
      never,
    );
    const callee = await world.callee();
    callee.ring();
    await until(() => provisional.includes(180));
    callee.answer(OFFER);
    const placed = await placing;
    if (!placed.ok) throw new Error(placed.error.message);
    expect(placed.value.remoteSdp).toBe(OFFER);
    callee.bye();
    expect(await placed.value.ended).toMatchObject({ by: 'remote' });
  });

  it('a placed call that is refused says with what', async () => {
    const placing = world.signaling.invite({ uri: world.target, from: '100', sdp: OURS, ringTimeout: 5 }, never);
    (await world.callee()).refuse(486);
    expect(await placing).toMatchObject({ ok: false, error: { code: 'REJECTED', status: 486 } });
  });

  it('an aborted call is cancelled, and a 200 that crosses the CANCEL is hung up', async () => {
    const abort = new AbortController();
    const placing = world.signaling.invite({ uri: world.target, from: '100', sdp: OURS, ringTimeout: 5 }, abort.signal);
    const callee = await world.callee();
    callee.ring();
    await new Promise((resolve) => setTimeout(resolve, 30));
    abort.abort();
    callee.answer(OFFER);
    expect(await placing).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    await callee.hungUp();
  });
});
