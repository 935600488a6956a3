import { describe, expect, it } from 'vitest';
import { placeFor, type MediaPlace } from '../../../../src/media/sdp/places.js';

/* Over which address family the audio of a leg goes. */

const place = (address: string, nearOnly = false): MediaPlace => ({
  bindAddress: address,
  advertisedAddress: address,
  nearOnly,
  optional: false,
});
const [FOUR, HERE, SITE] = [place('192.0.2.1'), place('::1', true), place('fd00::2', true)];
const ALL = [FOUR, HERE, SITE] as const;

const offer = (...lines: readonly string[]): string => ['v=0', 'o=- 1 1 IN IP4 x', 's=-', ...lines, ''].join('\r\n');
const AUDIO = 'm=audio 4000 RTP/AVP 0';
const chosen = (text: string | null, signalingAddress = '198.51.100.9', places: readonly [MediaPlace, ...MediaPlace[]] = ALL) =>
  placeFor(places, { offer: text, signalingAddress, codecs: ['PCMU', 'PCMA'] }).advertisedAddress;

describe('the place for an offer', () => {
  it.each([
    ['an IPv4 address', ['c=IN IP4 203.0.113.5', AUDIO], '192.0.2.1'],
    ['loopback', ['c=IN IP6 ::1', AUDIO], '::1'],
    ['an address of the site', ['c=IN IP6 fd00::9', AUDIO], 'fd00::2'],
    ['an address from which ours cannot be reached', ['c=IN IP6 2001:db8::9', AUDIO], '192.0.2.1'],
    ['IPv4 inside IPv6', ['c=IN IP6 ::ffff:203.0.113.5', AUDIO], '192.0.2.1'],
    ['no address yet', ['c=IN IP6 ::', AUDIO], 'fd00::2'],
    ['a family that is misnamed', ['c=IN IP4 fd00::9', AUDIO], 'fd00::2'],
    ['an address of the audio, not of the session', ['c=IN IP4 203.0.113.5', AUDIO, 'c=IN IP6 fd00::9'], 'fd00::2'],
    ['both, IPv6 first', [AUDIO, 'c=IN IP6 fd00::9', 'c=IN IP4 203.0.113.5'], '192.0.2.1'],
    ['both, IPv4 first', [AUDIO, 'c=IN IP4 203.0.113.5', 'c=IN IP6 fd00::9'], '192.0.2.1'],
    ['lines of both families', [AUDIO, 'c=IN IP6 fd00::9', AUDIO, 'c=IN IP4 203.0.113.5'], '192.0.2.1'],
    [
      'candidates beside IPv6',
      ['c=IN IP6 fd00::9', AUDIO, 'a=candidate:1 1 UDP 1 203.0.113.5 4000 typ host', 'a=altc:1 IP4 203.0.113.5 4000'],
      'fd00::2',
    ],
    [
      'video over IPv4, audio over IPv6',
      ['m=video 5000 RTP/AVP 96', 'c=IN IP4 203.0.113.5', AUDIO, 'c=IN IP6 fd00::9'],
      'fd00::2',
    ],
    ['nothing that can be read', [], '192.0.2.1'],
  ])('with %s', (_, lines, address) => {
    expect(chosen(offer(...lines))).toBe(address);
  });

  it('without codecs or with a group of IPv6 is the one that says why', () => {
    expect(chosen(offer('c=IN IP6 fd00::9', 'm=audio 4000 RTP/AVP 9'))).toBe('fd00::2');
    expect(chosen(offer('c=IN IP6 ff02::1', AUDIO))).toBe('::1');
  });

  it('with a host name is that of the family the signalling came by', () => {
    const named = offer('c=IN IP6 phone.example', AUDIO);
    expect(chosen(named)).toBe('192.0.2.1');
    expect(chosen(named, 'fd00::7')).toBe('fd00::2');
    expect(chosen(named, '::1')).toBe('::1');
  });

  it('is the only one there is', () => {
    expect(chosen(offer('c=IN IP6 fd00::9', AUDIO), '::1', [FOUR])).toBe('192.0.2.1');
  });

  it('is any that was set, whatever address the far end has', () => {
    expect(chosen(offer('c=IN IP6 2001:db8::9', AUDIO), '::1', [FOUR, place('fd00::2')])).toBe('fd00::2');
  });
});

it.each([
  ['198.51.100.9', '192.0.2.1'],
  ['::1', '::1'],
  ['fd00::7', 'fd00::2'],
  ['2001:db8::7', '192.0.2.1'],
  ['', '192.0.2.1'],
])('our own offer to signalling from %s names %s', (signalingAddress, address) => {
  expect(chosen(null, signalingAddress)).toBe(address);
});
