import { createSocket, type Socket } from 'node:dgram';
import type { ListenAddress } from '../options.js';
import { ipFamily } from '../message/uri.js';
import { unmapped } from './tcp.js';
import type { Hop, Listener } from '../message/hop.js';
import type { OnBytes } from './types.js';

/** Enough for a burst of some thousand messages; the system gives what it allows. */
const SOCKET_BUFFER = 4 * 1024 * 1024;

/** All UDP sockets. */
export class UdpTransport {
  readonly #sockets = new Map<Listener, Socket>();

  constructor(private readonly onBytes: OnBytes) {}

  /** Binds one socket. Rejects with the system's error when that is refused. */
  listen(address: ListenAddress): Promise<Listener> {
    const family = ipFamily(address.host) === 6 ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      recvBufferSize: SOCKET_BUFFER,
      sendBufferSize: SOCKET_BUFFER,
      // Only IP addresses are ever sent to: no detour through the resolver.
      lookup: (host, _options, found) => found(null, host, ipFamily(host)),
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: address.host, port: address.port }, () => {
        const bound = socket.address();
        const listener: Listener = { transport: 'udp', host: bound.address, port: bound.port, family };
        socket.off('error', reject);
        // An unreachable peer of an earlier datagram; its transaction ends by its own timer.
        socket.on('error', () => undefined);
        socket.on('message', (bytes, from) => {
          const hop: Hop = { transport: 'udp', address: unmapped(from.address), port: from.port, listener, connection: null };
          this.onBytes(bytes, hop);
        });
        this.#sockets.set(listener, socket);
        resolve(listener);
      });
    });
  }

  /** Sends one datagram; `failed` is called when the system refuses it. */
  send(bytes: Buffer, to: { address: string; port: number; listener: Listener }, failed: () => void): void {
    const socket = this.#sockets.get(to.listener);
    if (socket === undefined) {
      process.nextTick(failed);
      return;
    }
    socket.send(bytes, to.port, to.address, (error) => {
      if (error !== null) failed();
    });
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}
