import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { err, ok, type Result } from '../lib/result.js';

/*
 * Where requests may go (docs/decisions/0015-safe-by-default.md). Pure rules: `client.ts` asks them for every URL and every
 * redirect, `connect.ts` for every address DNS gave and for the address a socket really reached.
 */

/** What the configuration allows beyond the public internet. */
export interface GuardPolicy {
  /** Plain `http:` URLs are accepted (docs/behaviour.md#plain-http). */
  readonly allowHttp: boolean;
  /** Addresses or CIDR ranges that may be reached although they are not public, e.g. `10.1.0.0/16`. */
  readonly allowNetworks: readonly string[];
  /** `host` or `host:port` that may be reached wherever it resolves to. IPv6 literals in brackets. */
  readonly allowHosts: readonly string[];
}

/** A public address that only means something inside one cloud: Azure's platform endpoint. */
const PUBLIC_BUT_INTERNAL = new Set(['168.63.129.16']);

/** Names that lead to the machine itself or to a cloud's metadata service: judged by that address, without asking DNS. */
const KNOWN_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:.*\.)?localhost(?:\.localdomain)?$/u, '127.0.0.1'],
  [/^(?:metadata(?:\.google\.internal)?|instance-data(?:\.ec2\.internal)?)$/u, '169.254.169.254'],
];

/** IPv6 is public only inside 2000::/3 (RFC 4291 §2.4); this leaves out IPv4-compatible `::/96` and unassigned space. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

const CONTROL = /[\u0000-\u001f\u007f]/u;

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

function parseHostEntry(text: string): { host: string; port: string | null } | null {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+)(?::(\d{1,5}))?$/iu.exec(text.trim());
  if (match?.[1] === undefined || !URL.canParse(`http://${match[1]}/`) || Number(match[2] ?? 0) > 65_535) return null;
  return { host: new URL(`http://${match[1]}/`).hostname, port: match[2] ?? null };
}

/**
 * A CIDR range, or one address as the range of itself; null for anything else, other spellings of IPv4 (`010.0.0.1`, `10.1`) too:
 * everybody reads them differently. IPv4-mapped IPv6 counts as the IPv4 it stands for.
 */
function parseNetwork(text: string): Range | null {
  const address = text.split('/', 1)[0] ?? '';
  if (isIP(address) === 0 || !(address === text || ipaddr.isValidCIDR(text))) return null;
  const ip = ipaddr.parse(address);
  const all = ip.kind() === 'ipv4' ? 32 : 128;
  const bits = address === text ? all : ipaddr.parseCIDR(text)[1];
  return ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress() && bits >= 96 ? [ip.toIPv4Address(), bits - 96] : [ip, bits];
}

/** True for an entry of {@link GuardPolicy.allowHosts}. */
export function isHostEntry(text: string): boolean {
  return parseHostEntry(text) !== null;
}

/** True for an entry of {@link GuardPolicy.allowNetworks}. */
export function isNetworkEntry(text: string): boolean {
  return parseNetwork(text) !== null;
}

/** Host without brackets and trailing dot, lower case (WHATWG has already folded alternate spellings of IPv4). */
function bareHost(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/gu, '')
    .replace(/\.$/u, '')
    .toLowerCase();
}

function portOf(url: URL): string {
  return url.port !== '' ? url.port : url.protocol === 'https:' ? '443' : '80';
}

function parsed<T>(entry: T | null, problem: string): T {
  if (entry === null) throw new Error(problem);
  return entry;
}

/** The rules of one configuration. */
export class Guard {
  readonly #networks: readonly Range[];
  readonly #hosts: readonly { host: string; port: string | null }[];
  readonly #allowHttp: boolean;

  /** @throws Error on an entry that is neither a network nor a host; configuration is checked before it gets here. */
  constructor(policy: GuardPolicy) {
    this.#allowHttp = policy.allowHttp;
    this.#networks = policy.allowNetworks.map((text) => parsed(parseNetwork(text), `not an address or network: ${text}`));
    this.#hosts = policy.allowHosts.map((text) => parsed(parseHostEntry(text), `not a host or host:port: ${text}`));
  }

  /**
   * Checks a URL as written: scheme, user info, literal addresses in every spelling, well-known internal names.
   * The error is a sentence for the flow's author.
   */
  url(text: string): Result<URL, string> {
    if (CONTROL.test(text)) return err('the URL contains a control character');
    if (!URL.canParse(text)) return err('the URL is not a valid absolute URL');
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return err(`the scheme ${url.protocol} is not allowed; use https`);
    if (url.protocol === 'http:' && !this.#allowHttp)
      return err('plain http is not allowed; use https or set webhooks.allowHttp');
    if (url.username !== '' || url.password !== '')
      return err('the URL carries a user name or password; use the auth field instead');
    if (this.allowsHost(url.hostname, portOf(url))) return ok(url);
    const host = bareHost(url.hostname);
    const address = ipaddr.isValid(host) ? host : KNOWN_NAMES.find(([name]) => name.test(host))?.[1];
    return address === undefined || this.address(address) ? ok(url) : err(refused(host));
  }

  /** True when this host and port are on the allow-list: their addresses are not checked. */
  allowsHost(hostname: string, port: string): boolean {
    const host = bareHost(hostname);
    return this.#hosts.some((entry) => bareHost(entry.host) === host && (entry.port === null || entry.port === port));
  }

  /** True when a connection to this IP address is allowed: public, or inside an allow-listed network. */
  address(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const ip = ipaddr.process(address);
    if (this.#networks.some(([network, bits]) => network.kind() === ip.kind() && ip.match(network, bits))) return true;
    if (ip.range() !== 'unicast' || PUBLIC_BUT_INTERNAL.has(ip.toString())) return false;
    return ip instanceof ipaddr.IPv6 ? ip.match(...GLOBAL_UNICAST) : true;
  }
}

/** The sentence for an address or name that the guard refuses. */
export function refused(what: string): string {
  return `${what} is not a public address; list it under webhooks.allowHosts or webhooks.allowNetworks if it is meant`;
}
