import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '../../lib/network-of.js';
import type { Clock } from '../../lib/clock.js';
import { LogSummary } from '../../lib/log/log-summary.js';
import type { Logger } from '../../lib/log/log.js';
import { isLoopback } from '../../lib/loopback.js';

/** Connections at one time, whatever they do. Beyond it, each new one pushes another out. */
const MOST_CONNECTIONS = 2000;
/** Requests under way at one time, WebSockets among them, that are not answered without any place. */
const MOST_BUSY = 500;
/** Of these, places that only this machine gets. */
const RESERVED_FOR_LOOPBACK = 50;
/** How long a connection is left alone before its address may lose it for another, ms: time enough for an honest head. */
const GRACE_MS = 2000;
/** A client that reads nothing of its answer for this time is disconnected, ms. */
const STALLED_MS = 60_000;
/** How often shares and stalled answers are looked at, ms. */
const SWEEP_MS = 500;

interface Connection {
  readonly socket: Socket;
  /** What shares are counted by: the address, of IPv6 the network. */
  readonly from: string;
  readonly local: boolean;
  /** The request under way; null while the connection waits for the head of one, and of a WebSocket. */
  request: IncomingMessage | null;
  /** Requests that are not answered yet; a WebSocket stays one. */
  open: number;
  /** In its state of now since, monotonic ms. */
  since: number;
  /** Bytes written when the answer was last seen to move, and when that was. */
  moved: { readonly bytes: number; readonly at: number };
}

export interface ConnectionsOptions {
  readonly server: Pick<Server, 'on'>;
  /** Connections of one address that wait, and requests of it under way; 0: no limit of its own. */
  readonly perAddress: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The connections of the API, held so that strangers cannot take them all. Nobody is turned away at the door, where it is not known yet
 * what is asked: a connection that waits for its head costs little, and when there are too many, the address that has most loses its
 * oldest. What is counted against a share is answered or refused after its head (`hasRoom`), so that questions about health always are
 * answered, also those from an address that is flooding.
 */
export class ApiConnections {
  readonly #options: ConnectionsOptions;
  readonly #share: number;
  readonly #bySocket = new Map<Socket, Connection>();
  /** By address, each from the one that came into this state first to the last. */
  readonly #waiting = new Map<string, Set<Connection>>();
  readonly #busy = new Map<string, Set<Connection>>();
  #busySize = 0;
  readonly #told: LogSummary;
  #cancelSweep: () => void = () => undefined;

