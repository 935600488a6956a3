import { describe, expect, it } from 'vitest';
import { headerProblem, HeaderTable, parseReason, plainText } from '../../../src/sip/headers.js';

const raw = [
  'INVITE sip:1@x SIP/2.0',
  'f: <sip:a@b>;tag=1',
  'X-Order: 1',
  'x-order: 2',
  'X-Long: ' + 'a'.repeat(2000),
  'Subject: one,',
  '\ttwo',
  'x: 90',
  'Require : timer',
  'no colon here',
  '',
  'X-Body: not a header',
].join('\r\n');

describe('headers of a received message', () => {
  const table = new HeaderTable(raw);

  it('gives the first value by any case, by compact name and over folded lines', () => {
    expect(table.get('From')).toBe('<sip:a@b>;tag=1');
    expect(table.get('SUBJECT')).toBe('one, two');
    expect(table.get('Session-Expires')).toBe('90');
    expect(table.get('require')).toBe('timer');
    expect(table.get('X-Body')).toBeNull();
  });

  // docs/behaviour.md#sip-headers
  it('lists X-* headers with their names as received, each once, overlong values left out', () => {
    expect(table.custom).toEqual({ 'X-Order': '1' });
  });
});

describe('headers we send', () => {
  it('refuses line breaks, NUL and names that are no token', () => {
    expect(headerProblem('X-A', 'fine; value="x"')).toBeNull();
    expect(headerProblem('X-A', 'a\r\nBYE sip:x')).toMatch(/line break/);
    expect(headerProblem('X-A', 'a\0')).toMatch(/line break/);
    expect(headerProblem('X A:', 'a')).toMatch(/not a header name/);
  });

  it('turns a reason phrase into plain text', () => {
    expect(plainText('no\r\nthing "to" \\ say')).toBe('no thing to say');
  });
});

describe('the Reason header (RFC 3326)', () => {
  it.each([
    ['Q.850;cause=17;text="User busy"', 17, 'User busy'],
    ['SIP;cause=200;text="Call completed elsewhere", Q.850 ;cause=26', 26, 'Call completed elsewhere'],
    ['SIP ;cause=486', 17, null],
    ['Q.850;cause=999', null, null],
    ['preemption ;cause=1', null, null],
    [null, null, null],
  ])('reads %s', (value, cause, text) => {
    expect(parseReason(value)).toEqual({ cause, text });
  });
});
