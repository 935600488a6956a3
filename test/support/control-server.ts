import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { until } from './sip-peer.js';

/** A message the application sent in a `sip` frame. */
export interface AppMessage {
  readonly id: string;
  readonly txn: string;
  readonly dialog: string;
  /** First line, e.g. `SIP/2.0 200 OK` or `BYE sip:placeholder SIP/2.0`. */
  readonly start: string;
  readonly text: string;
}

/** What a caller sends. */
export interface InviteText {
  readonly callId?: string;
  readonly uri?: string;
  readonly headers?: readonly string[];
  /** Header lines left out, by name. */
  readonly without?: readonly string[];
  readonly body?: string;
}

/**
 * The server's end of drachtio's control protocol, driven line by line by a test: it knows no SIP, it echoes what the application
 * sends as a server would, unless told to refuse or to stay silent.
 */
export class ControlServer {
  readonly sent: AppMessage[] = [];
  readonly routes: string[] = [];
  connections = 0;
  /** Text of a NOK given to the next responses of the application, null = echo. */
  refuseWith: string | null = null;
  /** Never echo. */
  mute = false;
  readonly #server: Server;
  #socket: Socket | null = null;
  #buffer = '';

  private constructor(private readonly secret: string) {
    this.#server = createServer((socket) => {
      this.connections++;
      this.#socket = socket;
      this.#buffer = '';
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => this.#read(socket, chunk));
      socket.on('error', () => undefined);
    });
  }

  static async start(secret = 'right', port = 0): Promise<ControlServer> {
    const control = new ControlServer(secret);
    await new Promise<void>((resolve) => control.#server.listen(port, '127.0.0.1', resolve));
    return control;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks the connection, as a crash of the server would. */
  drop(): void {
    this.#socket?.destroy();
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Frames in one write, so that the application reads them in one turn. */
  raw(...frames: readonly string[]): void {
    this.#socket?.write(frames.map((frame) => `${Buffer.byteLength(frame)}#${frame}`).join(''));
  }

  /** Bytes as they are, framing included or not. */
  garbage(text: string): void {
    this.#socket?.write(text);
  }

  /** A request from the network. Returns its transaction id. */
  request(text: string, options: { readonly txn?: string; readonly dialog?: string } = {}): string {
    const txn = options.txn ?? randomUUID();
    this.raw(networkFrame(text, txn, options.dialog ?? ''));
    return txn;
  }

  invite(invite: InviteText = {}): { readonly txn: string; readonly callId: string } {
    const callId = invite.callId ?? randomUUID();
    return { txn: this.request(inviteText({ ...invite, callId })), callId };
  }

  /** Waits for a message of the application. */
  async message(matches: (message: AppMessage) => boolean): Promise<AppMessage> {
    return until(() => this.sent.find(matches));
  }

  /** Waits for the final or provisional response of a transaction with a given status. */
  response(txn: string, status?: number): Promise<AppMessage> {
    return this.message((m) => m.txn === txn && m.start.startsWith(`SIP/2.0 ${status ?? ''}`));
  }

  #read(socket: Socket, chunk: string): void {
    this.#buffer += chunk;
    for (;;) {
      const hash = this.#buffer.indexOf('#');
      if (hash < 0) return;
      const length = Number(this.#buffer.slice(0, hash));
      if (this.#buffer.length < hash + 1 + length) return;
      const frame = this.#buffer.slice(hash + 1, hash + 1 + length);
      this.#buffer = this.#buffer.slice(hash + 1 + length);
      this.#take(socket, frame);
    }
  }

  #take(socket: Socket, frame: string): void {
    const lineEnd = frame.indexOf('\r\n');
    const [id = '', verb = '', ...rest] = (lineEnd < 0 ? frame : frame.slice(0, lineEnd)).split('|');
    if (verb === 'authenticate') {
      if (rest[0] === this.secret) this.#answer(id, 'OK|udp/127.0.0.1:5060,tcp/127.0.0.1:5060|v0.9.1|udp/127.0.0.1:5060');
      else {
        this.#answer(id, 'NO|incorrect secret');
        socket.end();
      }
    } else if (verb === 'route') {
      this.routes.push(rest[0] ?? '');
      this.#answer(id, 'OK');
    } else if (verb === 'sip') this.#takeSip(id, rest, frame.slice(lineEnd + 2));
  }

  #takeSip(id: string, [txn = '', dialog = '']: readonly string[], text: string): void {
    const start = text.slice(0, text.indexOf('\r\n'));
    this.sent.push({ id, txn, dialog, start, text });
    if (this.mute) return;
    if (this.refuseWith !== null) {
      this.#answer(id, `NOK|${this.refuseWith}`);
      return;
    }
    const isResponse = start.startsWith('SIP/2.0');
    const callId = /^call-id: *(.*)$/im.exec(text)?.[1] ?? '';
    const dialogId = dialog || (isResponse && /^cseq:.*INVITE/im.test(text) ? `${callId};from-tag=caller` : '');
    const sent = isResponse
      ? text.replace(/^(to: (?:(?!tag=).)*)$/im, '$1;tag=us').replace('\r\n\r\n', '\r\nContact: <sip:us@127.0.0.1:5060>\r\n\r\n')
      : text;
    const head = `OK|application|${sent.length}|udp|127.0.0.1|5062|10:00:00.000000`;
    if (isResponse) this.#answer(id, `${head}|${txn}|${dialogId}||Msg sent:|\r\n${sent}`);
    else this.#answer(id, `${head}|${randomUUID()}|Msg sent:|\r\n${sent}`);
  }

  #answer(id: string, text: string): void {
    this.raw(`${randomUUID()}|response|${id}|${text}`);
  }
}

/** The frame of a request from the network, or of one the server made by itself. */
export function networkFrame(text: string, txn: string, dialog: string, source = 'network'): string {
  return `${randomUUID()}|sip|${source}|${text.length}|udp|127.0.0.1|5062|10:00:00.000000|${txn}|${dialog}|\r\n${text}`;
}

/** An INVITE as a plain phone sends it. */
export function inviteText(invite: InviteText = {}): string {
  const body = invite.body ?? '';
  const lines = [
    `INVITE ${invite.uri ?? 'sip:100@127.0.0.1'} SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1;rport=5062',
    'From: "Ann" <sip:+4930123@example.org>;tag=caller',
    'To: <sip:100@127.0.0.1>',
    `Call-ID: ${invite.callId ?? 'call-1'}`,
    'CSeq: 1 INVITE',
    'Contact: <sip:ann@127.0.0.1:5062>',
    'Max-Forwards: 70',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ...(invite.headers ?? []),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const without = (invite.without ?? []).map((name) => `${name.toLowerCase()}:`);
  const kept = lines.filter((line) => !without.some((name) => line.toLowerCase().startsWith(name)));
  return `${kept.join('\r\n')}\r\n\r\n${body}`;
}

/** A request inside the dialog that our 200 to `inviteText` made. */
export function insideText(method: string, callId: string, options: { headers?: readonly string[]; body?: string } = {}): string {
  const body = options.body ?? '';
  return [
    `${method} sip:us@127.0.0.1:5060 SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK2;rport=5062',
    'From: "Ann" <sip:+4930123@example.org>;tag=caller',
    'To: <sip:100@127.0.0.1>;tag=us',
    `Call-ID: ${callId}`,
    `CSeq: 2 ${method}`,
    'Contact: <sip:ann@127.0.0.1:5062>',
    ...(options.headers ?? []),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
