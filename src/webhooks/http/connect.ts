import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import { buildConnector } from 'undici';
import type { ClientCertificate } from '../auth/client-certificate.js';
import { type Guard, refused } from './guard.js';
import { limitWire } from './wire-limit.js';

/** Longest a TCP and TLS handshake may take, ms; the caller's own deadline may be shorter. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The guard's answer to an address; carried as the error of the connection. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'ADDRESS_REFUSED';
}

/** Resolves a name to all its addresses, as `getaddrinfo` does (hosts file, search domains). */
export type ResolveAll = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

const systemResolve: ResolveAll = (hostname, done) => {
  dnsLookup(hostname, { all: true, verbatim: true }, (error, addresses: LookupAddress[] | undefined) => {
    // On an error there is no list, whatever the types say.
    done(error, addresses ?? []);
  });
};

/**
 * One question per name at a time: getaddrinfo blocks a thread of a small pool, and a resolver that hangs must not take them
 * all because many calls ask for the same name.
 */
export function coalesced(resolve: ResolveAll): ResolveAll {
  const waiting = new Map<string, Parameters<ResolveAll>[1][]>();
  return (hostname, done) => {
    const others = waiting.get(hostname);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    const all = [done];
    waiting.set(hostname, all);
    resolve(hostname, (error, addresses) => {
      waiting.delete(hostname);
      for (const answer of all) answer(error, addresses);
    });
  };
}

/** How connections are made: certificates are always verified, by Node's authorities and those given in PEM; ours is shown when asked. */
export function tlsOptions(ca: readonly string[] | undefined, certificate: ClientCertificate | null = null) {
  const { cert, key, passphrase } = certificate ?? {};
  return {
    timeout: CONNECT_TIMEOUT_MS,
    ...(ca !== undefined && { ca: [...rootCertificates, ...ca] }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

/** A `lookup` for net.connect that refuses the name when any of its addresses is refused, so DNS cannot mix them in. */
function lookupWith(resolve: ResolveAll, allowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const first = addresses[0];
      if (error !== null || first === undefined) {
        callback(error ?? Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' }), []);
        return;
      }
      const bad = addresses.find(({ address }) => !allowed(address));
      if (bad !== undefined) callback(new AddressRefused(refused(`${hostname} (${bad.address})`)), []);
      else if (options.all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}

interface ConnectorOptions {
  readonly resolve?: ResolveAll | undefined;
  /** PEM. */
  readonly ca?: readonly string[] | undefined;
  readonly certificate?: ClientCertificate | null;
}

/** A connector for undici that holds every connection to the guard, and knows which errors hit a kept connection that was dead. */
export class GuardedConnector {
  readonly #stale = new WeakSet<Error>();
  readonly connect: buildConnector.connector;

  /**
   * @param guard the rules
   * @param options how names are resolved (the system's way by default), authorities trusted beside Node's, a certificate of ours
   */
  constructor(guard: Guard, { resolve, ca, certificate }: ConnectorOptions = {}) {
    const once = coalesced(resolve ?? systemResolve);
    const options = { ...tlsOptions(ca, certificate), maxCachedSessions: 500 };
    const trusting = buildConnector({ ...options, lookup: lookupWith(once, () => true) });
    const checking = buildConnector({ ...options, lookup: lookupWith(once, (address) => guard.address(address)) });
    this.connect = (target, callback) => {
      const port = target.port !== '' ? target.port : target.protocol === 'https:' ? '443' : '80';
      const trusted = guard.allowsHost(target.hostname, port);
      const literal = target.hostname.replace(/^\[|\]$/gu, '');
      if (!trusted && isIP(literal) !== 0 && !guard.address(literal)) {
        callback(new AddressRefused(refused(literal)), null);
        return;
      }
      const connect = trusted ? trusting : checking;
      connect(target, (...[error, socket]) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        // The last word: where the socket really is, whatever name or spelling led there.
        const reached = socket.remoteAddress ?? '';
        if (trusted || guard.address(reached)) {
          this.#attend(socket);
          callback(null, socket);
        } else {
          socket.destroy();
          callback(new AddressRefused(refused(reached)), null);
        }
      });
    };
  }

  /** A connector of somebody else, its connections held to the same limits: through a proxy, which decides itself where they lead. */
  attending(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) => {
      connect(target, (...[error, socket]) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        this.#attend(socket);
        callback(null, socket);
      });
    };
  }

  /**
   * True when this error ended a connection that had carried an answer before and had nothing of the next one: the keep-alive race of
   * RFC 9112 §9.3.1. An answer that has begun, or is no HTTP, is none.
   */
  endedStale(error: Error): boolean {
    return this.#stale.has(error);
  }

  #attend(socket: Socket): void {
    const wire = limitWire(socket);
    socket.on('error', (error: Error) => {
      if (wire.stale()) this.#stale.add(error);
    });
  }
}
