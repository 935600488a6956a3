import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import type { ListenAddress } from '../../../../src/sip/server/options.js';
import { startSipServer, type SipServerHandle } from '../../../../src/sip/server/start.js';
import { requestText, SDP, SipPeer, until } from '../../../support/sip-peer.js';
import { SECRET } from '../../../support/signalling.js';
import { Srf } from '../../../support/srf-app.js';

/* The server in its own thread, as production runs it. */

const anyPort = { transport: 'udp', host: '127.0.0.1', port: 0 } as const;

async function started(listen: ListenAddress = anyPort): Promise<SipServerHandle> {
  const result = await startSipServer({ listen: [listen], secret: SECRET });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('startSipServer', () => {
  it('names an IPv6 address in brackets, as URIs do (RFC 3986 §3.2.2)', async () => {
    const handle = await started({ transport: 'udp', host: '::1', port: 0 });
    expect(handle.listening[0]).toMatch(/^udp\/\[::1\]:\d+$/);
    await handle.close();
  });

  it('serves a call from its thread, tells its figures, drains and closes', async () => {
    const handle = await started();
    let died = false;
    handle.onExit(() => (died = true));
    expect(handle.listening[0]).toMatch(/^udp\/127\.0\.0\.1:\d+$/);
    const srf = new Srf();
    srf.on('error', () => undefined);
    srf.invite((_req, res) => res.send(486));
    srf.connect({ ...handle.control, secret: SECRET });
    await new Promise((resolve) => srf.on('connect', resolve));
    const peer = await SipPeer.open(Number(handle.listening[0]?.split(':')[1]));
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'w-1', body: SDP }));
    await peer.status(486);
    expect(await handle.stats()).toMatchObject({ applications: 1, faults: 0, transactions: 1 });
    handle.drain();
    peer.send(requestText({ method: 'OPTIONS', port: peer.port, callId: 'w-2' }));
    await peer.status(503, 'OPTIONS');
    srf.disconnect();
    await handle.close();
    await handle.close();
    expect(await handle.stats()).toBeNull();
    expect(died).toBe(false);
    peer.close();
  });

  it('says which port is in use', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
    const { port } = taken.address();
    const result = await startSipServer({ listen: [{ ...anyPort, port }], secret: SECRET });
    expect(result).toMatchObject({ ok: false, error: { code: 'SIP_PORT_IN_USE' } });
    expect(!result.ok && result.error.message).toContain(`udp port ${port} on 127.0.0.1`);
    taken.close();
  });

  it.each([
    ['an address that is not ours', { listen: [{ ...anyPort, host: '192.0.2.1' }] }, 'SIP_ADDRESS_UNAVAILABLE'],
    ['a name to listen on', { listen: [{ ...anyPort, host: 'localhost' }] }, 'SIP_OPTIONS_INVALID'],
    ['nothing to listen on', { listen: [] }, 'SIP_OPTIONS_INVALID'],
    ['a short secret', { listen: [anyPort], secret: 'short' }, 'SIP_OPTIONS_INVALID'],
    ['a source that is no network', { listen: [anyPort], allowFrom: ['10.0.0.0/99'] }, 'SIP_OPTIONS_INVALID'],
    ['an external address that is none', { listen: [anyPort], externalAddress: 'me' }, 'SIP_OPTIONS_INVALID'],
  ])('refuses %s', async (_name, options, code) => {
    expect(await startSipServer({ secret: SECRET, ...options })).toMatchObject({ ok: false, error: { code } });
  });

  it('tells when its thread has died', async () => {
    const handle = await started();
    const reason = new Promise<string>((resolve) => handle.onExit(resolve));
    // What an out-of-memory or a bug at the top level would do to it.
    await (handle as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate();
    expect(await reason).toBe('the signalling thread ended');
    await until(() => true);
  });
});
