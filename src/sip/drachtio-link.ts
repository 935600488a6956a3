import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import { err, ok, type Result } from '../lib/result.js';
import type { DrachtioSrf, DrachtioWire } from './drachtio-types.js';

/*
 * The connection to the signalling server, embedded or real. Closes those traps of drachtio-srf 5.0.29 that live in its
 * connection; each is named where it is closed.
 */

/** Longest pause between two attempts to reach the server again, ms. */
const RECONNECT_MAX_MS = 2000;
/** How long `close` waits for what was written to leave, ms. */
const CLOSE_GRACE_MS = 1000;

export interface LinkOptions {
  readonly server: { readonly host: string; readonly port: number; readonly secret: string };
  readonly log: Logger;
  readonly clock: Clock;
  /** How long the first connection may take, ms. */
  readonly connectTimeoutMs: number;
  /** An established connection broke; drachtio-srf is already trying again. */
  readonly onLost: () => void;
  /** Connected again after a loss. */
  readonly onRestored: () => void;
  /** An INVITE was cancelled: by the caller, or by the server because it went on for too long. Named by its transaction. */
  readonly onCancel: (transactionId: string, cancel: string) => void;
}

export interface LinkError {
  readonly code: 'SIP_SERVER_UNREACHABLE' | 'SIP_SERVER_SECRET';
  readonly message: string;
}

export interface Link {
  readonly srf: DrachtioSrf;
  readonly connected: boolean;
  /** `udp/192.0.2.1:5060` and the like, as the server said last. */
  readonly listening: readonly string[];
  /** Flushes, disconnects and stops reconnecting. Idempotent. */
  close(): Promise<void>;
}

/**
 * Connects and authenticates. `register` adds the middleware before the first message can arrive.
 * Fails with `SIP_SERVER_UNREACHABLE` after `connectTimeoutMs`, with `SIP_SERVER_SECRET` at once when the secret is refused.
 */
export async function openLink(options: LinkOptions, register: (srf: DrachtioSrf) => void): Promise<Result<Link, LinkError>> {
  const link = new DrachtioLink(options, register);
  const problem = await link.opened;
  if (problem === null) return ok(link);
  await link.close();
  return err(problem);
}

class DrachtioLink implements Link {
  readonly srf: DrachtioSrf = new Srf() as unknown as DrachtioSrf;
  /** Null once connected, else why not. */
  readonly opened: Promise<LinkError | null>;
  readonly #wire: DrachtioWire;
  #socket: Socket | null = null;
  #connected = false;
  #everConnected = false;
  #listening: readonly string[] = [];
  #lastError = 'no answer';

  constructor(
    private readonly options: LinkOptions,
    register: (srf: DrachtioSrf) => void,
  ) {
    const { host, port, secret } = options.server;
    register(this.srf);
    let settle: (problem: LinkError | null) => void = () => undefined;
    this.opened = new Promise((resolve) => {
      settle = resolve;
    });
    const giveUp = options.clock.after(options.connectTimeoutMs, () => {
      settle({
        code: 'SIP_SERVER_UNREACHABLE',
        message: `No signalling server answered at ${host}:${port} within ${options.connectTimeoutMs} ms (${this.#lastError}).`,
      });
    });
    this.srf.on('connect', (error, hostports) => {
      giveUp();
      settle(this.#onConnect(error, hostports));
    });
    this.srf.on('close', () => {
      this.#onClose();
    });
    // Trap: without an 'error' listener a refused connection ends the process.
    this.srf.on('error', (error) => {
      this.#lastError = error.message;
      options.log.debug({ error: error.message }, 'signalling server: connection error');
    });
    // Trap: without a cap the pause between reconnects grows by 1.7 for ever.
    this.srf.connect({ host, port, secret, reconnect: { retryMaxDelay: RECONNECT_MAX_MS } });
    this.#wire = this.srf.app.client.wp;
    this.#guardFrames();
  }

  get connected(): boolean {
    return this.#connected;
  }

  get listening(): readonly string[] {
    return this.#listening;
  }

  async close(): Promise<void> {
    this.#stop();
    const socket = this.#socket;
    if (socket === null || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const force = this.options.clock.after(CLOSE_GRACE_MS, () => socket.destroy());
      socket.once('close', () => {
        force();
        resolve();
      });
      socket.end();
    });
  }

