import { formatNameAddr, param, parseNameAddr, splitList } from '../sip/server/message/headers.js';
import { newBranch, newCallId, newTag } from '../sip/server/message/ids.js';
import {
  EMPTY_BODY,
  header,
  headerLines,
  type SipHeader,
  type SipRequest,
  type SipResponse,
} from '../sip/server/message/message.js';
import { hostForm, parseSipUri } from '../sip/server/message/uri.js';
import { echoedHeaders } from './transactions.js';
import { resolveHost, type Place, type Wire } from './wire.js';

/** Default SIP port (RFC 3261 §19.1.2). */
const SIP_PORT = 5060;
const USER_AGENT = 'Offhook test phone';
const ALLOW = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE';
/** Addresses that say "somewhere here": no use as a destination. */
const UNSPECIFIED = new Set(['0.0.0.0', '::']);

export interface MessageBody {
  readonly type: string;
  readonly text: string;
}

const sdpBody = (text: string): MessageBody => ({ type: 'application/sdp', text });

/** The caller's side of one dialog (RFC 3261 §12): writes its requests and answers, keeps tags, numbers, route set and target. */
export class Dialog {
  readonly callId = newCallId();
  readonly #localTag = newTag();
  #remoteTag: string | null = null;
  #seq = 1;
  #routes: readonly string[] = [];
  #remoteTarget: string;
  #place: Place;

  /** @param first where the INVITE goes */
  constructor(
    private readonly wire: Wire,
    private readonly target: string,
    private readonly from: string,
    first: Place,
  ) {
    this.#remoteTarget = target;
    this.#place = first;
  }

  /** Where requests go now: the first route, else the far end's Contact. */
  get place(): Place {
    return this.#place;
  }

  /** Address other programs reach this phone by. */
  get contact(): string {
    const { address, port } = this.wire.local;
    return `<sip:phone@${hostForm(address)}:${port}${this.wire.transport === 'tcp' ? ';transport=tcp' : ''}>`;
  }

  /** The first INVITE, or a re-INVITE once the dialog is established. */
  invite(sdp: string | null, extra: Readonly<Record<string, string>> = {}): SipRequest {
    const more = [
      { name: 'Contact', value: this.contact },
      { name: 'Allow', value: ALLOW },
      ...Object.entries(extra).map(([name, value]) => ({ name, value })),
    ];
    return this.#request('INVITE', ++this.#seq, { more, body: sdp === null ? null : sdpBody(sdp) });
  }

  /** A request inside the dialog: BYE, INFO. */
  inside(method: string, body: MessageBody | null = null): SipRequest {
    return this.#request(method, ++this.#seq, { body });
  }

  /** ACK of a 2xx: a transaction of its own (RFC 3261 §13.2.2.4). */
  ack(seq: number, sdp: string | null = null): SipRequest {
    return this.#request('ACK', seq, { body: sdp === null ? null : sdpBody(sdp) });
  }

  /** ACK of a refusal: part of the INVITE's transaction (RFC 3261 §17.1.1.3). */
  ackRefusal(invite: SipRequest, refusal: SipResponse): SipRequest {
    return this.#sibling(invite, 'ACK', header(refusal, 'To') ?? '');
  }

  /** CANCEL of the INVITE (RFC 3261 §9.1). */
  cancel(invite: SipRequest): SipRequest {
    return this.#sibling(invite, 'CANCEL', header(invite, 'To') ?? '');
  }

  /** Takes tag, route set and target from a 2xx (RFC 3261 §12.1.2); on a later one only the target (§12.2.1.2). */
  async establish(response: SipResponse): Promise<void> {
    if (this.#remoteTag === null) {
      const to = parseNameAddr(header(response, 'To') ?? '');
      this.#remoteTag = to === null ? '' : (param(to.params, 'tag') ?? '');
      this.#routes = headerLines(response, 'Record-Route').flatMap(splitList).reverse();
    }
    await this.refreshTarget(header(response, 'Contact'));
  }

  /** A new Contact of the far end. */
  async refreshTarget(contact: string | null): Promise<void> {
    const address = parseNameAddr(splitList(contact ?? '')[0] ?? '');
    if (address !== null) this.#remoteTarget = address.uri;
    const next = parseNameAddr(this.#routes[0] ?? '')?.uri ?? this.#remoteTarget;
    const uri = parseSipUri(next);
    const host = uri === null ? null : await resolveHost(uri.host);
    if (uri !== null && host !== null && !UNSPECIFIED.has(host)) this.#place = { address: host, port: uri.port ?? SIP_PORT };
  }

  /** An answer to a request of the far end. */
  response(request: SipRequest, status: number, reason: string, sdp: string | null = null): SipResponse {
    const headers = [...echoedHeaders(request, this.#localTag), { name: 'User-Agent', value: USER_AGENT }];
    if (status < 300) headers.push({ name: 'Contact', value: this.contact }, { name: 'Allow', value: ALLOW });
    if (sdp !== null) headers.push({ name: 'Content-Type', value: 'application/sdp' });
    return { kind: 'response', status, reason, headers, body: sdp === null ? EMPTY_BODY : Buffer.from(sdp) };
  }

  #request(
    method: string,
    seq: number,
    { more = [], body }: { more?: readonly SipHeader[]; body: MessageBody | null },
  ): SipRequest {
    const to = { display: null, uri: this.target, params: this.#remoteTag === null ? [] : ([['tag', this.#remoteTag]] as const) };
    const headers = [
      { name: 'Via', value: this.#via() },
      { name: 'Max-Forwards', value: '70' },
      ...this.#routes.map((value) => ({ name: 'Route', value })),
      { name: 'From', value: formatNameAddr({ display: null, uri: this.from, params: [['tag', this.#localTag]] }) },
      { name: 'To', value: formatNameAddr(to) },
      { name: 'Call-ID', value: this.callId },
      { name: 'CSeq', value: `${seq} ${method}` },
      { name: 'User-Agent', value: USER_AGENT },
      ...more,
      ...(body === null ? [] : [{ name: 'Content-Type', value: body.type }]),
    ];
    const uri = this.#remoteTarget;
    return { kind: 'request', method, uri, headers, body: body === null ? EMPTY_BODY : Buffer.from(body.text) };
  }

  /** A request with the branch, number and target of another one. */
  #sibling(invite: SipRequest, method: string, to: string): SipRequest {
    const kept = ['Via', 'Max-Forwards', 'Route', 'From', 'Call-ID'];
    const headers = invite.headers.filter(({ name }) => kept.includes(name));
    const seq = header(invite, 'CSeq')?.split(' ')[0] ?? '1';
    const own = [
      { name: 'To', value: to },
      { name: 'CSeq', value: `${seq} ${method}` },
    ];
    return { kind: 'request', method, uri: invite.uri, headers: [...headers, ...own], body: EMPTY_BODY };
  }

  #via(): string {
    const { address, port } = this.wire.local;
    return `SIP/2.0/${this.wire.transport.toUpperCase()} ${hostForm(address)}:${port};branch=${newBranch()};rport`;
  }
}
