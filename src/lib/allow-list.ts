import { BlockList, isIP } from 'node:net';

/** Reads a list of `192.0.2.0/24`, `2001:db8::/32` and single addresses. Throws a sentence that names the bad entry. */
export function allowList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, ...more] = entry.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    const valid =
      family !== 0 &&
      more.length === 0 &&
      (prefix === undefined || /^\d{1,3}$/.test(prefix)) &&
      bits <= (family === 6 ? 128 : 32);
    if (!valid)
      throw new Error(`"${entry}" in the list of allowed SIP sources is neither an IP address nor a network like 192.0.2.0/24.`);
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
