import { describe, expect, it } from 'vitest';
import type { Dialog, HeardFrom } from '../../../../src/sip/server/dialog/dialog.js';
import { placesOf, type Places } from '../../../../src/sip/server/dialog/places.js';
import { isNarrower } from '../../../../src/sip/server/transport/addresses.js';
import type { Transports } from '../../../../src/sip/server/transport/transports.js';
import type { Hop, Listener, Stream, Transport } from '../../../../src/sip/server/message/hop.js';

const LISTENERS: readonly Listener[] = [
  { transport: 'udp', host: '0.0.0.0', port: 5060, family: 4 },
  { transport: 'tcp', host: '0.0.0.0', port: 5060, family: 4 },
];
const transports = {
  listenerFor: (transport: Transport) => LISTENERS.find((one) => one.transport === transport) ?? null,
} as unknown as Transports;
const OPEN: Stream = { open: true, send: () => undefined };
const GONE: Stream = { open: false, send: () => undefined };

const udp = (address: string, port: number): Hop => ({
  transport: 'udp',
  address,
  port,
  listener: LISTENERS[0] ?? null,
  connection: null,
});
const tcp = (address: string, port: number, connection: Stream | null): Hop => ({
  transport: 'tcp',
  address,
  port,
  listener: LISTENERS[1] ?? null,
  connection,
});

interface Case {
  readonly hop: Hop;
  readonly relayed?: boolean;
  readonly routes?: readonly string[];
  readonly reached?: Hop;
  readonly strict?: boolean;
}

/** The places in order, as `transport address:port`. */
function places(next: string, { hop, relayed = false, routes = [], reached, strict = false }: Case): string[] {
  const source: HeardFrom = { hop, relayed, sentByPort: 5070 };
  const found: Places[] = [];
  placesOf({ source, routes, reached: reached ?? null } as unknown as Dialog, next, { transports, strict }, (all) => {
    found.push(all);
  });
  return found.flat().map(({ transport, address, port }) => `${transport} ${address}:${port}`);
}

const PHONE = udp('203.0.113.9', 40_123);

describe('where a request inside a dialog may go', () => {
  it.each<[string, string, Case, readonly string[]]>([
    ['a private Contact', 'sip:a@192.168.1.5', { hop: PHONE }, ['udp 203.0.113.9:40123', 'udp 192.168.1.5:5060']],
    [
      'a Contact on another public address',
      'sip:a@198.51.100.7',
      { hop: PHONE },
      ['udp 203.0.113.9:40123', 'udp 198.51.100.7:5060'],
    ],
    ['a Contact on another port', 'sip:a@203.0.113.9:5060', { hop: PHONE }, ['udp 203.0.113.9:5060', 'udp 203.0.113.9:40123']],
    ['the true Contact', 'sip:a@203.0.113.9:40123', { hop: PHONE }, ['udp 203.0.113.9:40123']],
    [
      'the port that answered',
      'sip:a@203.0.113.9:5060',
      { hop: PHONE, reached: PHONE },
      ['udp 203.0.113.9:40123', 'udp 203.0.113.9:5060'],
    ],
    [
      'a proxy without a route set',
      'sip:a@198.51.100.7',
      { hop: PHONE, relayed: true },
      ['udp 198.51.100.7:5060', 'udp 203.0.113.9:40123'],
    ],
    [
      'a private Contact behind a public proxy without a route set',
      'sip:a@10.0.0.7',
      { hop: PHONE, relayed: true },
      ['udp 203.0.113.9:40123', 'udp 10.0.0.7:5060'],
    ],
    [
      'a route set',
      'sip:198.51.100.7;lr',
      { hop: PHONE, routes: ['<sip:198.51.100.7;lr>'] },
      ['udp 198.51.100.7:5060', 'udp 203.0.113.9:40123'],
    ],
    ['the strict reading', 'sip:a@192.168.1.5', { hop: PHONE, strict: true }, ['udp 192.168.1.5:5060']],
    ['a URI that is none', 'tel:+1555', { hop: PHONE }, ['udp 203.0.113.9:40123']],
    [
      'an open stream',
      'sip:a@192.168.1.5;transport=tcp',
      { hop: tcp('203.0.113.9', 40_123, OPEN) },
      ['tcp 203.0.113.9:40123', 'tcp 192.168.1.5:5060'],
    ],
    [
      'a stream that is gone',
      'sip:a@203.0.113.9:5080;transport=tcp',
      { hop: tcp('203.0.113.9', 40_123, GONE) },
      ['tcp 203.0.113.9:5080', 'tcp 203.0.113.9:5070'],
    ],
    [
      "a proxy's open stream, and a Contact elsewhere",
      'sip:a@198.51.100.7;transport=tcp',
      { hop: tcp('203.0.113.9', 40_123, OPEN), relayed: true },
      ['tcp 198.51.100.7:5060', 'tcp 203.0.113.9:40123'],
    ],
    [
      'an open stream, read strictly',
      'sip:a@203.0.113.9;transport=tcp',
      { hop: tcp('203.0.113.9', 40_123, OPEN), strict: true },
      ['tcp 203.0.113.9:40123'],
    ],
  ])('%s', (_name, next, given, expected) => {
    expect(places(next, given)).toEqual(expected);
  });
});

describe('how far addresses reach', () => {
  it.each([
    ['192.168.1.5', '203.0.113.9', true],
    ['172.31.0.1', '8.8.8.8', true],
    ['172.32.0.1', '8.8.8.8', false],
    ['100.64.0.1', '8.8.8.8', true],
    ['127.0.0.1', '192.168.1.5', true],
    ['169.254.1.1', '10.0.0.1', true],
    ['0.0.0.0', '127.0.0.1', true],
    ['fd00::1', '2001:db8::1', true],
    ['fe80::1', 'fd00::1', true],
    ['::1', '2001:db8::1', true],
    ['10.0.0.1', '192.168.1.5', false],
    ['203.0.113.9', '192.168.1.5', false],
    ['2001:db8::1', '2001:db8::2', false],
  ])('%s is known in fewer places than %s: %s', (one, other, narrower) => {
    expect(isNarrower(one, other)).toBe(narrower);
  });
});
