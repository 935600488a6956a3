import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { API_EXAMPLE_CERT, API_EXAMPLE_KEY } from './tls-identity.js';

/** One way to treat a connection that wants TLS, from the moment it is accepted. */
type Behaviour = (socket: Socket) => void;

/** Looks random and is always the same. */
const NOISE = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * i * 31 + i * 7 + 129) % 251));
/** Header of a TLS record: handshake, TLS 1.2, that many bytes. */
const record = (length: number): Buffer => Buffer.from([0x16, 3, 3, length >> 8, length & 0xff]);

const say =
  (bytes: Buffer | string, then: 'keep' | 'end' = 'keep'): Behaviour =>
  (socket) => {
    socket.write(bytes);
    if (then === 'end') socket.end();
  };

/** Repeats a piece until the other side has had enough. `everyMs` 0 writes as fast as the socket takes it. */
const repeat =
  (head: Buffer, piece: Buffer, everyMs: number): Behaviour =>
  (socket) => {
    socket.write(head);
    const write = (): void => {
      if (socket.destroyed) return;
      if (!socket.write(piece) && everyMs === 0) socket.once('drain', write);
      else setTimeout(write, everyMs);
    };
    write();
  };

/** Shakes hands as it should, as api.example, and then goes on. */
const secured =
  (then: (secure: TLSSocket, socket: Socket) => void): Behaviour =>
  (socket) => {
    const secureContext = createSecureContext({ cert: API_EXAMPLE_CERT, key: API_EXAMPLE_KEY });
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on('error', () => undefined);
    secure.on('data', () => {
      then(secure, socket);
    });
  };

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  ok: secured((secure) =>
    secure.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"userId":7}'),
  ),
  /** The handshake never gets an answer. */
  stall: () => undefined,
  'stall-in-record': say(Buffer.concat([record(16_000), NOISE.subarray(0, 100)])),
  'slow-record': repeat(record(16_000), NOISE.subarray(0, 1), 20),
  rubbish: say(NOISE),
  'endless-rubbish': repeat(NOISE, NOISE, 0),
  'empty-records': repeat(record(0), Buffer.concat(Array.from({ length: 1000 }, () => record(0))), 0),
  'endless-handshake': repeat(record(16_384), Buffer.concat([Buffer.alloc(16_384), record(16_384)]), 0),
  alert: say(Buffer.from([0x15, 3, 3, 0, 2, 2, 40]), 'end'),
  'own-hello': (socket) => socket.pipe(socket),
  plain: say('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n', 'end'),
  close: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  'silent-when-secure': secured(() => undefined),
  'rubbish-when-secure': secured((secure) => secure.write(NOISE)),
  'endless-when-secure': secured((secure) => {
    repeat(
      Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
      Buffer.from(`4000\r\n${' '.repeat(0x4000)}\r\n`),
      0,
    )(secure);
  }),
  'reset-when-secure': secured((_secure, socket) => socket.resetAndDestroy()),
  'truncated-when-secure': secured((secure, socket) => {
    secure.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"userId":7', () =>
      socket.destroy(),
    );
  }),
};

/** Names of all behaviours. */
export const TLS_BEHAVIOURS = Object.keys(BEHAVIOURS);

/** Ports that speak TLS badly, one for each behaviour. */
export interface HostileTls {
  /** `https://HOST:PORT/` of a behaviour. */
  url(name: string, host: string): string;
  close(): Promise<void>;
}

/** Opens them on free loopback ports. */
export async function startHostileTls(): Promise<HostileTls> {
  const sockets = new Set<Socket>();
  const servers = new Map<string, Server>();
  for (const [name, behave] of Object.entries(BEHAVIOURS)) {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      behave(socket);
    });
    servers.set(name, server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
  }
  return {
    url: (name, host) => `https://${host}:${(servers.get(name)?.address() as AddressInfo).port}/`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([...servers.values()].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
