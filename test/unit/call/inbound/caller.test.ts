import { describe, expect, it } from 'vitest';
import { callerOf, type CallerPolicy } from '../../../../src/call/inbound/caller.js';
import { parseAddress, parseUri } from '../../../../src/sip/address.js';
import { HeaderTable } from '../../../../src/sip/headers.js';
import type { IncomingInvite } from '../../../../src/sip/types.js';

const LISTED = ['P-Asserted-Identity', 'Diversion', 'History-Info', 'Call-Info', 'Privacy'];
const policy = (more: Partial<CallerPolicy> = {}): CallerPolicy => ({ headers: LISTED, showsWithheld: () => false, ...more });

/** The caller of an INVITE with this From and these header lines. */
function read(from: string, lines: readonly string[] = [], more: Partial<CallerPolicy> = {}) {
  const table = new HeaderTable(['INVITE sip:100@x SIP/2.0', `From: ${from}`, ...lines, '', ''].join('\r\n'));
  const address = parseAddress(from);
  if (address === null) throw new Error('From cannot be read');
  const invite = {
    from: address,
    source: { address: '192.0.2.1', port: 5060, transport: 'udp' },
    header: (name: string) => table.get(name),
    headers: (name: string) => table.all(name),
    customHeaders: table.custom,
  } as unknown as IncomingInvite;
  return callerOf(invite, policy(more));
}

const NUMBER = '+15550100';
const FROM = `<sip:${NUMBER}@trunk.example>;tag=1`;
const ASSERTED = `P-Asserted-Identity: "Ada" <sip:${NUMBER}@trunk.example>`;

describe('a number that is withheld', () => {
  it.each([
    [FROM, ['Privacy: id']],
    [FROM, ['Privacy: user;id']],
    [FROM, ['PRIVACY: HEADER ; Critical']],
    [FROM, ['Privacy: none', 'Privacy: id']],
    [FROM, ['Privacy: session, id']],
    [FROM, ['privacy:\r\n id']],
    [`"Anonymous" ${FROM}`, []],
    [`anonymous ${FROM}`, []],
    [`"Private Number" ${FROM}`, []],
    [`<sip:${NUMBER}@anonymous.invalid>;tag=1`, []],
    [`<sip:${NUMBER}@ANONYMOUS.INVALID>;tag=1`, []],
    ['"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', [ASSERTED]],
    ['<sip:Anonymous@trunk.example>;tag=1', [ASSERTED]],
    ['<sip:restricted@trunk.example>;tag=1', [ASSERTED]],
    [FROM, [`Remote-Party-ID: <sip:${NUMBER}@trunk.example>;party=calling;privacy=full;screen=yes`]],
    [FROM, [`Remote-Party-ID: <sip:${NUMBER}@trunk.example>;privacy="name;uri";screen=yes`]],
    [FROM, [`Remote-Party-ID: <sip:${NUMBER}@trunk.example>;privacy=uri-network`]],
    [`"${NUMBER}" <sip:anonymous@anonymous.invalid>;tag=1`, []],
  ])('is nowhere in what is kept: %s %j', (from, lines) => {
    const caller = read(from, [
      ...lines,
      `X-Caller: ${NUMBER}`,
      'X-National: (555) 01-00',
      'X-Escaped: sip:%2B1%35550100@x',
      'X-Order: 4711',
      `Call-Info: <https://trunk.example/ada.png>;purpose=icon`,
      `History-Info: <sip:${NUMBER}@trunk.example>;index=1`,
    ]);
    expect(caller).toMatchObject({ number: 'anonymous', withheld: true });
    const kept = JSON.stringify(caller);
    expect(kept).not.toMatch(/5550100|01-00|%35|ada/iu);
    expect(caller.headers).toMatchObject({ 'X-Order': '4711', 'X-Caller': 'anonymous', 'Call-Info': 'anonymous' });
    expect(caller.shown(`${NUMBER}-call@x`)).toBe('anonymous');
  });

  it.each(['none', 'session', 'critical', 'history', ''])('Privacy: %s does not withhold it', (value) => {
    expect(read(FROM, [`Privacy: ${value}`])).toMatchObject({ number: NUMBER, withheld: false });
  });

  it('is shown to a site that says so for its trunk', () => {
    const showsWithheld = (source: string): boolean => source === '192.0.2.1';
    const anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1';
    expect(read(FROM, ['Privacy: id'], { showsWithheld })).toMatchObject({ number: NUMBER, withheld: true });
    const asserted = read(anonymous, ['Privacy: id', ASSERTED], { showsWithheld });
    expect(asserted.number).toBe(NUMBER);
    expect(asserted.headers['P-Asserted-Identity']).toContain(NUMBER);
    expect(read(anonymous, [], { showsWithheld }).number).toBe('anonymous');
  });

  it('short numbers are withheld too', () => {
    expect(read('<sip:1001@pbx>;tag=1', ['Privacy: id', 'X-From: 1001']).headers['X-From']).toBe('anonymous');
  });

  const hexadecimal = Buffer.from('15550100').toString('hex');
  const passport = Buffer.from('{"orig":{"tn":"15550100"}}').toString('base64url');
  it.each([
    '1/555/01/00',
    '1_555_01_00',
    '1\u2011555\u201101\u201100',
    '1 (555) 01 - 00',
    `${hexadecimal};encoding=hex`,
    `eyJhbGciOiJFUzI1NiJ9.${passport}.c2ln`,
  ])('in whatever form a header holds it: %s', (value) => {
    expect(read(FROM, ['Privacy: id', `X-Own: ${value}`]).headers['X-Own']).toBe('anonymous');
    expect(read(FROM, [`X-Own: ${value}`]).headers['X-Own']).toBe(value);
  });

  it('names and short extensions are withheld as words of their own; the name of a machine in Contact is not', () => {
    const { headers } = read('<sip:ada@pbx>;tag=1', [
      'Privacy: id',
      'Contact: <sip:asterisk@192.0.2.1>',
      'X-From: "Ada" of sales',
      'X-Uri: sip:ada@pbx',
      'X-Server: asterisk',
      'X-City: Adana',
    ]);
    expect(headers).toMatchObject({ 'X-From': 'anonymous', 'X-Uri': 'anonymous', 'X-Server': 'asterisk', 'X-City': 'Adana' });
    const { headers: short } = read('<sip:201@pbx>;tag=1', ['Privacy: id', 'X-Ext: ext. 201', 'X-Order: 72013']);
    expect(short).toMatchObject({ 'X-Ext': 'anonymous', 'X-Order': '72013' });
  });

  it('a Remote-Party-ID that restricts something else withholds nothing', () => {
    for (const privacy of ['off', 'name', '"name"'])
      expect(read(FROM, [`Remote-Party-ID: <sip:${NUMBER}@t>;privacy=${privacy}`]).withheld).toBe(false);
  });
});

