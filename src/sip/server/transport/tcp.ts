import { connect, createServer, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../options.js';
import { ipFamily } from '../message/uri.js';
import { TcpConnection, type ConnectionSettings } from './tcp-connection.js';
import type { Listener } from '../message/hop.js';
import type { OnBytes, OnTls } from './types.js';

const MAX_CONNECTIONS = 4_000;
const MAX_PER_SOURCE = 500;

/** All SIP streams: listening sockets, accepted connections and those we open. */
export class TcpTransport {
  readonly #servers: Server[] = [];
  readonly #connections = new Set<TcpConnection>();
  readonly #byRemote = new Map<string, TcpConnection>();
  readonly #perSource = new Map<string, number>();

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly onBytes: OnBytes,
    private readonly onTls: OnTls,
  ) {}

  get connections(): number {
    return this.#connections.size;
  }

  /** Binds one listening socket. Rejects with the system's error when that is refused. */
  listen(address: ListenAddress): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(address.port, address.host, () => {
        const bound = server.address();
        if (bound === null || typeof bound === 'string') {
          reject(new Error('the listening socket has no address'));
          return;
        }
        const listener: Listener = {
          transport: 'tcp',
          host: bound.address,
          port: bound.port,
          family: ipFamily(bound.address) === 6 ? 6 : 4,
        };
        server.off('error', reject);
        // An accept that fails (out of descriptors) must not end anything; the next one is tried when it comes.
        server.on('error', () => undefined);
        server.on('connection', (socket) => this.#accept(socket, listener));
        this.#servers.push(server);
        resolve(listener);
      });
    });
  }

  /** Sends on the open stream to that address, or on a new one. */
  send(bytes: Buffer, to: { address: string; port: number; listener: Listener }, failed: () => void): void {
    const open = this.#byRemote.get(key(to.address, to.port)) ?? this.#dial(to);
    open.send(bytes, failed);
  }

  /** Sends what is queued and closes; what has not closed after `graceMs` ms is cut. */
  async close(graceMs: number): Promise<void> {
    for (const connection of this.#connections) connection.end();
    const cut = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, graceMs);
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    clearTimeout(cut);
  }

  #accept(socket: Socket, listener: Listener): void {
    const { remoteAddress, remotePort } = socket;
    const source = unmapped(remoteAddress ?? '');
    const fromThere = this.#perSource.get(source) ?? 0;
    if (remotePort === undefined || this.#connections.size >= MAX_CONNECTIONS || fromThere >= MAX_PER_SOURCE) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#add(socket, { address: source, port: remotePort }, listener);
  }

  #dial(to: { address: string; port: number; listener: Listener }): TcpConnection {
    const socket = connect({ host: to.address, port: to.port });
    const connection = this.#add(socket, { address: to.address, port: to.port }, to.listener);
    socket.setTimeout(this.settings.partialMs);
    socket.once('connect', () => socket.setTimeout(this.settings.idleMs));
    return connection;
  }

  #add(socket: Socket, remote: { address: string; port: number }, listener: Listener): TcpConnection {
    const connection = new TcpConnection(socket, remote, listener, {
      settings: this.settings,
      onBytes: this.onBytes,
      onTls: this.onTls,
      onClose: (closed) => this.#remove(closed),
    });
    this.#connections.add(connection);
    this.#byRemote.set(key(remote.address, remote.port), connection);
    this.#perSource.set(remote.address, (this.#perSource.get(remote.address) ?? 0) + 1);
    return connection;
  }

  #remove(connection: TcpConnection): void {
    const { address, port } = connection.remote;
    this.#connections.delete(connection);
    if (this.#byRemote.get(key(address, port)) === connection) this.#byRemote.delete(key(address, port));
    const left = (this.#perSource.get(address) ?? 1) - 1;
    if (left <= 0) this.#perSource.delete(address);
    else this.#perSource.set(address, left);
  }
}

function key(address: string, port: number): string {
  return `${address}|${port}`;
}

/** `::ffff:192.0.2.1` of a dual-stack socket as the IPv4 address it is. */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
