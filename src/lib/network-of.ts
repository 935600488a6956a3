import ipaddr from 'ipaddr.js';

/** Bits of an IPv6 address that one customer of a provider usually has (RFC 6177). */
const CUSTOMER_BITS = 56;

/**
 * What shares of a source are counted by: an IPv4 address as it is, also inside IPv6; of an IPv6 address the network, because one
 * customer has as many addresses in it as he likes. What is no address is its own key.
 */
export function networkOf(address: string): string {
  const bare = address.replace(/%.*$/s, '');
  if (!ipaddr.isValid(bare)) return address;
  const parsed = ipaddr.process(bare);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${CUSTOMER_BITS}`);
  return `${network.toString()}/${CUSTOMER_BITS}`;
}
