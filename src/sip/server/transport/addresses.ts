import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ipFamily } from '../message/uri.js';
import type { Listener } from '../message/hop.js';

/** The networks this machine is on, as the operating system names them. */
interface LocalNetwork {
  readonly address: string;
  readonly family: 4 | 6;
  readonly internal: boolean;
  readonly peers: BlockList;
}

/** How long the list of interfaces is believed, ms. */
const REFRESH_MS = 30_000;
const CACHE_SIZE = 2_000;

/** How far addresses reach, from the narrowest: nowhere, this machine, this link, a private network; beyond these, the Internet. */
const REACHES = [
  networks(['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', 'ff00::/8', '::/128']),
  networks(['127.0.0.0/8', '::1/128']),
  networks(['169.254.0.0/16', 'fe80::/10']),
  // RFC 1918, 6598, 4193.
  networks(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']),
];

function networks(prefixes: readonly string[]): BlockList {
  const list = new BlockList();
  for (const prefix of prefixes) {
    const [address = '', bits] = prefix.split('/');
    list.addSubnet(address, Number(bits), ipFamily(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Whether one IP address is known in fewer places than another: who is heard from the other cannot be reached at the one. */
export function isNarrower(one: string, other: string): boolean {
  return reachOf(one) < reachOf(other);
}

function reachOf(address: string): number {
  const family = ipFamily(address) === 6 ? 'ipv6' : 'ipv4';
  const found = REACHES.findIndex((list) => list.check(address, family));
  return found === -1 ? REACHES.length : found;
}

/**
 * Which of our addresses a peer is told (Via, Contact): the external one, unless the peer is on one of this machine's own networks;
 * for a socket on all interfaces the address of the interface that shares a network with the peer, else the first outward one.
 */
export class OwnAddresses {
  readonly #cache = new Map<string, string>();
  #networks: readonly LocalNetwork[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly external: string | null,
    private readonly monotonic: () => number,
  ) {}

  /** The address for `peer`, an IP literal. */
  toward(peer: string, listener: Listener): string {
    if (this.monotonic() - this.#readAt > REFRESH_MS || this.#cache.size > CACHE_SIZE) this.#refresh();
    const key = `${listener.host}|${peer}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const chosen = this.#choose(peer, listener);
    this.#cache.set(key, chosen);
    return chosen;
  }

  #choose(peer: string, listener: Listener): string {
    const family = ipFamily(peer);
    const shared = this.#networks.find((own) => own.family === family && own.peers.check(peer, family === 6 ? 'ipv6' : 'ipv4'));
    if (shared === undefined && this.external !== null) return this.external;
    if (listener.host !== '0.0.0.0' && listener.host !== '::') return listener.host;
    const outward = this.#networks.find((own) => own.family === family && !own.internal);
    return (shared ?? outward)?.address ?? (family === 6 ? '::1' : '127.0.0.1');
  }

  #refresh(): void {
    this.#readAt = this.monotonic();
    this.#cache.clear();
    this.#networks = Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).flatMap((entry): LocalNetwork[] => {
        const [network, prefix] = entry.cidr?.split('/') ?? [];
        if (network === undefined || prefix === undefined || network.startsWith('fe80')) return [];
        const peers = new BlockList();
        peers.addSubnet(network, Number(prefix), entry.family === 'IPv6' ? 'ipv6' : 'ipv4');
        return [{ address: entry.address, family: entry.family === 'IPv6' ? 6 : 4, internal: entry.internal, peers }];
      }),
    );
  }
}
