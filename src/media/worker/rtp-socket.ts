import { createSocket, type Socket } from 'node:dgram';
import { readSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { err, ok, type Result } from '../../lib/result.js';
import type { Source } from '../rtp/source.js';

/*
 * One UDP socket of one leg: all RTP that comes and goes. Packets are received in one of two ways: as events, which carry their
 * source and cost nothing while nothing comes; or polled, by reading the descriptor, which costs less than half per packet and
 * allocates nothing. Polling needs the descriptor and two methods of the socket's inner handle, for which Node has no public
 * interface: where they are missing, events serve everything.
 */

/** Result of {@link RtpSocket.read} when nothing was waiting. */
export const NOTHING = -1;

interface UdpHandle {
  readonly fd: number;
  recvStart(): number;
  recvStop(): number;
}

/** The inner handle of a bound socket, or null where this Node has none that fits. */
function innerHandle(socket: Socket): UdpHandle | null {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const state = (socket as unknown as Record<symbol, unknown>)[symbol];
    if (typeof state !== 'object' || state === null || !('handle' in state)) continue;
    const handle = state.handle as Partial<UdpHandle> | null;
    const fits =
      typeof handle?.fd === 'number' &&
      handle.fd >= 0 &&
      typeof handle.recvStart === 'function' &&
      typeof handle.recvStop === 'function';
    if (fits) return handle as UdpHandle;
  }
  return null;
}

/** Addresses are always literal: no resolver, no later tick. */
type Lookup = (host: string, family: unknown, done: (error: Error | null, address: string, family: number) => void) => void;
const literal =
  (family: number): Lookup =>
  (host, _family, done) =>
    done(null, host, family);

export interface RtpSocketOptions {
  /** Local address; its family is the socket's. */
  readonly address: string;
  readonly port: number;
  /** `events`: never poll. */
  readonly receive: 'auto' | 'events';
}

/** Called for every packet that comes as an event. The bytes are valid during the call only. */
export type PacketListener = (bytes: Uint8Array, source: Source) => void;

/** The UDP socket of one leg: packets come as events, or are polled where this Node lets its descriptor be read. */
export class RtpSocket {
  /** Errors the system reported, e.g. that nobody listens at the far end (ICMP). They end nothing. */
  errors = 0;
  #connected = false;
  #wasConnected = false;
  #closed = false;
  readonly #handle: UdpHandle | null;

  private constructor(
    private readonly socket: Socket,
    receive: 'auto' | 'events',
    private readonly address: string,
  ) {
    this.#handle = receive === 'auto' ? innerHandle(socket) : null;
    socket.on('error', () => {
      this.errors++;
    });
  }

  /** Binds a socket. The error is the system's code, e.g. `EADDRINUSE`. */
  static open(options: RtpSocketOptions, onPacket: PacketListener): Promise<Result<RtpSocket, string>> {
    const ipv6 = isIPv6(options.address);
    // An IPv6 socket has no part in IPv4: packets of that would come from addresses in another spelling, and nobody is told to send them.
    const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', lookup: literal(ipv6 ? 6 : 4), ipv6Only: ipv6 });
    return new Promise((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        resolve(err(error.code ?? error.message));
      });
      socket.on('message', onPacket);
      socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        resolve(ok(new RtpSocket(socket, options.receive, options.address)));
      });
    });
  }

  /** Whether packets can be polled here. */
  get canPoll(): boolean {
    return this.#handle !== null;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * From now on the kernel takes packets of this source only, and sends go there. False when it cannot be reached, or when the
   * socket is for all IPv6 addresses: connected, the system would narrow it to one of them, which need not be the advertised one.
   */
  connect(source: Source): boolean {
    this.disconnect();
    if (this.address === '::') return false;
    this.#wasConnected = true;
    this.socket.connect(source.port, source.address);
    try {
      this.socket.remoteAddress(); // throws unless connected; failure itself is only told on a later tick
      this.#connected = true;
    } catch {
      this.#connected = false;
    }
    return this.#connected;
  }

  disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.socket.disconnect();
  }

  /**
   * Takes packets of everybody, from now on of that address too. Linux lets an IPv6 socket that was connected take packets of the
   * address of its last connection only, disconnected or not; of IPv4 it forgets it.
   */
  admit(source: Source): void {
    if (isIPv6(this.address) && this.#wasConnected) this.connect(source);
    this.disconnect();
  }

  /** Sends to where the socket is connected, else to `target`. A packet that would have to queue is dropped: late is worse. */
  send(packet: Uint8Array, target: Source): void {
    if (this.#closed || this.socket.getSendQueueCount() > 0) return;
    if (this.#connected) this.socket.send(packet);
    else this.socket.send(packet, target.port, target.address);
  }

  /** Stops events; packets wait in the kernel until they are read. Only where {@link canPoll}. */
  pauseEvents(): void {
    if (!this.#closed) this.#handle?.recvStop();
  }

  resumeEvents(): void {
    if (!this.#closed) this.#handle?.recvStart();
  }

  /**
   * Reads one waiting packet into `buffer`; its length, or {@link NOTHING}. Exceptions are how the system says "nothing": set
   * `Error.stackTraceLimit` to 0 around a round of reads, or each costs twice as much.
   */
  read(buffer: Uint8Array): number {
    if (this.#handle === null || this.#closed) return NOTHING;
    try {
      return readSync(this.#handle.fd, buffer, 0, buffer.length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.errors++; // ECONNREFUSED: the far end has closed its port
      return NOTHING;
    }
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => {
      this.socket.close(() => {
        resolve();
      });
    });
  }
}
