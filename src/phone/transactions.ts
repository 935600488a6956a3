import {
  header,
  headerLines,
  type SipHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../sip/server/message/message.js';
import { param, parseCSeq, parseVia } from '../sip/server/message/headers.js';
import type { Place, Wire } from './wire.js';

/** RFC 3261 §17.1.1.1 and its table 4, ms. */
const T1 = 500;
const T2 = 4000;
const TRANSACTION_LIMIT = 64 * T1;

/** Told about the responses of one request; `null` when none came in time (timer B or F). */
export type OnResponse = (response: SipResponse | null) => void;

interface Client {
  readonly method: string;
  readonly onResponse: OnResponse;
  /** A final response came. */
  answered: boolean;
  /** Ends retransmission and time limit. */
  stop(): void;
}

/** The branch of the topmost Via. */
function branchOf(message: SipMessage): string {
  const via = parseVia(header(message, 'Via') ?? '');
  return via === null ? '' : (param(via.params, 'branch') ?? '');
}

/** Method in CSeq: a CANCEL shares its branch with the INVITE it cancels (RFC 3261 §9.1). */
const cseqMethod = (message: SipMessage): string => parseCSeq(header(message, 'CSeq') ?? '')?.method ?? '';

/** How a final response to our INVITE is handled is the dialog's business; every response is passed on, repeats included. */
export class Transactions {
  readonly #clients = new Map<string, Client>();
  /** Responses already given, by branch and method: a repeated request gets the same again (RFC 3261 §17.2). */
  readonly #answered = new Map<string, { readonly response: SipResponse; readonly to: Place }>();
  /** 2xx to re-INVITEs, sent until their ACK comes (RFC 3261 §13.3.1.4), by CSeq number. */
  readonly #unacked = new Map<number, () => void>();

  constructor(private readonly wire: Wire) {}

  /** Sends a request and follows its responses; retransmits over UDP (timers A and E). */
  request(message: SipRequest, to: Place, onResponse: OnResponse): void {
    const invite = message.method === 'INVITE';
    const key = `${branchOf(message)} ${message.method}`;
    const repeat = this.#repeat(message, to, { firstMs: T1, longestMs: invite ? TRANSACTION_LIMIT : T2 });
    const limit = setTimeout(() => {
      client.stop();
      this.#clients.delete(key);
      onResponse(null);
    }, TRANSACTION_LIMIT);
    const client: Client = {
      method: message.method,
      onResponse,
      answered: false,
      stop: () => {
        repeat();
        clearTimeout(limit);
      },
    };
    this.#clients.set(key, client);
    this.wire.send(message, to);
  }

  /** Passes a response to its request. False for one that belongs to none. */
  response(message: SipResponse): boolean {
    const client = this.#clients.get(`${branchOf(message)} ${cseqMethod(message)}`);
    if (client === undefined) return false;
    // A provisional response ends the retransmission of an INVITE for good, a final one that of any request.
    if (message.status >= 200 || client.method === 'INVITE') client.stop();
    client.answered ||= message.status >= 200;
    client.onResponse(message);
    return true;
  }

  /** True when the request was answered before; the same answer is sent again. */
  repeated(request: SipRequest): boolean {
    const known = this.#answered.get(`${branchOf(request)} ${request.method}`);
    if (known === undefined) return false;
    this.wire.send(known.response, known.to);
    return true;
  }

  /** Answers a request of the far end. A 2xx to an INVITE is repeated until {@link acked}. */
  answer(request: SipRequest, response: SipResponse, to: Place): void {
    this.#answered.set(`${branchOf(request)} ${request.method}`, { response, to });
    this.wire.send(response, to);
    const seq = parseCSeq(header(request, 'CSeq') ?? '')?.seq;
    if (request.method !== 'INVITE' || response.status >= 300 || seq === undefined) return;
    const stop = this.#repeat(response, to, { firstMs: T1, longestMs: T2, evenOnStreams: true });
    const limit = setTimeout(stop, TRANSACTION_LIMIT);
    this.#unacked.set(seq, () => {
      stop();
      clearTimeout(limit);
    });
  }

  /** An ACK came. */
  acked(ack: SipRequest): void {
    const seq = parseCSeq(header(ack, 'CSeq') ?? '')?.seq ?? -1;
    this.#unacked.get(seq)?.();
    this.#unacked.delete(seq);
  }

  /** Stops all timers; requests still without a final response are told that none will come. */
  close(): void {
    const open = [...this.#clients.values()];
    this.#clients.clear();
    for (const stop of this.#unacked.values()) stop();
    this.#unacked.clear();
    for (const client of open) {
      client.stop();
      if (!client.answered) client.onResponse(null);
    }
  }

  /** Sends again after `firstMs`, doubling up to `longestMs`, until the returned function is called. */
  #repeat(
    message: SipMessage,
    to: Place,
    { firstMs, longestMs, evenOnStreams = false }: { firstMs: number; longestMs: number; evenOnStreams?: boolean },
  ): () => void {
    if (this.wire.transport !== 'udp' && !evenOnStreams) return () => undefined;
    let wait = firstMs;
    let timer = setTimeout(again, wait);
    const { wire } = this;
    function again(): void {
      wire.send(message, to);
      wait = Math.min(longestMs, wait * 2);
      timer = setTimeout(again, wait);
    }
    return () => {
      clearTimeout(timer);
    };
  }
}

/** Headers of a response that repeat those of its request (RFC 3261 §8.2.6.2). */
export function echoedHeaders(request: SipRequest, toTag: string): SipHeader[] {
  const to = header(request, 'To') ?? '';
  return [
    ...headerLines(request, 'Via').map((value) => ({ name: 'Via', value })),
    { name: 'From', value: header(request, 'From') ?? '' },
    { name: 'To', value: /;\s*tag=/i.test(to) ? to : `${to};tag=${toTag}` },
    { name: 'Call-ID', value: header(request, 'Call-ID') ?? '' },
    { name: 'CSeq', value: header(request, 'CSeq') ?? '' },
  ];
}