  /** drachtio-srf's own `disconnect` throws while it is between two attempts, and leaves its retry timer running. */
  #stop(): void {
    this.#wire.closing = true;
    if (this.#wire.reconnectVars.retryTimer !== null) clearTimeout(this.#wire.reconnectVars.retryTimer);
  }

  #onConnect(error: Error | null, hostports = ''): LinkError | null {
    if (error !== null) {
      // Trap: a wrong secret makes drachtio-srf reconnect about four times a second for ever. It is a mistake in the
      // configuration: say so and stop.
      this.#stop();
      this.#socket?.destroy();
      const message = `The signalling server at ${this.options.server.host}:${this.options.server.port} refused the secret.`;
      this.options.log.error({ code: 'SIP_SERVER_SECRET' }, message);
      return { code: 'SIP_SERVER_SECRET', message };
    }
    this.#connected = true;
    this.#listening = hostports.split(',').filter((entry) => entry !== '');
    if (this.#everConnected) {
      this.options.log.warn({ listening: this.#listening }, 'signalling server: connected again');
      this.options.onRestored();
    }
    this.#everConnected = true;
    return null;
  }

  /** Trap: Dialogs get no event when the connection goes; the owner of this link ends them in `onLost`. */
  #onClose(): void {
    if (!this.#connected) return;
    this.#connected = false;
    if (this.#wire.closing !== true) this.options.log.error({ code: 'SIP_SERVER_LOST' }, 'signalling server: connection lost');
    this.options.onLost();
  }

  /**
   * Trap: a frame that does not parse throws inside the socket's 'data' listener and ends the process. A message that fails
   * costs only itself; a frame out of step means that the stream cannot be trusted, so the connection is made anew.
   */
  #guardFrames(): void {
    const handlers = this.#wire.listeners('msg');
    this.#wire.removeAllListeners('msg');
    this.#wire.on('msg', (socket, message) => {
      try {
        const cancelled = cancelledTransaction(message);
        if (cancelled !== null) this.options.onCancel(cancelled, message.slice(message.indexOf('\r\n') + 2));
        else for (const handle of handlers) handle(socket, message);
      } catch (error) {
        if (isFrameError(error)) throw error;
        this.options.log.error(
          { code: 'UNEXPECTED_ERROR', error: describe(error) },
          'a message of the signalling server could not be handled',
        );
      }
    });
    this.#wire.on('connect', (socket) => {
      this.#socket = socket;
      const known = this.srf.app.client.mapServer.get(socket);
      if (known !== undefined) known.pendingNetworkInvites = new ForgetfulMap();
      const readers = socket.listeners('data') as ((chunk: Buffer) => void)[];
      socket.removeAllListeners('data');
      socket.on('data', (chunk: Buffer) => {
        try {
          for (const read of readers) read(chunk);
        } catch (error) {
          this.options.log.error(
            { code: 'SIP_SERVER_LOST', error: describe(error) },
            'signalling server: broken frame, connecting anew',
          );
          socket.destroy();
        }
      });
    });
  }
}

/**
 * Trap: drachtio-srf finds the INVITE of a CANCEL, and of an UPDATE, by Call-ID alone, and so takes one fork of a call for another. It
 * gets no such memory; CANCELs are given to their INVITE here.
 */
class ForgetfulMap extends Map<string, unknown> {
  override set(): this {
    return this;
  }
}

/** The transaction of the INVITE that a frame cancels, null for any other frame: `id|sip|network|…|txnId|dialogId|` CRLF `CANCEL …`. */
function cancelledTransaction(frame: string): string | null {
  const end = frame.indexOf('\r\n');
  if (end === -1 || !frame.startsWith('CANCEL ', end + 2)) return null;
  const fields = frame.slice(0, end).split('|');
  return fields[1] === 'sip' && fields[2] === 'network' ? (fields[8] ?? null) : null;
}

function isFrameError(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('invalid msg type');
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : 'unknown error';
}