  /** Watches a server from now on; before any other listener of its requests. */
  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#share = options.perAddress === 0 ? Number.POSITIVE_INFINITY : options.perAddress;
    this.#told = new LogSummary({ log: options.log, clock: options.clock, message: 'API connections held to their share' });
    const { server } = options;
    server.on('connection', (socket: Socket) => this.#add(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#begin(request, response));
    server.on('upgrade', (request: IncomingMessage) => this.#begin(request));
    this.#sweepLater();
  }

  /** Connections open now. */
  get size(): number {
    return this.#bySocket.size;
  }

  /**
   * Whether a request finds a place within the share of its address and that of all. Where it does not, a request that keeps its place
   * without getting on gives way: one whose body does not come, or whose answer is not taken in.
   */
  hasRoom({ socket }: IncomingMessage): boolean {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return false;
    const places = connection.local ? MOST_BUSY : MOST_BUSY - RESERVED_FOR_LOOPBACK;
    const own = (): number => this.#busy.get(connection.from)?.size ?? 0;
    while (own() > this.#share) if (!this.#cut(this.#stuck(connection.from), 'stuck')) return this.#refuse(connection);
    while (this.#busySize > places) if (!this.#cut(this.#stuck(fullest(this.#busy)), 'stuck')) return this.#refuse(connection);
    return true;
  }

  close(): void {
    this.#cancelSweep();
    this.#told.close();
  }

  #add(socket: Socket): void {
    if (this.#bySocket.size >= MOST_CONNECTIONS && !this.#pushOut()) {
      socket.destroy();
      return;
    }
    const address = socket.remoteAddress ?? '';
    const now = this.#options.clock.monotonic();
    const from = networkOf(address);
    const local = isLoopback(address);
    const connection: Connection = { socket, from, local, request: null, open: 0, since: now, moved: { bytes: 0, at: now } };
    this.#bySocket.set(socket, connection);
    put(this.#waiting, connection);
    socket.once('close', () => this.#remove(connection));
  }

  /** A head is whole: the connection does something from now on, until its answer is out or given up. */
  #begin(request: IncomingMessage, response?: ServerResponse): void {
    const connection = this.#bySocket.get(request.socket);
    if (connection === undefined) return;
    connection.open += 1;
    if (response !== undefined) connection.request = request;
    if (connection.open === 1) this.#move(connection, this.#waiting, this.#busy);
    response?.once('close', () => this.#answered(connection));
  }

  #answered(connection: Connection): void {
    connection.open -= 1;
    if (connection.open > 0 || !this.#bySocket.has(connection.socket)) return;
    connection.request = null;
    this.#move(connection, this.#busy, this.#waiting);
  }

  #move(connection: Connection, from: Map<string, Set<Connection>>, to: Map<string, Set<Connection>>): void {
    take(from, connection);
    put(to, connection);
    this.#busySize += to === this.#busy ? 1 : -1;
    const now = this.#options.clock.monotonic();
    connection.since = now;
    connection.moved = { bytes: connection.socket.bytesWritten, at: now };
  }

  #remove(connection: Connection): void {
    if (!this.#bySocket.delete(connection.socket)) return;
    take(this.#waiting, connection);
    if (take(this.#busy, connection)) this.#busySize -= 1;
  }

  /** Makes place for a new connection: of the address that has most, the one that waits longest. */
  #pushOut(): boolean {
    const [oldest] = this.#waiting.get(fullest(this.#waiting)) ?? [];
    return this.#cut(oldest ?? this.#stuck(fullest(this.#busy)), 'connections');
  }

  /** A request of an address that has had its time and does not get on. */
  #stuck(from: string): Connection | undefined {
    const before = this.#options.clock.monotonic() - GRACE_MS;
    for (const connection of this.#busy.get(from) ?? []) {
      const { request, socket, since } = connection;
      if (since <= before && request !== null && (!request.complete || socket.writableLength > 0)) return connection;
    }
    return undefined;
  }

  #cut(connection: Connection | undefined, reason: 'connections' | 'stuck' | 'stalled'): boolean {
    if (connection === undefined) return false;
    this.#remove(connection);
    connection.socket.destroy();
    this.#told.add({ source: connection.from, reason });
    return true;
  }

  #refuse({ from }: Connection): false {
    this.#told.add({ source: from, reason: 'requests' });
    return false;
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(SWEEP_MS, () => {
      this.#holdToShares();
      this.#endStalled();
      this.#sweepLater();
    });
  }

  #holdToShares(): void {
    const before = this.#options.clock.monotonic() - GRACE_MS;
    for (const waiting of [...this.#waiting.values()]) {
      for (const connection of waiting) {
        if (waiting.size <= this.#share || connection.since > before) break;
        this.#cut(connection, 'connections');
      }
    }
  }

  #endStalled(): void {
    const now = this.#options.clock.monotonic();
    for (const connection of [...this.#busy.values()].flatMap((busy) => [...busy])) {
      const { socket, moved } = connection;
      if (socket.writableLength === 0 || socket.bytesWritten !== moved.bytes)
        connection.moved = { bytes: socket.bytesWritten, at: now };
      else if (now - moved.at >= STALLED_MS) this.#cut(connection, 'stalled');
    }
  }
}

/** The address that has most. */
function fullest(all: ReadonlyMap<string, ReadonlySet<Connection>>): string {
  let most = { from: '', size: 0 };
  for (const [from, { size }] of all) if (size > most.size) most = { from, size };
  return most.from;
}

function put(all: Map<string, Set<Connection>>, connection: Connection): void {
  const own = all.get(connection.from) ?? new Set();
  all.set(connection.from, own.add(connection));
}

function take(all: Map<string, Set<Connection>>, connection: Connection): boolean {
  const own = all.get(connection.from);
  if (own?.delete(connection) !== true) return false;
  if (own.size === 0) all.delete(connection.from);
  return true;
}
