import { Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { ClientCertificate } from './client-certificate.js';
import type { Clock } from '../lib/clock.js';
import { GuardedConnector, proxyConnector, type ResolveAll, tlsOptions } from './connect.js';
import type { Guard } from './guard.js';
import { RenewablePool } from './renewable-pool.js';

/** A connection with a client certificate is closed after this time without a request, ms: the certificate may have been replaced. */
const CERTIFIED_IDLE_MS = 60_000;

/** How connections are kept. */
export interface ConnectionOptions {
  readonly connectionsPerOrigin: number;
  /** ms. */
  readonly keepAliveMs: number;
  readonly maxHeaderBytes: number;
  readonly ca?: readonly string[];
  readonly proxy?: string | null;
  /** How names become addresses; the system's way when absent. */
  readonly resolve?: ResolveAll | undefined;
}

/** Connections that may be shared, all held to the guard. */
export interface SharedConnections {
  readonly dispatcher: Dispatcher;
  /** True when this error ended a kept connection that was dead already. */
  readonly endedStale: (error: Error) => boolean;
  /** Says how old the connections of an origin may be: another number after {@link renew}. */
  readonly generation: (origin: string) => number;
  /** A request to that origin waits for a connection from now on, until the function that is returned is called. */
  readonly awaiting: (origin: string) => () => void;
  /** Keeps none of the connections of an origin that may be dead too: those of that generation. The next request opens a new one. */
  readonly renew: (origin: string, generation: number) => void;
}

/** Connections by one certificate. */
interface Certified extends SharedConnections {
  /** How many go out by it now. */
  users: number;
  /** Calls off the closing of what is idle. */
  keep: () => void;
}

/** The connections of one client: those without a certificate of ours, and a set of their own for each certificate. */
export class ConnectionSets {
  readonly #plain: SharedConnections;
  /** By id. Certificates come from the configuration alone; those it has no more are idle sooner or later. */
  readonly #certified = new Map<string, Certified>();
  #closed = false;

  constructor(
    private readonly guard: Guard,
    private readonly clock: Pick<Clock, 'after'>,
    private readonly options: ConnectionOptions,
  ) {
    this.#plain = this.#open(null);
  }

  /** Lets `use` go out by the connections of a certificate, which stay open for it. Opens nothing before. */
  async with<T>(certificate: ClientCertificate | null, use: (connections: SharedConnections) => Promise<T>): Promise<T> {
    if (certificate === null) return use(this.#plain);
    const { id } = certificate;
    const set = this.#certified.get(id) ?? { ...this.#open(certificate), users: 0, keep: () => undefined };
    this.#certified.set(id, set);
    set.users += 1;
    set.keep();
    try {
      return await use(set);
    } finally {
      set.users -= 1;
      if (set.users === 0 && !this.#closed) set.keep = this.clock.after(CERTIFIED_IDLE_MS, () => this.#drop(id, set));
    }
  }

  /** Destroys every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { keep } of this.#certified.values()) keep();
    await Promise.all([this.#plain, ...this.#certified.values()].map(({ dispatcher }) => dispatcher.destroy()));
  }

  #drop(id: string, { dispatcher }: SharedConnections): void {
    this.#certified.delete(id);
    // Nothing goes out by it: whatever fails here is of no use to anybody.
    dispatcher.destroy().catch(() => undefined);
  }

  #open(certificate: ClientCertificate | null): SharedConnections {
    const { connectionsPerOrigin, keepAliveMs, maxHeaderBytes, proxy = null, resolve } = this.options;
    const pool = {
      connections: connectionsPerOrigin,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: maxHeaderBytes,
    };
    const ca = certificate?.ca === undefined ? this.options.ca : [...(this.options.ca ?? []), certificate.ca];
    const waiting = new Waiting();
    const wanted = (origin: string): boolean => waiting.at(origin);
    const connector = new GuardedConnector(this.guard, { resolve, ca, certificate, wanted, maxHeaderBytes });
    const pools = new Map<string, RenewablePool>();
    const renewable = (origin: string | URL, open: () => Pool): RenewablePool => {
      const key = new URL(origin).origin;
      const made: RenewablePool = new RenewablePool(open, () => {
        if (pools.get(key) === made) pools.delete(key);
      });
      pools.set(key, made);
      return made;
    };
    const dispatcher =
      proxy === null
        ? new Agent({
            ...pool,
            connect: connector.connect,
            factory: (origin, options) => renewable(origin, () => new Pool(origin, options)),
          })
        : new ProxyAgent({
            ...pool,
            uri: proxy,
            proxyTls: tlsOptions(this.options.ca),
            clientFactory: (url) => new Pool(url, { connect: proxyConnector(this.options.ca) }),
            requestTls: tlsOptions(ca, certificate),
            factory: (origin, options) =>
              renewable(origin, () => new Pool(origin, attended(options as TunnelOptions, connector))),
          });
    return {
      dispatcher,
      endedStale: (error) => connector.endedStale(error),
      awaiting: (origin) => waiting.enter(origin),
      generation: (origin) => pools.get(origin)?.generation ?? 0,
      renew(origin, generation) {
        const held = pools.get(origin);
        if (held?.generation === generation) held.renew();
      },
    };
  }
}

/** How many requests wait for a connection, by origin. */
class Waiting {
  readonly #count = new Map<string, number>();

  at(origin: string): boolean {
    return this.#count.has(origin);
  }

  /** Gives the function by which the request leaves; idempotent. */
  enter(origin: string): () => void {
    this.#count.set(origin, (this.#count.get(origin) ?? 0) + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const left = (this.#count.get(origin) ?? 1) - 1;
      if (left === 0) this.#count.delete(origin);
      else this.#count.set(origin, left);
    };
  }
}

/** What the proxy agent makes the connections of one origin by; `connect` opens the tunnel. */
type TunnelOptions = Pool.Options & { readonly connect: buildConnector.connector };

function attended(options: TunnelOptions, connector: GuardedConnector): Pool.Options {
  return { ...options, connect: connector.attending(options.connect) };
}
