import ipaddr from 'ipaddr.js';
import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { isLoopback } from '../../lib/loopback.js';
import type { Settings } from './schema.js';

/*
 * Where audio is taken: the addresses of RTP sockets and those that far ends are told, for IPv4 and IPv6, from what is set and
 * what the machine has.
 */

/** What the system says of the machine's network interfaces, by their names. */
export type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[] | undefined>
>;

/** Where audio of the second address family is taken; the shape the media engine wants. */
export interface FurtherPlace {
  readonly bindAddress: string;
  readonly advertisedAddress: string;
  /** Found, not set: nobody has said that far ends of other networks reach it. */
  readonly nearOnly: boolean;
  /** Not asked for: one goes without it where it cannot be bound. */
  readonly optional: boolean;
}

/** Values of `media.address6` that are no address. */
export const BY_ITSELF = 'auto';
export const NONE = 'off';

const ANY = '::';
const LOOPBACK = '::1';

/** The address for SDP: configured, else the one RTP is bound to, else the first of this machine that is not internal. */
export function advertisedAddress({ media, sip }: Settings, interfaces: Interfaces): string {
  if (media.externalAddress !== null) return media.externalAddress;
  if (plain(media.address) === ANY) return (listensHereOnly(sip) ? null : outsideIpv6(interfaces)) ?? LOOPBACK;
  if (media.address !== '0.0.0.0') return media.address;
  if (listensHereOnly(sip)) return '127.0.0.1';
  const outside = all(interfaces).find((address) => address.family === 'IPv4' && !address.internal);
  return outside?.address ?? '127.0.0.1';
}

/** Where audio over IPv6 is taken beside IPv4; empty where the machine has no IPv6, or `media.address` is of IPv6 itself. */
export function furtherPlaces(settings: Settings, interfaces: Interfaces): readonly FurtherPlace[] {
  const { address, address6, externalAddress6: external } = settings.media;
  if (isIPv6(address) || address6 === NONE) return [];
  if (address6 === BY_ITSELF) return found(settings, interfaces);
  const bound = plain(address6);
  const advertised = external ?? (bound === ANY ? (outsideIpv6(interfaces) ?? LOOPBACK) : bound);
  const here = bound === ANY && advertised !== LOOPBACK ? loopback(interfaces) : [];
  return [...here, { bindAddress: bound, advertisedAddress: advertised, nearOnly: false, optional: false }];
}

/** What is to IPv6 what `media.address` is to IPv4. Sockets are for the one address that far ends are told. */
function found(settings: Settings, interfaces: Interfaces): readonly FurtherPlace[] {
  const { address, externalAddress6: external } = settings.media;
  const everywhere = address === '0.0.0.0';
  if (everywhere ? listensHereOnly(settings.sip) : isLoopback(address)) return loopback(interfaces);
  const same = Object.entries(interfaces).filter(([, list]) => everywhere || list?.some((one) => one.address === address));
  const own = outsideIpv6(Object.fromEntries(same));
  const here = everywhere ? loopback(interfaces) : [];
  if (own === null) return here;
  const outside = { bindAddress: own, advertisedAddress: external ?? own, nearOnly: external === null, optional: true };
  return [...here, outside];
}

/** For far ends on this machine, where it has the address. */
function loopback(interfaces: Interfaces): readonly FurtherPlace[] {
  const has = all(interfaces).some(({ address }) => address === LOOPBACK);
  return has ? [{ bindAddress: LOOPBACK, advertisedAddress: LOOPBACK, nearOnly: true, optional: true }] : [];
}

/** The first IPv6 address that others can send to; one of the whole Internet before one of the site (RFC 4193). */
function outsideIpv6(interfaces: Interfaces): string | null {
  const found = all(interfaces)
    .filter(({ family, internal, address }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address);
  return found.find((address) => !/^f[cd]/i.test(address)) ?? found[0] ?? null;
}

/** An IPv6 address in its one short spelling (RFC 5952); IPv4 as it is. */
function plain(address: string): string {
  return isIPv6(address) ? ipaddr.parse(address).toString() : address;
}

function listensHereOnly({ listen }: Settings['sip']): boolean {
  return listen.map((address) => address.replace(/^\w+:\/\//, '').replace(/:\d+$/, '')).every(isLoopback);
}

function all(interfaces: Interfaces): readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[] {
  return Object.values(interfaces).flatMap((list) => list ?? []);
}
