import { SocketAddress } from 'node:net';
import ipaddr from 'ipaddr.js';

/*
 * IP addresses as descriptions write them and as the system does, and what they can be used for.
 */

/**
 * An IP address as the system writes it in the source of a packet: IPv6 short and in lower case (RFC 5952), IPv4 inside IPv6 as the
 * IPv4 it stands for (RFC 4291 §2.5.5.2). Anything else comes back as it is.
 */
export function systemSpelling(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const plain = ipaddr.process(address).toString();
  return plain.includes(':') ? new SocketAddress({ address: plain, family: 'ipv6' }).address : plain;
}

/** An address that stands for none. */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** A group's address, or the broadcast address. */
export function isToMany(address: string): boolean {
  return address.includes(':') ? /^ff/i.test(address) : Number(address.split('.')[0]) >= 224;
}

/** An IPv6 address that means nothing without the name of a link (RFC 4007 §6), which no description can give. */
export function needsLink(address: string): boolean {
  return address.includes('%') || /^fe[89ab]/i.test(address);
}

/** How far an IPv6 address is known. */
const REACH = { MACHINE: 0, SITE: 1, WORLD: 2 } as const;

function reachOf(address: string): number {
  if (address === '::1') return REACH.MACHINE;
  // Unique local addresses (RFC 4193). A far end that names none yet may have one.
  return address === '::' || /^f[cd]/i.test(address) ? REACH.SITE : REACH.WORLD;
}

/** Whether who has the IPv6 address `far` can be expected to know the way to `own`. */
export function isKnownTo(far: string, own: string): boolean {
  return reachOf(own) >= reachOf(far);
}
