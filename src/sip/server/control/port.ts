import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { AppConnection } from './app-connection.js';
import { parseCommand, type Command, type SipCommand } from './commands.js';
import { FrameReader, MAX_FRAME } from './framing.js';

/** Version told to applications: the one of the protocol whose lengths count bytes and which answers pings. */
const PROTOCOL_VERSION = 'v0.9.10';
/** Bytes and time an unknown peer has to present the secret. */
const MAX_UNAUTHENTICATED = 1024;
const AUTHENTICATE_MS = 5_000;
const MAX_CONNECTIONS = 64;

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** `udp/192.0.2.1:5060` and the like, told to every application. */
  readonly listening: readonly string[];
  readonly wallClock: () => number;
}

export interface ControlHooks {
  sip(app: AppConnection, command: SipCommand): void;
  lost(app: AppConnection): void;
  /** An error of ours while a frame was handled. */
  fault(error: unknown): void;
}

/** The control port: applications connect, present the secret, say which methods they serve, and send and receive SIP through it. */
export class ControlPort {
  readonly #server: Server = createServer();
  readonly #apps = new Set<AppConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #secret: Buffer;

  constructor(
    private readonly options: ControlOptions,
    private readonly hooks: ControlHooks,
  ) {
    this.#secret = digest(options.secret);
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('connection', (socket) => this.#accept(socket));
  }

  /** Applications that presented the secret. */
  get applications(): number {
    return this.#apps.size;
  }

  /** Binds the port; rejects with the system's error. Resolves with where it really listens. */
  listen(): Promise<{ host: string; port: number }> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.options.port, this.options.host, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.hooks.fault(error));
        const bound = this.#server.address();
        if (bound === null || typeof bound === 'string') reject(new Error('the control port has no address'));
        else resolve({ host: bound.address, port: bound.port });
      });
    });
  }

  /** The application that gets the next new request of a method, in turn when there are several; null when none serves it. */
  choose(method: string): AppConnection | null {
    for (const app of this.#apps) {
      if (!serves(app, method)) continue;
      // To the back of the queue: the next one comes first next time.
      this.#apps.delete(app);
      this.#apps.add(app);
      return app;
    }
    return null;
  }

  /** Every application that presented the secret. */
  all(): AppConnection[] {
    return [...this.#apps];
  }

  /** Whether any application serves a method. */
  serves(method: string): boolean {
    for (const app of this.#apps) if (serves(app, method)) return true;
    return false;
  }

  /** Closes; applications have `graceMs` ms to take what is queued. */
  async close(graceMs: number): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await new Promise((resolve) => this.#server.close(resolve));
    clearTimeout(cut);
  }

  #accept(socket: Socket): void {
    const app = new AppConnection(socket, this.options.wallClock);
    const reader = new FrameReader();
    const deadline = setTimeout(() => {
      if (!app.authenticated) socket.destroy();
    }, AUTHENTICATE_MS);
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      const frames = reader.push(chunk, app.authenticated ? MAX_FRAME : MAX_UNAUTHENTICATED);
      if (frames === null) socket.destroy();
      else for (const bytes of frames) this.#guarded(app, socket, bytes);
    });
    socket.on('close', () => {
      clearTimeout(deadline);
      app.closed();
      this.#sockets.delete(socket);
      if (this.#apps.delete(app)) this.hooks.lost(app);
    });
  }

  #guarded(app: AppConnection, socket: Socket, bytes: Buffer): void {
    const command = parseCommand(bytes);
    if (command === null || (!app.authenticated && command.verb !== 'authenticate')) {
      socket.destroy();
      return;
    }
    try {
      this.#obey(app, command);
    } catch (error) {
      this.hooks.fault(error);
      app.reply(command.id, 'NOK|internal error of the signalling server');
    }
  }

  #obey(app: AppConnection, command: Command): void {
    switch (command.verb) {
      case 'authenticate':
        this.#authenticate(app, command.id, command.secret);
        break;
      case 'route':
        app.routes.add(command.method);
        app.reply(command.id, 'OK');
        break;
      case 'remove_route':
        app.routes.delete(command.method);
        app.reply(command.id, 'OK');
        break;
      case 'ping':
        app.reply(command.id, 'OK|pong');
        break;
      case 'sip':
        this.hooks.sip(app, command);
        break;
      case 'unknown':
        app.reply(command.id, `NOK|${command.name} is not supported by the embedded signalling server`);
    }
  }

  #authenticate(app: AppConnection, id: string, secret: string): void {
    if (!timingSafeEqual(digest(secret), this.#secret)) {
      app.reply(id, 'NO|incorrect secret');
      app.end();
      return;
    }
    const addresses = this.options.listening.join(',');
    app.authenticate();
    this.#apps.add(app);
    app.reply(id, `OK|${addresses}|${PROTOCOL_VERSION}|${addresses}`);
  }
}

/** Applications name methods in lower case; on the wire they are case-sensitive, and those we know are in capitals (RFC 3261 §7.1). */
function serves(app: AppConnection, method: string): boolean {
  return method === method.toUpperCase() && app.routes.has(method.toLowerCase());
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
