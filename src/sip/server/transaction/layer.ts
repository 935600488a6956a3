import type { RequestEnvelope, ResponseEnvelope } from '../message/envelope.js';
import { newId } from '../message/ids.js';
import { EMPTY_BODY, serialize } from '../message/message.js';
import type { Transports } from '../transport/transports.js';
import type { Hop } from '../message/hop.js';
import { parseSipUri } from '../message/uri.js';
import { composeFailureAck } from '../message/compose.js';
import { KeptRefusal } from './kept-refusal.js';
import { responseHop } from '../message/response-route.js';
import { Transaction, type TransactionEnvironment } from './transaction.js';
import { isSamePlace, Ways, type Way } from './ways.js';

const COOKIE = 'z9hG4bK';

/** A request from the network and the answers to it. */
export interface ServerTransaction {
  /** Its name on the control port. */
  readonly id: string;
  readonly envelope: RequestEnvelope;
  /** Where answers go (RFC 3261 §18.2.2). */
  readonly hop: Hop;
  readonly machine: Transaction<RequestEnvelope>;
  /** The request is in progress no longer: one like it by another way is a request of its own. */
  readonly release: () => void;
}

/** A request of ours and its answers. */
export interface ClientTransaction {
  readonly id: string;
  readonly branch: string;
  /**
   * Where it was answered, or is sent now, and the request as it goes there, without its body: for ACK and CANCEL (RFC 3261
   * §17.1.1.3, §9.1).
   */
  readonly current: Way;
  readonly machine: Transaction<ResponseEnvelope>;
}

/** A request of ours, ready for the wire. */
export interface Sending extends Way {
  readonly branch: string;
  /** Where else its far end may be reached, in the order to try; all with the branch of this one. */
  readonly others?: readonly Way[];
}

/** What becomes of a request of ours. `lost` and `timeout` come instead of a final response (RFC 3261 §8.1.3.1). */
export interface ClientHooks {
  response(response: ResponseEnvelope): void;
  ack?(response: ResponseEnvelope): void;
  timeout(): void;
  lost(): void;
  /** The transaction can match nothing any more. */
  ended?(): void;
}

/** Longest wait for another place when the first one does not know the call, in T1. */
const ELSEWHERE_T1 = 8;

interface Client {
  readonly machine: Transaction<ResponseEnvelope>;
  readonly ways: Ways;
  readonly kept: KeptRefusal;
}

/** All transactions, and which one a message belongs to (RFC 3261 §17.1.3, §17.2.3). */
export class TransactionLayer {
  /** Without their requests: a transaction outlives the interest in what was asked by 32 s. */
  readonly #servers = new Map<string, { readonly id: string; readonly machine: Transaction<RequestEnvelope> }>();
  readonly #clients = new Map<string, Client>();
  /** Out-of-dialog requests in progress, by what a merged one has in common with them (RFC 3261 §8.2.2.2). */
  readonly #merging = new Map<string, string>();

  constructor(
    private readonly env: TransactionEnvironment,
    private readonly transports: Transports,
  ) {}

  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  /** Gives a request to the transaction it belongs to, if there is one: a repeat, or the ACK of a failure. */
  absorb(request: RequestEnvelope): boolean {
    const isAck = request.message.method === 'ACK';
    const found = this.#servers.get(serverKey(request, isAck ? 'INVITE' : request.message.method));
    if (found === undefined) return false;
    // The ACK of a 2xx from a peer that keeps the branch is the dialog's.
    if (isAck) return found.machine.state === 'accepted' ? false : (found.machine.fire('ack', request), true);
    found.machine.fire('request', request);
    return true;
  }

  /** Id of the INVITE a CANCEL means (RFC 3261 §9.2). */
  cancelled(cancel: RequestEnvelope): string | null {
    return this.#servers.get(serverKey(cancel, 'INVITE'))?.id ?? null;
  }

  /**
   * The same request is here already, by another way through the network (RFC 3261 §8.2.2.2): From tag, Call-ID, CSeq and
   * Request-URI agree with one that waits for its final answer, or with an INVITE that was accepted and whose transaction lasts.
   * One that was refused or cancelled is over: a proxy may send the call here again.
   */
  isMerged(request: RequestEnvelope): boolean {
    return request.toTag === '' && this.#merging.has(mergeKey(request));
  }

