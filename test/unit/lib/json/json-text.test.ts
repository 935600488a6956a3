import fc from 'fast-check';
import { asText } from '../../../../src/flow/variables/escape.js';
import { describe, expect, it } from 'vitest';
import { exactNumber, isExact, numberOfDigits, readNumber } from '../../../../src/lib/number/exact-number.js';
import type { Json, JsonObject } from '../../../../src/lib/json/json.js';
import { jsonText, parseExact, portableJsonText, withPlainNumbers } from '../../../../src/lib/json/json-text.js';

const parsed = (text: string): Json => parseExact(text) as Json;

/** Numbers that JavaScript would write with other digits. */
const EXACT = [
  '7615917337495251231',
  '9007199254740993',
  '-9007199254740993',
  '12.50',
  '1.0',
  '0.0',
  '-0.0',
  '0.1000000000000000055511151231257827',
  '1e400',
  '-1E-400',
  '1234567890123456789012345678901234567890',
];

describe('JSON without losing digits', () => {
  it.each(EXACT)('keeps %s, alone and in members, lists and depth', (digits) => {
    for (const text of [digits, `{"a":${digits}}`, `[1,${digits},2]`, `{"a":[{"b":${digits},"c":"${digits}"}]}`]) {
      expect(jsonText(parsed(text))).toBe(text);
    }
    const value = parsed(digits);
    expect(isExact(value)).toBe(true);
    expect(asText(value)).toBe(digits);
    expect(JSON.stringify({ value })).toBe(`{"value":"${digits}"}`);
  });

  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992],
    ['12.5', 12.5],
    ['0', 0],
    ['-0', -0],
    ['1e3', 1000],
    ['1.0E7', 10000000],
    ['1e+21', 1e21],
    ['1E22', 1e22],
    ['5e-324', 5e-324],
    ['123456789012345.6', 123456789012345.6],
  ])('%s is the number it always was', (digits, number) => {
    expect(parsed(digits)).toBe(number);
  });

  it('reads everything as JSON.parse does, and refuses the same', () => {
    const texts = [
      '{"a":1.50,"a":2.50}',
      '{"__proto__":{"x":1.50}}',
      '"\\"12.50\\""',
      '["12.50:",1.50]',
      '[1.50 , 2.50]\n',
      '"\u2028 1.50"',
    ];
    for (const text of texts) expect(JSON.parse(JSON.stringify(withPlainNumbers(parsed(text))))).toEqual(JSON.parse(text));
    const broken = [
      '{12.50:1}',
      '{12345678901234567890 : 1}',
      '01.50',
      '+1.50',
      '1.50.',
      '.50',
      '1.',
      '-',
      '"1.50',
      '[1.50',
      '1.50 1.50',
      '1e4001.50e',
      'x1.50',
      '--1.50',
      '12.50"a"',
      'NaN',
      '',
    ];
    for (const text of broken) expect(() => parseExact(text), text).toThrow(SyntaxError);
  });

  it('an error quotes the text that came', () => {
    expect(() => parseExact('[12.50, x]')).toThrow(/12\.50, x/);
  });

  it('any JSON goes through unchanged', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const written = jsonText(parsed(text));
        expect(jsonText(parsed(written))).toBe(written);
        expect(withPlainNumbers(parsed(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('no text can pass for a number', () => {
    const value = { text: ':12.50', number: exactNumber('12.50'), index: '0' };
    expect(jsonText(value)).toBe('{"text":":12.50","number":12.50,"index":"0"}');
    expect(isExact({ toJSON: () => '12.50', toNumber: () => 12.5, isHeld: true })).toBe(false);
  });

  it('a megabyte that looks like endless texts takes no longer than its length', () => {
    const hostile = `"${'\\"'.repeat(500_000)} 12.50`;
    expect(() => parseExact(hostile)).toThrow(SyntaxError);
    expect(() => parseExact(`${'1'.repeat(1_000_000)}:`)).toThrow(SyntaxError);
    expect(asText(parsed('9'.repeat(1_000_000))).length).toBe(1_000_000);
  });

  it('readers we do not know get a text where a number would lose digits', () => {
    const value = parsed('{"id":7615917337495251231,"price":12.50,"huge":1e400,"n":7}');
    expect(portableJsonText(value)).toBe('{"id":"7615917337495251231","price":12.50,"huge":"1e400","n":7}');
    expect(jsonText(value, 1)).toBe('{\n "id": 7615917337495251231,\n "price": 12.50,\n "huge": 1e400,\n "n": 7\n}');
  });

  it('has no members to find or to change', () => {
    const value = (parsed('{"a":12.50}') as JsonObject)['a'];
    expect(Object.keys(value as object)).toEqual([]);
    expect(Object.hasOwn(value as object, 'digits')).toBe(false);
  });
});

describe('numbers of digits', () => {
  it.each([
    ['007', '7'],
    ['+007.50', '7.50'],
    ['-.5', '-0.5'],
    [' 12.50 ', '12.50'],
    ['00012345678901234567890', '12345678901234567890'],
    ['1e3', '1000'],
  ])('%j is read as %s', (text, digits) => {
    expect(String(readNumber(text))).toBe(digits);
  });

  it.each(['', ' ', 'x', '1,5', '0x1f', '1.', '1e', 'Infinity', '1 2'])('%j is none', (text) => {
    expect(readNumber(text)).toBeNull();
  });

  it('holds what a JavaScript number holds as one', () => {
    expect(numberOfDigits('12.5')).toBe(12.5);
    expect(isExact(numberOfDigits('12.50'))).toBe(true);
  });
});