describe('the headers a flow may read', () => {
  it('are those the site lists, by any case and form, and all X-*', () => {
    const { headers } = read(FROM, [
      'p-asserted-identity: <sip:1@x>',
      'P-Asserted-Identity: <tel:+2>',
      'DIVERSION: <sip:3@x>;reason=no-answer',
      'User-Agent: phone',
      'X-Order: 7',
    ]);
    expect(headers).toEqual({
      'P-Asserted-Identity': '<sip:1@x>, <tel:+2>',
      Diversion: '<sip:3@x>;reason=no-answer',
      'X-Order': '7',
    });
    expect(read(FROM, ['User-Agent: phone'], { headers: ['user-agent'] }).headers).toEqual({ 'user-agent': 'phone' });
  });

  it('are bounded: what does not fit is left out, value by value', () => {
    const long = `<sip:${'1'.repeat(1500)}@x>`;
    expect(read(FROM, [`Diversion: ${long}`, `Diversion: <sip:2${long.slice(6)}`]).headers['Diversion']).toBe(long);
    expect(read(FROM, [`Diversion: ${'x'.repeat(2048)}`]).headers['Diversion']).toHaveLength(2048);
    expect(read(FROM, [`Diversion: ${'x'.repeat(2049)}`]).headers).toEqual({});
  });

  it.each(['history', 'header', 'session', 'HISTORY;critical'])('History-Info is withheld under Privacy: %s', (value) => {
    const { headers } = read(FROM, [`Privacy: ${value}`, 'History-Info: <sip:9@x>;index=1']);
    expect(headers['History-Info']).toBe('anonymous');
  });

  it('a single entry may ask for it', () => {
    const lines = [
      'History-Info: <sip:9@x?Privacy=history>;index=1, <sip:8@x>;index=2',
      'Diversion: <sip:7@x>;privacy=full, <sip:6@x>;privacy=off',
    ];
    expect(read(FROM, lines).headers).toMatchObject({
      'History-Info': 'anonymous, <sip:8@x>;index=2',
      Diversion: 'anonymous, <sip:6@x>;privacy=off',
    });
  });
});

describe('the caller’s number', () => {
  it.each([
    ['<tel:+1-555-0100;phone-context=x>;tag=1', '+15550100'],
    ['tel:+1-555-0100;tag=1', '+15550100'],
    ['<tel:+1(555)01.00>', '+15550100'],
    // RFC 3966 §5.1.5: a context and a local number are no number together.
    ['<tel:0100;phone-context=+1555>', '0100'],
    ['<tel:863-1234;phone-context=+1-914-555>', '8631234'],
    ['<sip:+1-555-0100;ext=5@host>', '+15550100'],
    ['<sip:555-0100@host;user=phone>', '5550100'],
    ['<sip:555-0100@host;transport=udp;USER=phone>', '5550100'],
    ['<sip:%2B1%2D555%2D0100@host>', '+15550100'],
    ['"Quoted <sip:999@x> \\"name\\"; tag=7" <sip:+1-555-0100@host>;tag=1', '+15550100'],
    ['<sip:anna-maria@host;user=phone>', 'anna-maria'],
    ['<sip:555-0100@host>', '555-0100'],
    ['<sip:anna.b@host>', 'anna.b'],
    ['<sip:host>', ''],
  ])('%s is %s', (from, number) => {
    expect(read(from).number).toBe(number);
  });

  it.each([
    'sip:%22%7d%0d%0aX:%201@host',
    'sip:a%00b@host',
    'sip:a%E2%80%AEb@host',
    'sip:%0A@host',
    'tel:%7f1',
    'sip:a%c2%85b@host',
  ])('with control characters it is nobody’s: %s', (uri) => {
    expect(parseUri(uri)).not.toBeNull();
    expect(read(`<${uri}>`).number).toBe('anonymous');
  });

  it('headers lose theirs', () => {
    expect(read(FROM, ['X-A: a\u0000b\u001bc\u2028d', 'Diversion: <sip:3@x>;reason="a\u0007b"']).headers).toEqual({
      'X-A': 'a b c d',
      Diversion: '<sip:3@x>;reason="a b"',
    });
  });
});
