import type { AppConnection } from '../control/app-connection.js';
import type { RequestEnvelope, ResponseEnvelope } from '../message/envelope.js';
import { formatNameAddr, parseNameAddr, splitList, type NameAddr, tokens } from '../message/headers.js';
import { newSeq } from '../message/ids.js';
import { header, headerLines, type SipMessage } from '../message/message.js';
import type { Hop } from '../message/hop.js';

export type DialogState = 'early' | 'confirmed' | 'ended';

/**
 * The id under which the application knows a dialog: Call-ID and the From tag of the INVITE that made it, whichever side sent the INVITE. Two forks of
 * one call toward us have both in common; see {@link Dialog.distinguish}.
 */
export function dialogId(callId: string, inviterTag: string): string {
  return `${callId};from-tag=${inviterTag}`;
}

/** Where a request of the far end came from. */
export interface HeardFrom {
  readonly hop: Hop;
  /** Others than the far end itself handed it on: the address is a proxy's. */
  readonly relayed: boolean;
  /** The port its Via names: where it listens, once its stream is gone (RFC 3261 §18.2.2). */
  readonly sentByPort: number;
}

/** One dialog (RFC 3261 §12). It changes only through its own methods. */
export class Dialog {
  #id: string;
  readonly callId: string;
  readonly localTag: string;
  /** The far end's own messages are not UTF-8, and what is copied of them goes back byte for byte. */
  readonly latin1: boolean;
  /** From and To values of our requests, tags included. */
  #local: NameAddr;
  #remote: NameAddr;
  #state: DialogState = 'early';
  #localSeq: number;
  #remoteSeq: number | null;
  #routes: readonly string[];
  #target: string;
  #source: HeardFrom;
  /** The place where a request of ours was answered last. */
  #reached: Hop | null = null;
  #remoteTag: string;
  /** INVITE from there not finally answered; CSeq. */
  incomingInvite: number | null = null;
  /** INVITE of ours without final answer. */
  outgoingInvite = false;
  /** The far end takes UPDATE, by its Allow (RFC 3311 §5.1). */
  allowsUpdate = false;
  /** The SDP we sent last, of an offer or answer that counts; for a refresh that changes nothing. */
  lastSdp: Buffer | null = null;

  private constructor(
    readonly role: 'uas' | 'uac',
    /** The application that owns it. */
    readonly app: AppConnection,
    start: {
      callId: string;
      inviterTag: string;
      local: NameAddr;
      localTag: string;
      remote: NameAddr;
      remoteTag: string;
      localSeq: number;
      remoteSeq: number | null;
      routes: readonly string[];
      target: string;
      source: HeardFrom;
      latin1: boolean;
    },
  ) {
    this.latin1 = start.latin1;
    this.#id = dialogId(start.callId, start.inviterTag);
    this.callId = start.callId;
    this.localTag = start.localTag;
    this.#local = withTag(start.local, start.localTag);
    this.#remote = withTag(start.remote, start.remoteTag);
    this.#remoteTag = start.remoteTag;
    this.#localSeq = start.localSeq;
    this.#remoteSeq = start.remoteSeq;
    this.#routes = start.routes;
    this.#target = start.target;
    this.#source = start.source;
  }

  /** The dialog that our answer to an INVITE makes (RFC 3261 §12.1.1). */
  static answering(invite: RequestEnvelope, app: AppConnection, localTag: string): Dialog {
    const dialog = new Dialog('uas', app, {
      callId: invite.callId,
      inviterTag: invite.fromTag,
      local: invite.to,
      localTag,
      remote: invite.from,
      remoteTag: invite.fromTag,
      localSeq: newSeq(),
      remoteSeq: invite.cseq.seq,
      routes: routeSet(invite.message),
      // An RFC 2543 peer may send no Contact; its From is the best that is known of it.
      target: contactUri(invite.message) ?? invite.from.uri,
      source: heardFrom(invite),
      latin1: invite.message.latin1 === true,
    });
    dialog.#noteAllow(invite.message);
    return dialog;
  }

