import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { sourceAddress } from '../media/engine/local-address.js';
import type { Egress } from '../model/egress.js';

/** Documentation addresses (RFC 5737, RFC 3849): whatever leads to them leads to the internet, and nothing is sent there. */
const INTERNET = ['192.0.2.1', '2001:db8::1'];

/**
 * The addresses that a service sees requests come from, as this machine knows them.
 *
 * @param proxy of the configuration, or null
 * @param host name or address of a service; null: the internet. With a proxy it is the proxy that is reached.
 */
export async function egress(proxy: string | null, host: string | null): Promise<Egress> {
  const url = proxy === null ? null : new URL(proxy);
  const target = url?.hostname ?? host;
  const targets = target === null ? INTERNET : await addressesOf(target.replace(/^\[|\]$/gu, ''));
  const found = await Promise.all(targets.map((address) => sourceAddress(address)));
  const addresses = [...new Set(found.flatMap((address) => address ?? []))];
  return { proxy: url === null ? null : url.origin, addresses };
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    // A name that leads nowhere: no address reaches it.
    return [];
  }
}
