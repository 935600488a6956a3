import { createSocket, type Socket } from 'node:dgram';
import { connect, type Socket as TcpSocket } from 'node:net';

/** A message as it came over the wire, read no further than a test needs. */
export interface WireMessage {
  readonly text: string;
  readonly startLine: string;
  /** Status of a response, 0 for a request. */
  readonly status: number;
  /** Method of a request, or of the CSeq of a response. */
  readonly method: string;
  readonly body: string;
  /** First value of a header by its long name, `''` when absent. */
  header(name: string): string;
  headers(name: string): string[];
}

export function readWire(text: string): WireMessage {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [startLine = '', ...lines] = head.split('\r\n');
  const headers = (name: string): string[] =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      .map((line) => line.slice(name.length + 1).trim());
  const header = (name: string): string => headers(name)[0] ?? '';
  const status = Number(/^SIP\/2\.0 (\d{3})/.exec(startLine)?.[1] ?? 0);
  const method = status === 0 ? (startLine.split(' ')[0] ?? '') : (header('CSeq').split(' ')[1] ?? '');
  return { text, startLine, status, method, body: rest.join('\r\n\r\n'), header, headers };
}

/** Waits until `check` gives something; rejects after `ms` ms with what was awaited. */
export async function until<T>(check: () => T | undefined | null | false, what = 'a condition', ms = 15_000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = check();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A far end that sends exactly the text it is given and remembers everything that comes. */
export abstract class SipFarEnd {
  readonly messages: WireMessage[] = [];
  abstract readonly port: number;
  abstract readonly transport: 'UDP' | 'TCP';
  #taken = 0;

  abstract send(text: string | Buffer): void;
  abstract close(): void;

  /** The next message that fits, among those not returned yet. */
  next(fits: (message: WireMessage) => boolean, what = 'a SIP message'): Promise<WireMessage> {
    return until(() => {
      for (let index = this.#taken; index < this.messages.length; index++) {
        const message = this.messages[index];
        if (message === undefined || !fits(message)) continue;
        this.#taken = index + 1;
        return message;
      }
      return null;
    }, what).catch((error: unknown) => {
      const seen = this.messages.map(({ startLine }) => startLine).join(' | ');
      throw new Error(`${error instanceof Error ? error.message : String(error)}; seen: ${seen}`);
    });
  }

  status(status: number, method?: string): Promise<WireMessage> {
    return this.next((m) => m.status === status && (method === undefined || m.method === method), `a ${status}`);
  }

  request(method: string): Promise<WireMessage> {
    return this.next((m) => m.status === 0 && m.method === method, `a ${method}`);
  }

  /** How often a message has come. */
  count(fits: (message: WireMessage) => boolean): number {
    return this.messages.filter(fits).length;
  }
}

/** A raw SIP peer over UDP. */
export class SipPeer extends SipFarEnd {
  readonly transport = 'UDP';

  private constructor(
    private readonly socket: Socket,
    readonly port: number,
    private readonly server: number,
    private readonly host: string,
  ) {
    super();
    socket.on('message', (bytes) => this.messages.push(readWire(bytes.toString())));
  }

  /** Told of every datagram as it came. */
  onBytes(told: (bytes: Buffer) => void): void {
    this.socket.on('message', told);
  }

  /**
   * @param server UDP port of the server under test, on 127.0.0.1, or ::1 for a peer there
   * @param address the peer's own
   */
  static open(server: number, address = '127.0.0.1'): Promise<SipPeer> {
    const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
    return new Promise((resolve) => {
      socket.bind(0, address, () =>
        resolve(new SipPeer(socket, socket.address().port, server, address === '::1' ? address : '127.0.0.1')),
      );
    });
  }

  send(text: string | Buffer): void {
    this.socket.send(text, this.server, this.host);
  }

  close(): void {
    this.socket.close();
  }
}

/** A raw SIP peer over one TCP connection; `closed` when the server has closed it. */
export class SipStream extends SipFarEnd {
  readonly transport = 'TCP';
  closed = false;
  #held: Buffer = Buffer.alloc(0);

  private constructor(private readonly socket: TcpSocket) {
    super();
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  static open(port: number): Promise<SipStream> {
    const socket = connect({ host: '127.0.0.1', port });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => resolve(new SipStream(socket)));
    });
  }

  get port(): number {
    return this.socket.localPort ?? 0;
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    for (;;) {
      const end = this.#held.indexOf('\r\n\r\n');
      if (end === -1) return;
      const length = Number(/^content-length: *(\d+)/im.exec(this.#held.toString('latin1', 0, end))?.[1] ?? 0);
      if (this.#held.length < end + 4 + length) return;
      this.messages.push(readWire(this.#held.toString('utf8', 0, end + 4 + length)));
      this.#held = this.#held.subarray(end + 4 + length);
    }
  }
}

/** Parts of a request that tests vary. */
export interface RequestParts {
  readonly method: string;
  readonly uri?: string;
  readonly port: number;
  readonly transport?: 'UDP' | 'TCP';
  readonly branch?: string;
  readonly callId: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly seq?: number;
  readonly headers?: readonly string[];
  readonly body?: string;
}

let branches = 0;

/** A plain, correct request. */
export function requestText(parts: RequestParts): string {
  const { method, port, callId, seq = 1, body = '' } = parts;
  const branch = parts.branch ?? `z9hG4bKtest${++branches}x${port}`;
  return [
    `${method} ${parts.uri ?? 'sip:ivr@127.0.0.1'} SIP/2.0`,
    `Via: SIP/2.0/${parts.transport ?? 'UDP'} 127.0.0.1:${port};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: "Caller" <sip:caller@127.0.0.1:${port}>;tag=${parts.fromTag ?? 'from1'}`,
    `To: <sip:ivr@127.0.0.1>${parts.toTag === undefined ? '' : `;tag=${parts.toTag}`}`,
    `Call-ID: ${callId}`,
    `CSeq: ${seq} ${method}`,
    `Contact: <sip:caller@127.0.0.1:${port}>`,
    ...(parts.headers ?? []),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** The answer of a peer to a request it got. */
export function answerText(
  request: WireMessage,
  answer: { status: number; reason?: string; tag?: string; contact?: string; headers?: readonly string[]; body?: string },
): string {
  const { body = '' } = answer;
  const to = request.header('To');
  return [
    `SIP/2.0 ${answer.status} ${answer.reason ?? 'Whatever'}`,
    ...request.headers('Via').map((value) => `Via: ${value}`),
    `From: ${request.header('From')}`,
    `To: ${to}${answer.tag === undefined || to.includes(';tag=') ? '' : `;tag=${answer.tag}`}`,
    `Call-ID: ${request.header('Call-ID')}`,
    `CSeq: ${request.header('CSeq')}`,
    ...(answer.contact === undefined ? [] : [`Contact: <${answer.contact}>`]),
    ...(answer.headers ?? []),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

export const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';

/** A raw byte stream to the server. */
export class TcpPeer {
  received = '';
  closed = false;

  private constructor(private readonly socket: TcpSocket) {
    socket.on('data', (chunk) => (this.received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  static open(port: number): Promise<TcpPeer> {
    const socket = connect({ host: '127.0.0.1', port });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => resolve(new TcpPeer(socket)));
    });
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  close(): void {
    this.socket.destroy();
  }
}
