import { Resolver } from 'node:dns/promises';
import { isToMany, isUnspecified, needsLink } from './addresses.js';

/** One question to a name server, and how often it is asked, ms. */
const ASK_MS = 1_000;
const TRIES = 2;
/** Names asked for at once; beyond it a call goes without: callers must not make us flood a name server. */
const MOST_AT_ONCE = 16;
/** How long an answer is believed, ms, and how many are kept. */
const KEPT_MS = 60_000;
const MOST_KEPT = 500;

/** The addresses of host names in c= lines (RFC 4566 §5.7). Bounded in time, number and memory; never in the way of a call. */
export class HostNames {
  readonly #known = new Map<string, { readonly address: string | null; readonly until: number }>();
  #asking = 0;

  /**
   * @param lookup the addresses of a name; rejects when there are none
   * @param now monotonic ms
   */
  constructor(
    private readonly lookup: (name: string) => Promise<readonly string[]>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Asks the name servers of the system, not its resolver, whose threads serve files too. */
  static ofSystem(ipv6: boolean): HostNames {
    const resolver = new Resolver({ timeout: ASK_MS, tries: TRIES });
    return new HostNames((name) => (ipv6 ? resolver.resolve6(name) : resolver.resolve4(name)));
  }

  /** An address of that name, or null: unknown, no answer in time, a group's, or too many names are being asked for. Never rejects. */
  async find(name: string): Promise<string | null> {
    const known = this.#known.get(name);
    if (known !== undefined && known.until > this.now()) return known.address;
    if (this.#asking >= MOST_AT_ONCE) return null;
    this.#asking++;
    try {
      return this.#keep(name, (await this.lookup(name)).find(isOneHost) ?? null);
    } catch {
      return this.#keep(name, null);
    } finally {
      this.#asking--;
    }
  }

  #keep(name: string, address: string | null): string | null {
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    this.#known.set(name, { address, until: this.now() + KEPT_MS });
    return address;
  }
}

function isOneHost(address: string): boolean {
  return !isToMany(address) && !isUnspecified(address) && !needsLink(address);
}
