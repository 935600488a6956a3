import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/*
 * A SIP server of a few lines for the tests of the phone: raw datagrams and regular expressions, so that it shares no code with what
 * it tests.
 */

export interface SipText {
  readonly startLine: string;
  readonly method: string;
  readonly status: number;
  readonly text: string;
  readonly body: string;
  header(name: string): string;
  readonly from: RemoteInfo;
}

function read(text: string, from: RemoteInfo): SipText {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const startLine = head.split('\r\n')[0] ?? '';
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
  const status = Number(/^SIP\/2.0 (\d+)/.exec(startLine)?.[1] ?? 0);
  return { startLine, method: status === 0 ? (startLine.split(' ')[0] ?? '') : '', status, text, body, header, from };
}

export class Uas {
  /** Every message received, in order. */
  readonly received: SipText[] = [];
  /** RTP datagrams received. */
  readonly packets: Buffer[] = [];
  rtpFrom: RemoteInfo | null = null;
  onRequest: (request: SipText) => void = () => undefined;
  #seq = 100;

  private constructor(
    private readonly sip: Socket,
    private readonly rtp: Socket,
  ) {
    sip.on('message', (bytes, from) => {
      const message = read(bytes.toString(), from);
      this.received.push(message);
      if (message.status === 0) this.onRequest(message);
    });
    rtp.on('message', (bytes, from) => {
      this.packets.push(bytes);
      this.rtpFrom = from;
    });
  }

  static async open(): Promise<Uas> {
    const bind = (): Promise<Socket> =>
      new Promise((resolve) => {
        const socket = createSocket('udp4');
        socket.bind(0, '127.0.0.1', () => resolve(socket));
      });
    return new Uas(await bind(), await bind());
  }

  get target(): string {
    return `sip:100@127.0.0.1:${this.sip.address().port}`;
  }

  /** Requests of this method received so far. */
  requests(method: string): SipText[] {
    return this.received.filter((message) => message.method === method);
  }

  sdp(lines: readonly string[] = ['a=sendrecv'], codecs = '0 101'): string {
    const { port } = this.rtp.address();
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${port} RTP/AVP ${codecs}`,
      'a=rtpmap:101 telephone-event/8000',
      ...lines,
      '',
    ].join('\r\n');
  }

  respond(request: SipText, status: number, { reason = 'X', body = '', headers = [] as readonly string[] } = {}): void {
    const to = request.header('To');
    const text = [
      `SIP/2.0 ${status} ${reason}`,
      ...[...request.text.matchAll(/^Via: .*$/gim)].map(([line]) => line.trim()),
      `From: ${request.header('From')}`,
      `To: ${to.includes('tag=') || status === 100 ? to : `${to};tag=far`}`,
      `Call-ID: ${request.header('Call-ID')}`,
      `CSeq: ${request.header('CSeq')}`,
      `Contact: <sip:far@127.0.0.1:${this.sip.address().port}>`,
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
    this.sip.send(text, request.from.port, request.from.address);
  }

  /** A request of ours inside the dialog that `invite` began. */
  request(method: string, invite: SipText, { body = '', headers = [] as readonly string[], seq = ++this.#seq } = {}): void {
    const { address, port } = invite.from;
    const text = [
      `${method} ${/<(.*)>/.exec(invite.header('Contact'))?.[1] ?? ''} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.sip.address().port};branch=z9hG4bK-${method}-${seq}`,
      `From: ${invite.header('To')};tag=far`,
      `To: ${invite.header('From')}`,
      `Call-ID: ${invite.header('Call-ID')}`,
      `CSeq: ${seq} ${method}`,
      'Max-Forwards: 70',
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
    this.sip.send(text, port, address);
  }

  /** Sends one RTP datagram to the address in the phone's SDP. */
  sendRtp(bytes: Uint8Array, sdp: string): void {
    this.rtp.send(bytes, Number(/m=audio (\d+)/.exec(sdp)?.[1]), '127.0.0.1');
  }

  close(): void {
    this.sip.close();
    this.rtp.close();
  }
}
