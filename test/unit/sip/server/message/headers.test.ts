import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatNameAddr,
  param,
  parseCSeq,
  parseNameAddr,
  parseParams,
  parseVia,
  splitList,
} from '../../../../../src/sip/server/message/headers.js';
import { parseSipUri, schemeOf } from '../../../../../src/sip/server/message/uri.js';

describe('parseNameAddr', () => {
  it.each([
    ['<sip:a@b>;tag=1', null, 'sip:a@b', [['tag', '1']]],
    ['sip:a@b;tag=1', null, 'sip:a@b', [['tag', '1']]],
    ['"J. \\"R\\" O" <sip:a@b;p=1>', 'J. "R" O', 'sip:a@b;p=1', []],
    ['Bob Smith <sip:a@b>', 'Bob Smith', 'sip:a@b', []],
    ['caller<sip:a@b>;tag=323', 'caller', 'sip:a@b', [['tag', '323']]],
    ['"" <sip:a@b>', null, 'sip:a@b', []],
    [
      '<sip:a@b> ; tag = 18 ; x',
      null,
      'sip:a@b',
      [
        ['tag', '18'],
        ['x', null],
      ],
    ],
    ['<tel:+43123;phone-context=x>;tag=q', null, 'tel:+43123;phone-context=x', [['tag', 'q']]],
    ['"a, <b>; c" <sip:a@[::1]:5060>', 'a, <b>; c', 'sip:a@[::1]:5060', []],
    ['<sip:a@b>;name="x;y, \\" z"', null, 'sip:a@b', [['name', '"x;y, \\" z"']]],
  ])('reads %s', (text, display, uri, params) => {
    expect(parseNameAddr(text)).toEqual({ display, uri, params });
  });

  it.each([
    '',
    '<sip:a@b',
    '"unbalanced <sip:a@b>',
    'a',
    '<>',
    '< sip:a@b>',
    '<sip:a b@c>',
    'sip:a@b?x=y',
    '<sip:@b>',
    '<sip:a@b:99999>',
    '<sip:a@b> garbage',
    '<sip:a@b>;=x',
    '<sip:a@>',
  ])('refuses %s', (text) => {
    expect(parseNameAddr(text)).toBeNull();
  });

  it('never throws, and what it writes it reads again', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 80 }), fc.stringMatching(/^"?[a-z \\"<>;=,@:?]{0,40}<?sip:[a-z@;=?]{0,20}>?[;=a-z "]*$/)),
        (text) => {
          const address = parseNameAddr(text);
          if (address !== null) expect(parseNameAddr(formatNameAddr(address))).toEqual(address);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe('parseVia', () => {
  it.each([
    ['SIP/2.0/UDP host;branch=z9hG4bK1', { transport: 'UDP', host: 'host', port: null }],
    [
      'SIP / 2.0 / tcp  Host.Example.COM : 5070 ; branch = z9 ; rport',
      { transport: 'TCP', host: 'host.example.com', port: 5070 },
    ],
    ['SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111', { host: '2001:db8::9:1', port: null }],
    ['SIP/2.0/TLS-SCTP 192.0.2.1:5061', { transport: 'TLS-SCTP', host: '192.0.2.1', port: 5061 }],
  ])('reads %s', (text, expected) => {
    expect(parseVia(text)).toMatchObject(expected);
  });

  it.each(['', 'SIP/2.0/UDP', 'SIP/3.0/UDP a', 'UDP a', 'SIP/2.0/UDP a;;branch=1', 'SIP/2.0/UDP a b', 'SIP/2.0/UDP a:0'])(
    'refuses %s',
    (text) => {
      expect(parseVia(text)).toBeNull();
    },
  );
});

describe('lists, parameters and CSeq', () => {
  it('splits at commas outside quotes and brackets', () => {
    expect(splitList('<sip:a,b@c>;x="1,2", "d, e" <sip:f>, g')).toEqual(['<sip:a,b@c>;x="1,2"', '"d, e" <sip:f>', 'g']);
  });

  it('reads parameters, names without case', () => {
    const params = parseParams(';Tag=X; LR ;q="0\\"5"') ?? [];
    expect([param(params, 'tag'), param(params, 'lr'), param(params, 'q'), param(params, 'none')]).toEqual([
      'X',
      '',
      '"0\\"5"',
      null,
    ]);
  });

  it('reads CSeq up to 2^31-1 (RFC 3261 §8.1.1.5)', () => {
    expect(parseCSeq('0009 INVITE')).toEqual({ seq: 9, method: 'INVITE' });
    expect(parseCSeq('2147483647 BYE')).toEqual({ seq: 2_147_483_647, method: 'BYE' });
    for (const bad of ['2147483648 BYE', '36893488147419103232 REGISTER', '-1 BYE', '1', 'BYE 1', '1BYE', ''])
      expect(parseCSeq(bad)).toBeNull();
  });
});

describe('parseSipUri', () => {
  it('reads every part', () => {
    const uri = parseSipUri('sips:al;ice:pa?ss@Example.COM:5061;transport=TCP;lr?Subject=x');
    expect(uri).toMatchObject({ scheme: 'sips', user: 'al;ice', host: 'example.com', port: 5061, headers: 'Subject=x' });
    expect([...(uri?.params ?? [])]).toEqual([
      ['transport', 'TCP'],
      ['lr', ''],
    ]);
  });

  it.each([
    ['sip:[2001:db8::10]:5070', '2001:db8::10', 5070],
    ["sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com", 'example.com', null],
    ['sip:host', 'host', null],
  ])('reads %s', (text, host, port) => {
    expect(parseSipUri(text)).toMatchObject({ host, port });
  });

  it.each(['sip:', 'sip:a@', 'tel:+1', 'sip:[::zz]', 'sip:a@b@c@', 'sip:a b@c', 'http://x', 'sip:-a', 'sip:a@b:70000', ''])(
    'refuses %s',
    (text) => {
      expect(parseSipUri(text)).toBeNull();
    },
  );

  it('names the scheme of anything', () => {
    expect([schemeOf('NoBody:x'), schemeOf('soap.beep://x'), schemeOf('nothing')]).toEqual(['nobody', 'soap.beep', null]);
  });
});
