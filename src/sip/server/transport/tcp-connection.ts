import type { Socket } from 'node:net';
import { StreamFramer } from './framing.js';
import type { Listener, Stream } from '../message/hop.js';
import type { OnBytes, OnTls } from './types.js';

/** First byte of a TLS record that opens a connection (RFC 8446 §5.1); no SIP message begins with it. */
const TLS_HANDSHAKE = 22;
const PONG = Buffer.from('\r\n');
/** Unsent bytes beyond which a peer that does not read is cut off. */
const MAX_QUEUED = 1024 * 1024;

export interface ConnectionSettings {
  readonly idleMs: number;
  readonly partialMs: number;
}

/** One SIP stream, accepted or opened by us. Everything a peer does to it ends in `onClose`, never in an exception. */
export class TcpConnection implements Stream {
  readonly #framer = new StreamFramer();
  readonly #waiting = new Set<() => void>();
  #open = true;
  /** A whole message came: an answer to it may be on its way. */
  #served = false;
  /** The first bytes came. */
  #begun = false;
  /** Nothing more can be read: the stream has lost its frame. */
  #broken = false;

  /**
   * @param remote the far end as it was when the connection began: it is gone from the socket once that is closed
   * @param onClose called once
   */
  constructor(
    private readonly socket: Socket,
    readonly remote: { readonly address: string; readonly port: number },
    readonly listener: Listener,
    private readonly hooks: {
      settings: ConnectionSettings;
      onBytes: OnBytes;
      onTls: OnTls;
      onClose: (connection: TcpConnection) => void;
    },
  ) {
    socket.setNoDelay(true);
    socket.setTimeout(hooks.settings.idleMs);
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => this.#closed());
  }

  get open(): boolean {
    return this.#open;
  }

  send(bytes: Buffer, failed: () => void): void {
    if (!this.#open || this.socket.writableLength > MAX_QUEUED) {
      this.socket.destroy();
      process.nextTick(failed);
      return;
    }
    this.#waiting.add(failed);
    this.socket.write(bytes, () => this.#waiting.delete(failed));
  }

  /** Closes after what was queued has been sent. */
  end(): void {
    this.socket.end();
    this.socket.setTimeout(this.hooks.settings.partialMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#broken) return;
    if (!this.#begun && chunk[0] === TLS_HANDSHAKE) {
      this.hooks.onTls(this.remote.address, this.listener);
      this.socket.destroy();
      return;
    }
    this.#begun = true;
    const parts = this.#framer.push(chunk);
    for (const framed of parts) {
      if (framed.kind === 'ping') this.send(PONG, () => undefined);
      else {
        const { address, port } = this.remote;
        this.hooks.onBytes(framed.bytes, { transport: 'tcp', address, port, listener: this.listener, connection: this });
        this.#served ||= framed.kind === 'message';
      }
    }
    const { idleMs, partialMs } = this.hooks.settings;
    if (parts.at(-1)?.kind === 'broken') this.#breakOff();
    else this.socket.setTimeout(this.#framer.partial ? partialMs : idleMs);
  }

  /** Closes, but not before what was asked in good order can have its answer. */
  #breakOff(): void {
    this.#broken = true;
    if (this.#served) setTimeout(() => this.end(), this.hooks.settings.partialMs).unref();
    else this.end();
  }

  #closed(): void {
    this.#open = false;
    const failed = [...this.#waiting];
    this.#waiting.clear();
    this.hooks.onClose(this);
    for (const tell of failed) tell();
  }
}
