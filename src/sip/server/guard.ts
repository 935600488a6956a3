import { BlockList } from 'node:net';
import { header, type SipRequest } from './message.js';
import type { SipRefusal } from './refusals.js';
import { ipFamily } from './uri.js';

/** User agents of scanners; their requests are dropped without a word. */
const SCANNERS =
  /friendly-scanner|friendly-request|sipvicious|sipcli|pplsip|sip-scan|sundayddr|iwar|sipsak-scan|vaxsipuseragent/i;
/** Sources counted at once; beyond it the counting starts anew. */
const MAX_SOURCES = 10_000;

export type Verdict = 'pass' | Extract<SipRefusal, 'scanner' | 'not-allowed' | 'too-fast'>;

/** Whom we talk to: scanners, the allow-list and the INVITE rate of each source. Looks at requests that begin something new. */
export class Guard {
  readonly #allowed: BlockList | null;
  readonly #counts = new Map<string, number>();
  #second = 0;

  /** @param allowFrom CIDR list or single addresses; empty: everybody. Throws on an entry that is neither. */
  constructor(
    allowFrom: readonly string[],
    private readonly maxInvitesPerSecond: number,
    private readonly monotonic: () => number,
  ) {
    this.#allowed = allowFrom.length === 0 ? null : allowList(allowFrom);
  }

  judge(request: SipRequest, source: string, inDialog: boolean): Verdict {
    const agent = header(request, 'User-Agent');
    if (agent !== null && SCANNERS.test(agent.slice(0, 256))) return 'scanner';
    // Inside a dialog the tags prove more than the address, and the far end may speak from another one.
    const { method } = request;
    if (inDialog || method === 'ACK' || method === 'CANCEL') return 'pass';
    if (method !== 'OPTIONS' && this.#allowed?.check(source, ipFamily(source) === 6 ? 'ipv6' : 'ipv4') === false)
      return 'not-allowed';
    return method === 'INVITE' && !this.#withinRate(source) ? 'too-fast' : 'pass';
  }

  #withinRate(source: string): boolean {
    if (this.maxInvitesPerSecond === Number.POSITIVE_INFINITY) return true;
    const second = Math.floor(this.monotonic() / 1000);
    if (second !== this.#second || this.#counts.size > MAX_SOURCES) this.#counts.clear();
    this.#second = second;
    const count = (this.#counts.get(source) ?? 0) + 1;
    this.#counts.set(source, count);
    return count <= this.maxInvitesPerSecond;
  }
}

/** Reads a list of `192.0.2.0/24`, `2001:db8::/32` and single addresses. Throws a sentence that names the bad entry. */
export function allowList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, ...more] = entry.split('/');
    const family = ipFamily(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    const valid =
      family !== 0 &&
      more.length === 0 &&
      (prefix === undefined || /^\d{1,3}$/.test(prefix)) &&
      bits <= (family === 6 ? 128 : 32);
    if (!valid)
      throw new Error(`"${entry}" in the list of allowed SIP sources is neither an IP address nor a network like 192.0.2.0/24.`);
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
