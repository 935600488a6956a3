import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket as TcpSocket } from 'node:net';
import { err, ok, type Result } from '../lib/result.js';
import { parseMessage, serialize, type SipMessage } from '../sip/server/message/message.js';
import { StreamFramer } from '../sip/server/transport/framing.js';
import type { Transport } from '../sip/server/message/hop.js';

/** Where something is sent: an IP address and a port. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** The phone's SIP socket. Whatever is no SIP message is dropped in silence, as RFC 3261 §18 has it. */
export interface Wire {
  readonly transport: Transport;
  readonly local: Place;
  /** Over TCP `to` is ignored: everything goes over the one connection. */
  send(message: SipMessage, to: Place): void;
  close(): void;
}

export interface WireListener {
  readonly onMessage: (message: SipMessage) => void;
  /** The connection is gone (TCP), or the socket failed. */
  readonly onLost: (why: string) => void;
}

/** TCP connections that take longer are given up, ms. */
const CONNECT_LIMIT_MS = 10_000;

/** The address of a host name or literal; IPv4 first. */
export async function resolveHost(host: string): Promise<string | null> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch {
    return null;
  }
}

const family = (address: string): 'udp4' | 'udp6' => (isIP(address) === 6 ? 'udp6' : 'udp4');

/** A bound UDP socket, or why there is none. */
export function bindUdp(address: string, port = 0): Promise<Result<UdpSocket, string>> {
  return new Promise((resolve) => {
    const socket = createSocket(family(address));
    socket.once('error', (error) => {
      socket.close();
      resolve(err(error.message));
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(ok(socket));
    });
  });
}

/** The address of this machine that leads to `place`: a UDP socket is connected to it, which sends nothing. */
export function localAddressFor({ address, port }: Place): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(family(address));
    const done = (found: string): void => {
      socket.close();
      resolve(found);
    };
    socket.once('error', () => done('127.0.0.1'));
    socket.connect(port, address, () => done(socket.address().address));
  });
}

async function openUdp(bindAddress: string, listener: WireListener): Promise<Result<Wire, string>> {
  const bound = await bindUdp(bindAddress);
  if (!bound.ok) return bound;
  const socket = bound.value;
  socket.on('message', (bytes) => {
    const parsed = parseMessage(bytes);
    if (parsed.ok) listener.onMessage(parsed.value);
  });
  // ICMP errors: retransmission and its timers decide, not one lost datagram.
  socket.on('error', () => undefined);
  return ok({
    transport: 'udp',
    local: { address: bindAddress, port: socket.address().port },
    send: (message, to) => {
      socket.send(serialize(message), to.port, to.address, () => undefined);
    },
    close: () => socket.close(),
  });
}

function connectTcp(to: Place, localAddress: string): Promise<Result<TcpSocket, string>> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.address, port: to.port, localAddress, timeout: CONNECT_LIMIT_MS });
    const fail = (why: string): void => {
      socket.destroy();
      resolve(err(why));
    };
    socket.once('error', (error) => fail(error.message));
    socket.once('timeout', () => fail('the connection took too long'));
    socket.once('connect', () => {
      socket.removeAllListeners('error').removeAllListeners('timeout').setTimeout(0).setNoDelay(true);
      resolve(ok(socket));
    });
  });
}

async function openTcp(bindAddress: string, to: Place, listener: WireListener): Promise<Result<Wire, string>> {
  const connected = await connectTcp(to, bindAddress);
  if (!connected.ok) return connected;
  const socket = connected.value;
  const framer = new StreamFramer();
  socket.on('data', (chunk) => {
    for (const framed of framer.push(chunk)) {
      if (framed.kind === 'broken') socket.destroy();
      if (framed.kind !== 'message') continue;
      const parsed = parseMessage(framed.bytes);
      if (parsed.ok) listener.onMessage(parsed.value);
    }
  });
  let closed = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (!closed) listener.onLost('the TCP connection was closed');
  });
  return ok({
    transport: 'tcp',
    local: { address: bindAddress, port: socket.localPort ?? 0 },
    send: (message) => {
      socket.write(serialize(message));
    },
    close: () => {
      closed = true;
      socket.end();
    },
  });
}

/** Opens the phone's SIP socket toward `to`. */
export async function openWire(
  transport: Transport,
  { bindAddress, to, listener }: { readonly bindAddress: string; readonly to: Place; readonly listener: WireListener },
): Promise<Result<Wire, string>> {
  return transport === 'tcp' ? await openTcp(bindAddress, to, listener) : await openUdp(bindAddress, listener);
}
