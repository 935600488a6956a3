import ipaddr from 'ipaddr.js';

/** Whether only this machine can reach a host: a loopback address (brackets allowed) or `localhost`; no other name counts. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || (ipaddr.isValid(bare) && ipaddr.process(bare).range() === 'loopback');
}
