import { expect, it } from 'vitest';
import { isKnownTo, isToMany, needsLink, systemSpelling } from '../../../../src/media/sdp/addresses.js';

it.each([
  ['2001:0DB8:0:0:0:0:0:0009', '2001:db8::9'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['192.0.2.1', '192.0.2.1'],
  ['phone.example', 'phone.example'],
  ['2001:db8::zz', '2001:db8::zz'],
  ['', ''],
])('the address %s is %s to the system', (written, spelled) => {
  expect(systemSpelling(written)).toBe(spelled);
});

it.each([
  ['fe80::1', true],
  ['febf::1', true],
  ['fec0::1', false],
  ['fe80::1%eth0', true],
  ['2001:db8::1%eth0', true],
  ['::1', false],
  ['169.254.0.1', false],
])('%s needs the name of a link: %s', (address, needed) => {
  expect(needsLink(address)).toBe(needed);
});

it.each([
  ['ff02::1', true],
  ['fe02::1', false],
  ['224.0.0.1', true],
  ['255.255.255.255', true],
  ['223.255.255.255', false],
])('%s is the address of many: %s', (address, many) => {
  expect(isToMany(address)).toBe(many);
});

it.each([
  ['::1', '::1', true],
  ['::1', 'fd00::2', true],
  ['fd00::9', '::1', false],
  ['fd00::9', 'fc00::2', true],
  ['2001:db8::9', 'fd00::2', false],
  ['2001:db8::9', '2001:db8::2', true],
  ['fd00::9', '2001:db8::2', true],
  ['::', '::1', false],
  ['::', 'fd00::2', true],
])('a far end at %s knows the way to %s: %s', (far, own, known) => {
  expect(isKnownTo(far, own)).toBe(known);
});