  /** Opens the server transaction of a new request. */
  serve(envelope: RequestEnvelope): ServerTransaction {
    const key = serverKey(envelope, envelope.message.method);
    const hop = responseHop(envelope);
    const merge = envelope.toTag === '' ? mergeKey(envelope) : '';
    const invite = envelope.message.method === 'INVITE';
    const machine = new Transaction<RequestEnvelope>(invite ? 'invite-server' : 'server', hop.transport === 'tcp', this.env, {
      send: (bytes, refused) => this.transports.send(bytes, hop, refused),
      terminated: () => {
        this.#servers.delete(key);
        release();
      },
    });
    const release = (): void => {
      if (this.#merging.get(merge) === key) this.#merging.delete(merge);
    };
    const id = newId();
    this.#servers.set(key, { id, machine });
    if (merge !== '') this.#merging.set(merge, key);
    return { id, envelope: { ...envelope, message: { ...envelope.message, body: EMPTY_BODY } }, hop, machine, release };
  }

  /** Sends an answer through its transaction; false when the transaction has had its final answer already. */
  respond(transaction: ServerTransaction, status: number, bytes: Buffer): boolean {
    const invite = transaction.machine.kind === 'invite-server';
    const event = status < 200 ? '1xx' : invite && status < 300 ? '2xx' : 'final';
    if (transaction.machine.state === 'accepted') return false;
    if (event === 'final') transaction.release();
    return transaction.machine.fire(event, undefined, bytes);
  }

  /** Sends a request that carries `branch` in its top Via, and looks after it. */
  request(sending: Sending, hooks: ClientHooks): ClientTransaction {
    const { branch } = sending;
    const { method } = sending.request;
    const ways = new Ways([withoutBody(sending), ...(sending.others ?? []).map(withoutBody)]);
    const kept = new KeptRefusal(this.env.wheel);
    const key = clientKey(branch, method);
    const kind = method === 'INVITE' ? 'invite-client' : 'client';
    const machine = new Transaction<ResponseEnvelope>(kind, ways.reliable, this.env, {
      send: (_bytes, refused) => ways.send(this.transports, refused),
      deliver: (response) => hooks.response(response),
      ack: (response) => hooks.ack?.(response),
      timeout: () => (kept.response === null ? hooks.timeout() : hooks.response(kept.response)),
      failed: () => (kept.response === null ? hooks.lost() : hooks.response(kept.response)),
      terminated: () => {
        kept.forget();
        this.#clients.delete(key);
        hooks.ended?.();
      },
    });
    const transaction: ClientTransaction = {
      id: newId(),
      branch,
      get current() {
        return ways.current;
      },
      machine,
    };
    this.#clients.set(key, { machine, ways, kept });
    machine.fire('start', undefined, sending.bytes);
    return transaction;
  }

  /** Gives a response to the request it answers; false when there is none. */
  answer(response: ResponseEnvelope): boolean {
    const found = this.#clients.get(clientKey(response.branch, response.cseq.method));
    if (found === undefined) return false;
    const { status } = response.message;
    if (this.#isStranger(found, response)) return true;
    found.kept.forget();
    found.ways.heard(response.hop);
    const event = status < 200 ? '1xx' : found.machine.kind === 'invite-client' && status < 300 ? '2xx' : 'final';
    found.machine.fire(event, response);
    return true;
  }

  /**
   * Whether a 481 says nothing about the call yet: another place is known, and is asked now. Behind NAT a stranger may hold the port. Its
   * answer counts when the other place says nothing in time.
   */
  #isStranger({ machine, ways, kept }: Client, response: ResponseEnvelope): boolean {
    if (response.message.status !== 481) return false;
    const first = ways.leave(response.hop);
    if (ways.left === null || !isSamePlace(ways.left.hop, response.hop)) return false;
    if (machine.kind === 'invite-client') {
      const ack = serialize(composeFailureAck(ways.left.request, response.message));
      this.transports.send(ack, ways.left.hop, () => undefined);
    }
    if (first) {
      kept.keep(response, ELSEWHERE_T1 * this.env.timers.t1, (refusal) => machine.fire('final', refusal));
      machine.fire('repeat');
    }
    return true;
  }
}

function withoutBody({ hop, request, bytes }: Way): Way {
  return { hop, request: { ...request, body: EMPTY_BODY }, bytes };
}

function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`;
}

/**
 * RFC 3261 §17.2.3; without the magic cookie by the rules of RFC 2543. Call-ID and CSeq number are the same in a repeat, its ACK
 * and its CANCEL. They tell requests apart whose sender gives several of them one branch, so that none is swallowed as a repeat
 * of another.
 */
function serverKey(request: RequestEnvelope, method: string): string {
  const { branch, via, fromTag, callId, cseq } = request;
  if (branch.startsWith(COOKIE) && branch.length > COOKIE.length)
    return `${branch}|${via.host}:${via.port ?? ''}|${method}|${callId}|${cseq.seq}`;
  return `2543|${callId}|${fromTag}|${cseq.seq}|${request.viaValues[0] ?? ''}|${request.message.uri}|${method}`;
}

function mergeKey(request: RequestEnvelope): string {
  return `${request.callId}|${request.fromTag}|${request.cseq.seq}|${request.cseq.method}|${addressed(request.message.uri)}`;
}

/** Whom a Request-URI means: user, host and port (RFC 3261 §19.1.4). Parameters say how to get there, and differ by the way. */
function addressed(uri: string): string {
  const sip = parseSipUri(uri);
  return sip === null ? uri.toLowerCase() : `${sip.user ?? ''}@${sip.host}:${sip.port ?? 5060}`;
}
