import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import { buildConnector, errors } from 'undici';
import type { ClientCertificate } from './client-certificate.js';
import { dial, literalAddress } from './dial.js';
import { type Guard, refused } from './guard.js';
import { limitConnection } from './connection-limit.js';

/**
 * Longest the way to a connection may take, ms: name, TCP, TLS. As long as any request may wait, which has its own deadline; what no
 * request waits for any more is given up after {@link UNWANTED_MS}.
 */
const CONNECT_TIMEOUT_MS = 60_000;
/** Time to go on connecting after the request gave up, ms: the connection may still serve the next request. */
const UNWANTED_MS = 10_000;
/** How often it is asked then whether somebody waits, ms. */
const LOOK_MS = 1000;
/** Before the system asks over an idle connection whether the other end is there, ms. */
const KEEP_ALIVE_PROBE_MS = 60_000;

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

/** Gives every address of a host; the error of a host that is refused when any of them is, so that DNS cannot mix them in. */
function lookUp(
  hostname: string,
  { resolve, allowed }: Pick<Way, 'resolve' | 'allowed'>,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
): void {
  const literal = literalAddress(hostname);
  if (literal !== null) {
    if (allowed(literal.address)) done(null, [literal]);
    else done(new AddressRefused(refused(hostname)), []);
    return;
  }
  resolve(hostname, (error, addresses) => {
    if (error !== null || addresses.length === 0) {
      done(error ?? Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' }), []);
      return;
    }
    const bad = addresses.find(({ address }) => !allowed(address));
    if (bad === undefined) done(null, addresses);
    else done(new AddressRefused(refused(`${hostname} (${bad.address})`)), []);
  });
}

/** How connections are made. */
interface Way {
  readonly resolve: ResolveAll;
  readonly allowed: (address: string) => boolean;
  /** Makes a connection secure. */
  readonly secure: buildConnector.connector;
  /** True while a request waits for a connection to that origin. */
  readonly wanted: (origin: string) => boolean;
}

/** A connector for undici: name, addresses, TLS, all within one time. */
function connectorOf(way: Way): buildConnector.connector {
  return (target, callback) => {
    const secure = target.protocol === 'https:';
    const port = Number(target.port !== '' ? target.port : secure ? 443 : 80);
    const wanted = (): boolean => way.wanted(`${target.protocol}//${target.host ?? target.hostname}`);
    let giveUp = (): void => undefined;
    let over = false;
    const done = (error: Error | null, socket: Socket | null): void => {
      if (over) return;
      over = true;
      stopWatching();
      if (socket === null) callback(error ?? new Error('no connection'), null);
      else callback(null, socket);
    };
    const stopWatching = watchTime(wanted, () => {
      done(new errors.ConnectTimeoutError('no connection in time'), null);
      giveUp();
    });
    lookUp(target.hostname, way, (unknown, addresses) => {
      if (unknown !== null) done(unknown, null);
      if (over) return;
      giveUp = dial({ addresses, port }, (error, socket) => {
        if (socket === null) {
          done(error, null);
          return;
        }
        socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
        if (!secure) {
          done(null, socket);
          return;
        }
        giveUp = () => socket.destroy();
        way.secure({ ...target, httpSocket: socket }, (...[failed, secured]) => {
          // On an error there is no socket, whatever the types say.
          done(failed, failed === null ? secured : null);
        });
      });
    });
  };
}

/** Calls `onOver` when the time for a connection is over, sooner when nobody waits for it; gives the function that ends the watch. */
function watchTime(wanted: () => boolean, onOver: () => void): () => void {
  const began = performance.now();
  const look = (): void => {
    const took = performance.now() - began;
    if (took >= CONNECT_TIMEOUT_MS || (took >= UNWANTED_MS && !wanted())) onOver();
    else timer = setTimeout(look, LOOK_MS).unref();
  };
  let timer = setTimeout(look, UNWANTED_MS).unref();
  return () => {
    clearTimeout(timer);
  };
}

interface ConnectorOptions {
  readonly resolve?: ResolveAll | undefined;
  /** True while a request waits for a connection to that origin. */
  readonly wanted: (origin: string) => boolean;
  /** PEM. */
  readonly ca?: readonly string[] | undefined;
  readonly certificate?: ClientCertificate | null;
  /** Bytes of an answer's headers at most. */
  readonly maxHeaderBytes: number;
}

/** A connector to the site's own proxy, which may be anywhere. */
export function proxyConnector(ca: readonly string[] | undefined): buildConnector.connector {
  const secure = buildConnector(tlsOptions(ca));
  return connectorOf({ resolve: systemResolve, allowed: () => true, secure, wanted: () => true });
}

/** A connector for undici that holds every connection to the guard, and knows which errors hit a kept connection that was dead. */
export class GuardedConnector {
  readonly #stale = new WeakSet<Error>();
  readonly connect: buildConnector.connector;

  /**
   * @param guard the rules
   * @param options how names are resolved (the system's way by default), authorities trusted beside Node's, a certificate of ours
   */
  constructor(
    guard: Guard,
    private readonly options: ConnectorOptions,
  ) {
    const { resolve, ca, certificate, wanted } = options;
    const once = coalesced(resolve ?? systemResolve);
    const secure = buildConnector({ ...tlsOptions(ca, certificate), maxCachedSessions: 500 });
    const way = { resolve: once, secure, wanted };
    const trusting = connectorOf({ ...way, allowed: () => true });
    const checking = connectorOf({ ...way, allowed: (address) => guard.address(address) });
    this.connect = (target, callback) => {
      const port = target.port !== '' ? target.port : target.protocol === 'https:' ? '443' : '80';
      const trusted = guard.allowsHost(target.hostname, port);
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
    const wire = limitConnection(socket, this.options.maxHeaderBytes);
    socket.on('error', (error: Error) => {
      if (wire.stale()) this.#stale.add(error);
    });
  }
}
