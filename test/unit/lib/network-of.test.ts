import { expect, it } from 'vitest';
import { networkOf } from '../../../src/lib/network-of.js';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:1ff::2', '2001:db8:1:100::/56'],
  ['2001:db8:1:100:9::7', '2001:db8:1:100::/56'],
  ['2001:db8:1:200::7', '2001:db8:1:200::/56'],
  ['fe80::1%eth0', 'fe80::/56'],
  ['', ''],
  ['not an address', 'not an address'],
])('counts %j by %j', (address, key) => {
  expect(networkOf(address)).toBe(key);
});