  /** The dialog that an answer to our INVITE makes (RFC 3261 §12.1.2). */
  static asking(answer: ResponseEnvelope, app: AppConnection, invite: { uri: string; hop: Hop }): Dialog {
    return new Dialog('uac', app, {
      callId: answer.callId,
      inviterTag: answer.fromTag,
      local: answer.from,
      localTag: answer.fromTag,
      remote: answer.to,
      remoteTag: answer.toTag,
      localSeq: answer.cseq.seq,
      remoteSeq: null,
      routes: routeSet(answer.message).reverse(),
      target: contactUri(answer.message) ?? invite.uri,
      // Who answered may have been a proxy: only a Contact that cannot be reached makes its address the better one.
      source: { hop: invite.hop.transport === 'tcp' ? answer.hop : invite.hop, relayed: true, sentByPort: invite.hop.port },
      latin1: answer.message.latin1 === true,
    });
  }

  get id(): string {
    return this.#id;
  }

  /** Another dialog has its id: the tag of our side goes into it too. Before an application knows the id. */
  distinguish(): void {
    this.#id = `${this.#id};to-tag=${this.role === 'uas' ? this.localTag : this.#remoteTag}`;
  }

  get state(): DialogState {
    return this.#state;
  }

  get remoteTag(): string {
    return this.#remoteTag;
  }

  /** From of our requests. */
  get localAddress(): string {
    return formatNameAddr(this.#local);
  }

  /** To of our requests. */
  get remoteAddress(): string {
    return formatNameAddr(this.#remote);
  }

  get routes(): readonly string[] {
    return this.#routes;
  }

  /** Remote target URI. */
  get target(): string {
    return this.#target;
  }

  /** Where the far end was last heard. */
  get source(): HeardFrom {
    return this.#source;
  }

  /** The place where a request of ours was answered last; null when none was yet. */
  get reached(): Hop | null {
    return this.#reached;
  }

  /** A request of ours was answered there. */
  reachedAt(hop: Hop): void {
    this.#reached = hop;
  }

  /** An ACK came: the far end is where that came from. */
  acknowledged(ack: RequestEnvelope): void {
    this.#source = heardFrom(ack);
  }

  /** The next CSeq number of ours. */
  nextSeq(): number {
    this.#localSeq++;
    return this.#localSeq;
  }

  /** Notes a request from there; false when its CSeq is older than one before (RFC 3261 §12.2.2). */
  accept(request: RequestEnvelope): boolean {
    if (this.#remoteSeq !== null && request.cseq.seq <= this.#remoteSeq) return false;
    this.#remoteSeq = request.cseq.seq;
    this.#source = heardFrom(request);
    return true;
  }

  /** Takes the new remote target of an INVITE, UPDATE or an answer to one (RFC 3261 §12.2). */
  refreshTarget(message: SipMessage): void {
    this.#target = contactUri(message) ?? this.#target;
    this.#noteAllow(message);
  }

  /** An answer to our INVITE: while early, the branch that spoke last is the one we speak to (RFC 3261 §13.2.2.1). */
  heard(answer: ResponseEnvelope): void {
    if (this.#state !== 'early') return;
    this.#remote = withTag(answer.to, answer.toTag);
    this.#remoteTag = answer.toTag;
    this.#routes = routeSet(answer.message).reverse();
    this.refreshTarget(answer.message);
  }

  #noteAllow(message: SipMessage): void {
    const allowed = tokens(headerLines(message, 'Allow'));
    if (allowed.length > 0) this.allowsUpdate = allowed.includes('UPDATE');
  }

  confirm(): void {
    if (this.#state === 'early') this.#state = 'confirmed';
  }

  end(): void {
    this.#state = 'ended';
  }
}

function heardFrom({ hop, viaValues, via }: RequestEnvelope): HeardFrom {
  return { hop, relayed: viaValues.length > 1, sentByPort: via.port ?? 5060 };
}

function withTag(address: NameAddr, tag: string): NameAddr {
  const params = address.params.filter(([name]) => name !== 'tag');
  return { ...address, params: tag === '' ? params : [['tag', tag], ...params] };
}

function routeSet(message: SipMessage): string[] {
  return headerLines(message, 'Record-Route').flatMap((line) => splitList(line));
}

/** URI of the first Contact, or null when there is none that can be read. */
function contactUri(message: SipMessage): string | null {
  const line = header(message, 'Contact');
  const first = line === null ? undefined : splitList(line)[0];
  return first === undefined ? null : (parseNameAddr(first)?.uri ?? null);
}
