import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { ackTimeoutMs, openSipEdge, type SipEdge } from '../../../src/app/open-sip.js';
import { noRefusals } from '../../../src/sip/server/refusals.js';
import { requestText, SDP, SipPeer } from '../../support/sip-peer.js';
import { recordingLogger, type Logged } from '../../support/signalling.js';

const external = { host: 'edge', port: 9022, secret: 's' };

it.each([
  ['the built-in server', null, 500, 35_000],
  ['a raised T1', null, 2000, 131_000],
  ['the highest T1', null, 5000, 323_000],
  ['an external server, which has its own T1', external, 2000, 35_000],
])('an ACK is waited for longer than the server does: %s', (_what, server, t1Ms, ms) => {
  expect(ackTimeoutMs({ server, t1Ms })).toBe(ms);
});

describe('what is turned away before it is a call', () => {
  let edge: SipEdge | null = null;
  let peer: SipPeer | null = null;
  afterEach(async () => {
    peer?.close();
    await edge?.close();
  });

  it('is counted by reason, by the server and by what stands behind it', async () => {
    const sip = {
      listen: ['udp://127.0.0.1:0'],
      externalAddress: null,
      allowFrom: [],
      strictContact: false,
      headers: [],
      showWithheldFrom: [],
      userAgent: 'test',
      t1Ms: 500,
      server: null,
      invitesPerSecondPerSource: 2,
      requestsPerSecondPerSource: 200,
    };
    const log: Logged[] = [];
    const opened = await openSipEdge({ sip, clock: systemClock, log: recordingLogger(log), onFatal: () => undefined });
    if (!opened.ok) throw new Error(opened.error.message);
    edge = opened.value;
    peer = await SipPeer.open(Number(edge.signaling.listening[0]?.split(':')[1]));
    const invite = (callId: string): string => requestText({ method: 'INVITE', port: peer?.port ?? 0, callId, body: SDP });
    // Nobody takes calls yet: the application behind the server says so.
    peer.send(invite('early'));
    await peer.status(503);
    edge.signaling.onInvite((call) => call.reject(486));
    edge.drain();
    peer.send(requestText({ method: 'OPTIONS', port: peer.port, callId: 'probe', headers: ['User-Agent: sipvicious'] }));
    peer.send(requestText({ method: 'REGISTER', port: peer.port, callId: 'register' }));
    await peer.status(405);
    await expect(edge.refusals()).resolves.toEqual({ ...noRefusals(), 'no-application': 1, scanner: 1, method: 1 });
    peer.send(requestText({ method: 'MESSAGE', port: peer.port, callId: 'message' }));
    await peer.status(405);
    await edge.close();
    const named = log.filter(({ text }) => text.includes('turned away')).map(({ fields }) => fields);
    expect(named).toContainEqual({ source: '127.0.0.1', reason: 'method', method: 'REGISTER', status: 405 });
    expect(named).toContainEqual({ source: '127.0.0.1', reason: 'method', count: 2 });
    // What was counted stays when the thread is gone.
    expect((await edge.refusals()).scanner).toBe(1);
  });
});
