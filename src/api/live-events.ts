import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { recurring } from '../lib/log/background.js';
import type { Clock } from '../lib/clock.js';
import type { Code } from '../lib/codes.js';
import { errorTrace } from '../lib/error-message.js';
import type { Logger } from '../lib/log/log.js';
import type { ApiConnections } from './http/connections.js';
import { AUTH_REFUSALS, type Authenticator } from './http/authenticator.js';
import type { ApiFeed, FeedEvent } from './ports.js';
import { errorBody } from './http/reply.js';
import { portableJsonText } from '../lib/json/json-text.js';

/** What clients need to know, in Markdown; part of the OpenAPI document, which has no words for WebSockets. */
export const LIVE_EVENTS_DOC = `Live events come over a WebSocket at \`/v1/events\` (same keys, same headers), one JSON object per message:

- \`{ "type": "call.started", "callId", "at", "flowId", "facts" }\`
- \`{ "type": "journal", "callId", "entry" }\` for every entry of a call's timeline
- \`{ "type": "call.ended", "callId", "at", "termination" }\`
- \`{ "type": "call.refused", "at", "status", "reason" }\` for a call that never began

\`?call=ID\` selects the events of one call. Clients send nothing. Offhook closes the connection of a client that reads too slowly (close code 1013 or none).
The events that this client missed are in \`GET /v1/calls/{id}\`.`;

const PATH = '/v1/events';
/** A client that has so much waiting is dropped: it can reconnect, memory cannot. Bytes. */
const MAX_WAITING = 1024 * 1024;
const MAX_CLIENTS = 100;
const HEARTBEAT_MS = 30_000;
/** Largest message a client may send, bytes. */
const MAX_PAYLOAD = 1024;
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

/** The messages an event becomes. */
function messagesOf(event: FeedEvent): readonly object[] {
  if (event.kind === 'refused') return [{ type: 'call.refused', at: event.at, status: event.status, reason: event.reason }];
  const { callId, entry } = event;
  const journal = { type: 'journal', callId, entry };
  if (entry.type === 'call') {
    return [{ type: 'call.started', callId, at: entry.at, flowId: entry.flowId, facts: entry.facts }, journal];
  }
  return entry.type === 'end'
    ? [journal, { type: 'call.ended', callId, at: entry.at, termination: entry.termination }]
    : [journal];
}

interface Client {
  readonly socket: WebSocket;
  /** Null: events of all calls. */
  readonly call: string | null;
  alive: boolean;
}

export interface LiveEventsOptions {
  readonly server: Server;
  readonly feed: ApiFeed;
  readonly connections: Pick<ApiConnections, 'hasRoom'>;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves /v1/events on an HTTP server until closed. */
export class LiveEvents {
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD, perMessageDeflate: false });
  readonly #clients = new Set<Client>();
  readonly #options: LiveEventsOptions;
  readonly #unsubscribe: () => void;
  readonly #cancelHeartbeat: () => void;

  constructor(options: LiveEventsOptions) {
    this.#options = options;
    this.#unsubscribe = options.feed.subscribe((event) => this.#publish(event));
    options.server.on('upgrade', (request, socket, head) => {
      // Until the handshake is over nobody else listens for errors of this socket.
      socket.on('error', () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        options.log.error({ code: 'API_FAILED', error: errorTrace(error) }, 'a WebSocket could not be opened');
        socket.destroy();
      });
    });
    this.#cancelHeartbeat = this.#heartbeat();
  }

  close(): void {
    this.#unsubscribe();
    this.#cancelHeartbeat();
    for (const { socket } of this.#clients) socket.close(GOING_AWAY, 'Offhook is stopping');
    this.#sockets.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { connections, authenticator } = this.#options;
    if (!connections.hasRoom(request)) {
      refuse(socket, 503, 'API_TOO_MANY_CONNECTIONS');
      return;
    }
    const target = targetOf(request.url ?? '');
    const verdict = await authenticator.authenticate({ headers: request.headers, address: request.socket.remoteAddress ?? '' });
    if (verdict !== 'ok') refuse(socket, ...AUTH_REFUSALS[verdict]);
    else if (target?.pathname !== PATH) refuse(socket, 404, 'API_NOT_FOUND');
    else if (!authenticator.allowsOrigin(request.headers)) refuse(socket, 403, 'API_FOREIGN_PAGE');
    else if (this.#clients.size >= MAX_CLIENTS) refuse(socket, 503, 'API_TOO_MANY_CLIENTS');
    else this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#add(opened, target.searchParams.get('call')));
  }

  #add(socket: WebSocket, call: string | null): void {
    const client: Client = { socket, call, alive: true };
    this.#clients.add(client);
    socket.on('pong', () => (client.alive = true));
    socket.on('close', () => this.#clients.delete(client));
    // `close` follows.
    socket.on('error', () => socket.terminate());
  }

  #publish(event: FeedEvent): void {
    const callId = event.kind === 'journal' ? event.callId : null;
    const wanted = [...this.#clients].filter(({ call }) => call === null || call === callId);
    if (wanted.length === 0) return;
    const texts = messagesOf(event).map((message) => portableJsonText(message));
    for (const { socket } of wanted) {
      if (socket.readyState !== socket.OPEN) continue;
      if (socket.bufferedAmount > MAX_WAITING) {
        this.#options.log.warn({ waiting: socket.bufferedAmount }, 'a client of live events is too slow and was dropped');
        socket.close(TRY_AGAIN_LATER, 'too slow');
        socket.terminate();
        continue;
      }
      for (const text of texts) socket.send(text);
    }
  }

  #heartbeat(): () => void {
    const { clock, log } = this.#options;
    return recurring('heartbeat of live events', { clock, log, everyMs: HEARTBEAT_MS }, () => {
      for (const client of this.#clients) {
        if (!client.alive) client.socket.terminate();
        else {
          client.alive = false;
          client.socket.ping();
        }
      }
    });
  }
}

/** The URL a request names; null when it names none. */
function targetOf(url: string): URL | null {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : null;
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** Answers an upgrade as plain HTTP. */
function refuse(socket: Duplex, status: number, code: Code): void {
  const body = JSON.stringify(errorBody(code));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  // A client that does not end its side would keep the connection for ever.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
