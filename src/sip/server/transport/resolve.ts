import { lookup } from 'node:dns';
import { ipFamily, type SipUri } from '../message/uri.js';
import type { Transports } from './transports.js';
import type { Hop, Transport } from '../message/hop.js';

/** Longest wait for the name service, ms. */
const LOOKUP_MS = 5_000;

/** Where a message goes, or why it can go nowhere. */
export type ResolvedHop = { readonly hop: Hop } | { readonly problem: string };

/**
 * Finds the address for a URI: IP literals at once, names by their A and AAAA records (RFC 3263 without NAPTR and SRV).
 * Calls `done` once, at once when nothing has to be asked.
 */
export function resolve(uri: SipUri, transports: Transports, done: (resolved: ResolvedHop) => void): void {
  if (uri.scheme === 'sips') {
    done({ problem: `no TLS for ${uri.host}` });
    return;
  }
  const host = uri.params.get('maddr') ?? uri.host;
  if (ipFamily(host) !== 0) {
    done(choose([host], uri, transports));
    return;
  }
  let waiting = true;
  const finish = (resolved: ResolvedHop): void => {
    if (!waiting) return;
    waiting = false;
    clearTimeout(timer);
    done(resolved);
  };
  const timer = setTimeout(() => finish({ problem: `no answer from the name service for ${host}` }), LOOKUP_MS);
  lookup(host, { all: true }, (error, found) => {
    finish(
      error === null
        ? choose(
            found.map((entry) => entry.address),
            uri,
            transports,
          )
        : { problem: `unknown host ${host}` },
    );
  });
}

/** The first address we can reach, by the transport the URI names or else UDP before TCP. */
function choose(addresses: readonly string[], uri: SipUri, transports: Transports): ResolvedHop {
  const wanted = uri.params.get('transport')?.toLowerCase();
  if (wanted !== undefined && wanted !== 'udp' && wanted !== 'tcp') return { problem: `transport ${wanted} is not supported` };
  const order: readonly Transport[] = wanted === undefined ? ['udp', 'tcp'] : [wanted];
  for (const transport of order) {
    for (const address of addresses) {
      const listener = transports.listenerFor(transport, address);
      if (listener !== null) return { hop: { transport, address, port: uri.port ?? 5060, listener, connection: null } };
    }
  }
  return { problem: `no listening ${order.join(' or ')} socket can reach ${uri.host}` };
}
