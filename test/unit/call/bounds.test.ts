import { describe, expect, it } from 'vitest';
import { callerOf } from '../../../src/call/inbound/caller.js';
import { dtmfOfInfo } from '../../../src/call/leg/dtmf-info.js';
import { gainOf } from '../../../src/call/verbs/verb.js';
import { parseAddress } from '../../../src/sip/address.js';
import { HeaderTable } from '../../../src/sip/headers.js';
import type { IncomingInvite } from '../../../src/sip/types.js';

it.each([
  [-1.1, -6],
  [-1, -6],
  [-0.5, -3],
  [0, 0],
  [0.5, 3],
  [1, 6],
  [1.1, 6],
])('level %d is %d dB', (level, db) => {
  expect(gainOf(level)).toBe(db);
});

describe('a key in a SIP INFO', () => {
  it.each([
    [255, '5'],
    [256, '5'],
    [257, null],
  ])('that ends at character %i is %j', (end, key) => {
    const field = '\nSignal=5';
    expect(dtmfOfInfo('x'.repeat(end - field.length) + field)).toBe(key);
  });
});

/** What a flow reads of `X-From` when the number in From is withheld. */
function shown(number: string, text: string): string | undefined {
  const from = `<sip:${number}@trunk.example>;tag=1`;
  const table = new HeaderTable(
    ['INVITE sip:100@x SIP/2.0', `From: ${from}`, 'Privacy: id', `X-From: ${text}`, '', ''].join('\r\n'),
  );
  const invite = {
    from: parseAddress(from),
    source: { address: '192.0.2.1', port: 5060, transport: 'udp' },
    header: (name: string) => table.get(name),
    headers: (name: string) => table.all(name),
    customHeaders: table.custom,
  } as unknown as IncomingInvite;
  return callerOf(invite, { headers: [], showsWithheld: () => false }).headers['X-From'];
}

describe('a withheld number in another text', () => {
  it.each([
    ['10', '10', '10'],
    // Three digits are withheld as a word of their own, four wherever they stand.
    ['100', '100', 'anonymous'],
    ['100', '21003', '21003'],
    ['1001', '210013', 'anonymous'],
    ['10012', 'from 10012', 'anonymous'],
    // The last seven digits tell a number.
    ['15550100', '5550100', 'anonymous'],
    ['15550100', '0 555-0100', 'anonymous'],
    ['15550100', '6550100', '6550100'],
    ['15550100', '550100', '550100'],
    ['5550100', '5550100', 'anonymous'],
    ['550100', '550100', 'anonymous'],
    ['550100', '50100', '50100'],
  ])('of %s, %s is shown as %s', (number, text, expected) => {
    expect(shown(number, text)).toBe(expected);
  });
});
