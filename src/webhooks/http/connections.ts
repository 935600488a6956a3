import { Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { ClientCertificate } from '../auth/client-certificate.js';
import { GuardedConnector, type ResolveAll, tlsOptions } from './connect.js';
import type { Guard } from './guard.js';

/** Bytes of response headers at most. */
const MAX_HEADER_BYTES = 16_384;

/** How connections are kept. */
export interface ConnectionOptions {
  readonly connectionsPerOrigin: number;
  /** ms. */
  readonly keepAliveMs: number;
  readonly ca?: readonly string[];
  readonly proxy?: string | null;
  /** How names become addresses; the system's way when absent. */
  readonly resolve?: ResolveAll | undefined;
}

/** Connections that may be shared, all held to the guard. */
export interface Connections {
  readonly dispatcher: Dispatcher;
  /** True when this error ended a connection that had carried an answer before. */
  endedReused(error: Error): boolean;
}

/** The connections of one client: those without a certificate of ours, and a set of their own for each certificate. */
export class ConnectionSets {
  readonly #plain: Connections;
  /** By id. Certificates come from the configuration alone, which holds a bounded number of them. */
  readonly #certified = new Map<string, Connections>();

  constructor(
    private readonly guard: Guard,
    private readonly options: ConnectionOptions,
  ) {
    this.#plain = this.#open(null);
  }

  /** Opens nothing before it is used. */
  of(certificate: ClientCertificate | null): Connections {
    if (certificate === null) return this.#plain;
    const connections = this.#certified.get(certificate.id) ?? this.#open(certificate);
    this.#certified.set(certificate.id, connections);
    return connections;
  }

  /** Destroys every connection. */
  async close(): Promise<void> {
    await Promise.all([this.#plain, ...this.#certified.values()].map(({ dispatcher }) => dispatcher.destroy()));
  }

  #open(certificate: ClientCertificate | null): Connections {
    const { connectionsPerOrigin, keepAliveMs, proxy = null, resolve } = this.options;
    const pool = {
      connections: connectionsPerOrigin,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    const ca = certificate?.ca === undefined ? this.options.ca : [...(this.options.ca ?? []), certificate.ca];
    const connector = new GuardedConnector(this.guard, { resolve, ca, certificate });
    const dispatcher =
      proxy === null
        ? new Agent({ ...pool, connect: connector.connect })
        : new ProxyAgent({
            ...pool,
            uri: proxy,
            requestTls: tlsOptions(ca, certificate),
            factory: (origin, options) => new Pool(origin, attended(options as TunnelOptions, connector)),
          });
    return { dispatcher, endedReused: (error) => connector.endedReused(error) };
  }
}

/** What the proxy agent makes the connections of one origin by; `connect` opens the tunnel. */
type TunnelOptions = Pool.Options & { readonly connect: buildConnector.connector };

function attended(options: TunnelOptions, connector: GuardedConnector): Pool.Options {
  return { ...options, connect: connector.attending(options.connect) };
}
