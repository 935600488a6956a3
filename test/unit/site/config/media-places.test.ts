import { describe, expect, it } from 'vitest';
import { advertisedAddress, furtherPlaces, type Interfaces } from '../../../../src/site/config/media-places.js';
import { configSchema } from '../../../../src/site/config/schema.js';

/* Which IPv6 addresses audio is taken at, on machines of several kinds. */

const four = (address: string, internal = false) => ({ address, family: 'IPv4' as const, internal });
const six = (address: string, internal = false) => ({ address, family: 'IPv6' as const, internal });

const BOTH: Interfaces = {
  lo: [four('127.0.0.1', true), six('::1', true)],
  eth0: [four('10.0.0.2'), six('fe80::2'), six('fd00::2')],
  eth1: [four('192.0.2.2'), six('fe80::3'), six('2001:db8::2')],
};
const WITHOUT: Interfaces = { lo: [four('127.0.0.1', true)], eth0: [four('192.0.2.2')], down: undefined };
const LINK_ONLY: Interfaces = { lo: [four('127.0.0.1', true), six('::1', true)], eth0: [four('192.0.2.2'), six('fe80::2')] };

const settings = (media: object, listen = ['udp://0.0.0.0:5060']) => configSchema.parse({ media, sip: { listen } });
const places = (media: object, interfaces: Interfaces, listen?: string[]): readonly string[] =>
  furtherPlaces(settings(media, listen), interfaces).map(({ bindAddress, advertisedAddress: told, nearOnly, optional }) =>
    [bindAddress, told, nearOnly && 'near', optional && 'optional'].filter((part) => part !== false).join(' '),
  );
const HERE = '::1 ::1 near optional';

describe('audio over IPv6 by itself', () => {
  it.each([
    ['takes the address of the Internet before that of the site', {}, BOTH, [HERE, '2001:db8::2 2001:db8::2 near optional']],
    ['takes the address of the same interface', { address: '10.0.0.2' }, BOTH, ['fd00::2 fd00::2 near optional']],
    ['takes loopback beside loopback', { address: '127.0.0.1' }, BOTH, [HERE]],
    ['takes loopback alone where there are only addresses of a link', {}, LINK_ONLY, [HERE]],
    ['is none on a machine without IPv6', {}, WITHOUT, []],
    ['is none on an interface without IPv6', { address: '192.0.2.2' }, LINK_ONLY, []],
    ['is none for an address that the machine has not', { address: '203.0.113.1' }, BOTH, []],
    ['is none where media.address is IPv6', { address: '2001:db8::2' }, BOTH, []],
    [
      'names the external address, to everybody',
      { externalAddress6: '2001:db8::99' },
      BOTH,
      [HERE, '2001:db8::2 2001:db8::99 optional'],
    ],
    ['can be switched off', { address6: 'off' }, BOTH, []],
  ])('%s', (_, media, interfaces, expected) => {
    expect(places(media, interfaces)).toEqual(expected);
  });

  it('takes loopback alone where SIP listens only there', () => {
    expect(places({}, BOTH, ['udp://127.0.0.1:5060', 'tcp://[::1]:5060'])).toEqual([HERE]);
  });
});

it.each([
  ['one address', { address6: 'FD00:0::2' }, BOTH, ['fd00::2 fd00::2']],
  ['one address behind another', { address6: 'fd00::2', externalAddress6: '2001:db8::99' }, BOTH, ['fd00::2 2001:db8::99']],
  ['all addresses', { address6: '::' }, BOTH, [HERE, ':: 2001:db8::2']],
  ['all addresses, of a machine without IPv6', { address6: '::' }, WITHOUT, [':: ::1']],
])('audio over IPv6 as set: %s', (_, media, interfaces, expected) => {
  expect(places(media, interfaces)).toEqual(expected);
});

it.each([
  [{ address: '::' }, ['udp://0.0.0.0:5060'], '2001:db8::2'],
  [{ address: '::' }, ['udp://[::1]:5060'], '::1'],
  [{}, ['udp://0.0.0.0:5060'], '10.0.0.2'],
])('media %j with SIP on %j names %s first', (media, listen, address) => {
  expect(advertisedAddress(settings(media, listen), BOTH)).toBe(address);
});
