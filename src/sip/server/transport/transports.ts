import type { ListenAddress } from '../options.js';
import { hostForm, ipFamily } from '../message/uri.js';
import type { OwnAddresses } from './addresses.js';
import { TcpTransport } from './tcp.js';
import type { ConnectionSettings } from './tcp-connection.js';
import type { Hop, Listener, Transport } from '../message/hop.js';
import type { OnBytes, OnTls } from './types.js';
import { UdpTransport } from './udp.js';

/** Every SIP socket, and what we call ourselves on each. */
export class Transports {
  readonly #udp: UdpTransport;
  readonly #tcp: TcpTransport;
  readonly #listeners: Listener[] = [];
  #sent = 0;

  constructor(
    private readonly own: OwnAddresses,
    settings: ConnectionSettings,
    onBytes: OnBytes,
    onTls: OnTls,
  ) {
    this.#udp = new UdpTransport(onBytes);
    this.#tcp = new TcpTransport(settings, onBytes, onTls);
  }

  get listeners(): readonly Listener[] {
    return this.#listeners;
  }

  get sent(): number {
    return this.#sent;
  }

  get connections(): number {
    return this.#tcp.connections;
  }

  /** Binds one more socket. Rejects with the system's error. */
  async listen(address: ListenAddress): Promise<void> {
    this.#listeners.push(await (address.transport === 'udp' ? this.#udp : this.#tcp).listen(address));
  }

  /** The listener that speaks for us toward an address; null when we have none of that transport and family. */
  listenerFor(transport: Transport, address: string): Listener | null {
    const family = ipFamily(address);
    return this.#listeners.find((own) => own.transport === transport && own.family === family) ?? null;
  }

  /** Sends; `failed` is called, later, when the network or the far end refused it. */
  send(bytes: Buffer, to: Hop, failed: () => void): void {
    this.#sent++;
    if (to.connection?.open === true) {
      to.connection.send(bytes, failed);
      return;
    }
    const listener = to.listener ?? this.listenerFor(to.transport, to.address);
    if (listener === null) process.nextTick(failed);
    else (to.transport === 'udp' ? this.#udp : this.#tcp).send(bytes, { address: to.address, port: to.port, listener }, failed);
  }

  /** `host:port` under which a peer reaches us. */
  hostPort(to: Hop): string {
    const listener = this.#listenerOf(to);
    return `${hostForm(this.own.toward(to.address, listener))}:${listener.port}`;
  }

  /** Our address as the peer of a message sees it, and the port it came in on. */
  receivedOn(from: Hop): { address: string; port: number } {
    const listener = this.#listenerOf(from);
    const wildcard = listener.host === '0.0.0.0' || listener.host === '::';
    return { address: wildcard ? this.own.toward(from.address, listener) : listener.host, port: listener.port };
  }

  /** Via of a request of ours (RFC 3261 §18.1.1), asking for rport (RFC 3581). */
  via(to: Hop, branch: string): string {
    return `SIP/2.0/${to.transport.toUpperCase()} ${this.hostPort(to)};branch=${branch};rport`;
  }

  /** Contact toward a peer. */
  contact(to: Hop): string {
    return `<sip:${this.hostPort(to)}${to.transport === 'tcp' ? ';transport=tcp' : ''}>`;
  }

  /** Closes every socket; streams have `graceMs` ms to take what is queued. */
  async close(graceMs: number): Promise<void> {
    this.#udp.close();
    await this.#tcp.close(graceMs);
  }

  #listenerOf(hop: Hop): Listener {
    const listener = hop.listener ?? this.listenerFor(hop.transport, hop.address) ?? this.#listeners[0];
    if (listener === undefined) throw new Error('a server without a listening socket has no address');
    return listener;
  }
}
