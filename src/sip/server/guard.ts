import type { BlockList } from 'node:net';
import { allowList } from '../../lib/allow-list.js';
import { header, LIMITS, type SipRequest } from './message/message.js';
import type { SipRefusal } from './refusals.js';
import { ipFamily } from './message/uri.js';

/** User agents of scanners; their requests are dropped without a word. */
const SCANNERS =
  /friendly-scanner|friendly-request|sipvicious|sipcli|pplsip|sip-scan|sundayddr|iwar|sipsak-scan|vaxsipuseragent/i;
/** Sources counted at once; beyond it the counting starts anew. */
const MAX_SOURCES = 10_000;

/** How many times its share a source may send and still be answered; what comes beyond is dropped unread. */
const ANSWERED_SHARES = 2;
/** A To header with a tag, folded or not, in the bytes of a message: it belongs to a dialog. */
const IN_DIALOG = /\r\n(?:to|t)[ \t]*:(?:[^\r\n]|\r\n[ \t])*;(?:[ \t]|\r\n[ \t])*tag(?:[ \t]|\r\n[ \t])*=/i;
/** What is never dropped unread: answers, calls, which have a share of their own, and what ends or acknowledges one. */
const CALLS = /^(?:[Ss][Ii][Pp]\/|(?:INVITE|ACK|CANCEL|BYE|PRACK) )/;

const CR = 13;
const LF = 10;

export type SourceDecision = 'pass' | Extract<SipRefusal, 'scanner' | 'not-allowed' | 'too-fast'>;

/** What a source may send in a second; no limit for what is not given. */
export interface Shares {
  /** INVITEs that begin a call. */
  readonly invites?: number;
  /** Requests of all other methods outside dialogs, and what is no readable message. */
  readonly others?: number;
}

interface Counted {
  invites: number;
  others: number;
}

/** Whom we talk to: scanners, the allow-list and the share of each source. Looks at requests that begin something new. */
export class SourceGuard {
  readonly #allowed: BlockList | null;
  readonly #counts = new Map<string, Counted>();
  readonly #invites: number;
  readonly #others: number;
  #second = 0;

  /** @param allowFrom CIDR list or single addresses; empty: everybody. Throws on an entry that is neither. */
  constructor(
    allowFrom: readonly string[],
    shares: Shares,
    private readonly monotonic: () => number,
  ) {
    this.#allowed = allowFrom.length === 0 ? null : allowList(allowFrom);
    this.#invites = shares.invites ?? Number.POSITIVE_INFINITY;
    this.#others = shares.others ?? Number.POSITIVE_INFINITY;
  }

  judge(request: SipRequest, source: string, inDialog: boolean): SourceDecision {
    const agent = header(request, 'User-Agent');
    if (agent !== null && SCANNERS.test(agent.slice(0, 256))) return 'scanner';
    // Inside a dialog the tags prove more than the address, and the far end may speak from another one.
    const { method } = request;
    if (inDialog || method === 'ACK' || method === 'CANCEL') return 'pass';
    if (method !== 'OPTIONS' && this.#allowed?.check(source, ipFamily(source) === 6 ? 'ipv6' : 'ipv4') === false)
      return 'not-allowed';
    if (method !== 'INVITE') return this.countOther(source) ? 'pass' : 'too-fast';
    return ++this.#of(source).invites <= this.#invites ? 'pass' : 'too-fast';
  }

  /** Counts a request that is no call, or bytes that are no message; false beyond the share of its source. */
  countOther(source: string): boolean {
    return ++this.#of(source).others <= this.#others;
  }

  /**
   * Whether a message is dropped unread: its source has sent twice its share in this second, and reading all the rest would make
   * everybody else wait. Requests inside dialogs, calls and answers are never dropped.
   */
  isFlood(bytes: Buffer, source: string): boolean {
    if (this.#others === Number.POSITIVE_INFINITY) return false;
    const counted = this.#of(source);
    if (counted.others < this.#others * ANSWERED_SHARES) return false;
    // A head may be as long as one that is read: the To header stands anywhere in it.
    const text = headOf(bytes);
    if (CALLS.test(text) || IN_DIALOG.test(text)) return false;
    counted.others++;
    return true;
  }

  #of(source: string): Counted {
    const second = Math.floor(this.monotonic() / 1000);
    if (second !== this.#second || this.#counts.size > MAX_SOURCES) this.#counts.clear();
    this.#second = second;
    const known = this.#counts.get(source);
    if (known !== undefined) return known;
    const counted: Counted = { invites: 0, others: 0 };
    this.#counts.set(source, counted);
    return counted;
  }
}

/** The head of a message without the empty lines before it (RFC 3261 §7.5), no more of it than is ever read. */
function headOf(bytes: Buffer): string {
  let start = 0;
  while (start < LIMITS.head && bytes[start] === CR && bytes[start + 1] === LF) start += 2;
  const head = bytes.subarray(start, start + LIMITS.head);
  const end = head.indexOf('\r\n\r\n', 0, 'latin1');
  return head.toString('latin1', 0, end === -1 ? head.length : end);
}
