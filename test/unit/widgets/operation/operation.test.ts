import { describe, expect, it } from 'vitest';
import { asText } from '../../../../src/flow/variables/escape.js';
import { exactNumber } from '../../../../src/lib/number/exact-number.js';
import type { Json } from '../../../../src/lib/json/json.js';
import { operation } from '../../../../src/widgets/operation/operation.js';
import { exitsOf, FakeWidget, problemsOf, type Script } from '../../../support/fake-widget-context.js';

const saveIn = '$flow.key.x';

/** The result of an operation, or its error code. `$flow.key.v` holds `v`. */
async function result(config: object, v?: Json, script: Script = {}): Promise<Json | undefined> {
  const widget = new FakeWidget(script);
  if (v !== undefined) widget.vars.set('$flow.key.v', v);
  const exit = await widget.run(operation, { saveIn, ...config });
  return exit === 'next' ? widget.vars.get(saveIn) : widget.result['error'];
}

type Case = [object, Json];

// docs/behaviour.md#widget-operation
describe('operation: assignment', () => {
  it('keeps the type of a lone variable', async () => {
    expect(await result({ operation: 'assign', value: '$flow.key.v' }, [1, 2])).toEqual([1, 2]);
    expect(await result({ operation: 'assign', value: 'v: $flow.key.v' }, 3)).toBe('v: 3');
  });
});

describe('operation: text', () => {
  it.each<Case>([
    [{ operation: 'length', value: 'häuser😀' }, 7],
    [{ operation: 'length', value: '' }, 0],
    [{ operation: 'concat', values: ['a', 1, true] }, 'a1true'],
    [{ operation: 'concat', values: ['a', 'b'], separator: ', ' }, 'a, b'],
    [{ operation: 'lower', value: 'ÄB' }, 'äb'],
    [{ operation: 'upper', value: 'äb' }, 'ÄB'],
    [{ operation: 'extract', value: 'abcdef', start: 2 }, 'cdef'],
    [{ operation: 'extract', value: 'abcdef', start: 1, length: 2 }, 'bc'],
    [{ operation: 'extract', value: 'abcdef', start: -2 }, 'ef'],
    [{ operation: 'extract', value: 'ab', start: -9, length: 1 }, 'a'],
    [{ operation: 'extract', value: 'ab', start: 9 }, ''],
    [{ operation: 'extract', value: '😀b', start: 1 }, 'b'],
    [{ operation: 'replace', value: 'a.b.c', find: '.', with: '-' }, 'a-b-c'],
    [{ operation: 'replace', value: 'a b', find: ' ' }, 'ab'],
    [{ operation: 'replace', value: 'aXa', find: 'a', with: '$$&' }, '$&X$&'],
    [{ operation: 'split', value: 'a,b,c', separator: ',' }, ['a', 'b', 'c']],
    [{ operation: 'split', value: 'a,b,c', separator: ',', index: 1 }, 'b'],
    [{ operation: 'split', value: 'a,b,c', separator: ',', index: -1 }, 'c'],
    [{ operation: 'split', value: 'a,b,c', separator: ',', index: 3 }, 'VALUE_NOT_FOUND'],
    [{ operation: 'trim', value: '  a ' }, 'a'],
    [{ operation: 'trim', value: '  a ', side: 'start' }, 'a '],
    [{ operation: 'trim', value: '  a ', side: 'end' }, '  a'],
    [{ operation: 'pad', value: 42, length: 5 }, '00042'],
    [{ operation: 'pad', value: 'ab', length: 4, with: '.', side: 'end' }, 'ab..'],
    [{ operation: 'pad', value: 'abcdef', length: 4 }, 'abcdef'],
  ])('%j → %j', async (config, expected) => {
    expect(await result(config)).toEqual(expected);
  });

  it('takes variables', async () => {
    expect(await result({ operation: 'upper', value: 'x-$flow.key.v' }, 'y')).toBe('X-Y');
  });

  it('refuses text that would make the call too large', async () => {
    expect(await result({ operation: 'length', value: '$flow.key.v' }, 'a'.repeat(65_537))).toBe('VALUE_TOO_LONG');
    expect(
      await result({ operation: 'replace', value: '$flow.key.v', find: 'a', with: 'b'.repeat(1000) }, 'a'.repeat(60_000)),
    ).toBe('VALUE_TOO_LONG');
  });
});

describe('operation: numbers', () => {
  it.each<Case>([
    [{ operation: 'add', left: 0.1, right: 0.2 }, 0.3],
    [{ operation: 'add', left: '2', right: ' 3 ' }, 5],
    [{ operation: 'subtract', left: 1, right: 0.9 }, 0.1],
    [{ operation: 'multiply', left: 19.99, right: 3 }, 59.97],
    [{ operation: 'divide', left: 10, right: 4 }, 2.5],
    [{ operation: 'divide', left: 1, right: 0 }, 'NUMBER_OUT_OF_RANGE'],
    [{ operation: 'modulo', left: 10, right: 3 }, 1],
    [{ operation: 'modulo', left: -1, right: 7 }, 6],
    [{ operation: 'modulo', left: 1, right: 0 }, 'NUMBER_OUT_OF_RANGE'],
    [{ operation: 'add', left: 'x$flow.key.none', right: 1 }, 'VALUE_NOT_A_NUMBER'],
    [{ operation: 'add', left: '$flow.key.none', right: 1 }, 'VALUE_NOT_A_NUMBER'],
    [{ operation: 'round', value: 2.5 }, 3],
    [{ operation: 'round', value: -2.5 }, -3],
    [{ operation: 'round', value: 1.005, decimals: 2 }, 1.01],
    [{ operation: 'round', value: 2.1, mode: 'up' }, 3],
    [{ operation: 'round', value: -2.1, mode: 'down' }, -3],
    [{ operation: 'round', value: 1e22 }, 1e22],
    [{ operation: 'round', value: 1e-9, decimals: 2 }, 0],
    [{ operation: 'round', value: 1.25e-7, decimals: 8 }, 1.3e-7],
    [{ operation: 'round', value: 1e-7, decimals: 2, mode: 'up' }, 0.01],
  ])('%j → %j', async (config, expected) => {
    expect(await result(config)).toEqual(expected);
  });

  it.each([
    [0, 1],
    [0.5, 4],
    [0.999, 6],
  ])('random: %d of the random port is %d out of 1 to 6', async (random, expected) => {
    expect(await result({ operation: 'random', max: 6 }, undefined, { random: [random] })).toBe(expected);
  });

  it('random between numbers without a whole one fails', async () => {
    expect(await result({ operation: 'random', min: 5, max: 4 })).toBe('NUMBER_OUT_OF_RANGE');
  });
});

describe('operation: dates', () => {
  const berlin = { timeZone: 'Europe/Berlin' };

  it.each<Case>([
    [{ operation: 'dateDuration', from: '2026-01-31', to: '2026-03-01', unit: 'days' }, 29],
    [{ operation: 'dateDuration', from: '2026-01-31', to: '2026-03-01', unit: 'months' }, 1],
    [{ operation: 'dateDuration', from: '2026-03-02', to: '2026-03-01', unit: 'hours' }, -24],
    [{ operation: 'dateDuration', from: '2026-11-23T10:00Z', to: 'now', unit: 'minutes' }, 120],
    [{ operation: 'dateAdd', value: '2026-01-31', amount: 1, unit: 'months' }, '2026-02-28'],
    [{ operation: 'dateAdd', value: 'today', amount: '3', unit: 'days' }, '2026-11-26'],
    [{ operation: 'dateAdd', value: '2026-11-23', amount: 2, unit: 'hours' }, '2026-11-23T02:00:00.000+01:00'],
    [{ operation: 'dateAdd', value: 'x', amount: 1, unit: 'days' }, 'VALUE_NOT_A_DATE'],
    [{ operation: 'dateAdd', value: 'now', amount: 0.5, unit: 'days' }, 'NUMBER_OUT_OF_RANGE'],
    [{ operation: 'dateAdd', value: 'now', amount: 'x$flow.key.none', unit: 'days' }, 'VALUE_NOT_A_NUMBER'],
    [{ operation: 'dateAdd', value: 'now', amount: 999_999, unit: 'years' }, 'NUMBER_OUT_OF_RANGE'],
    [{ operation: 'dateSubtract', value: '2026-03-01', amount: 1, unit: 'days' }, '2026-02-28'],
    [{ operation: 'dateFormat', value: '2026-11-23', format: "EEEE 'the' d 'of' MMMM yyyy" }, 'Monday the 23 of November 2026'],
    [
      { operation: 'dateFormat', value: '2026-11-23T15:04:05Z', format: 'dd.MM.yy H:mm:ss hh a EEE MMM' },
      '23.11.26 16:04:05 04 PM Mon Nov',
    ],
    [{ operation: 'dateFormat', value: '23112026', inputFormat: 'ddMMyyyy' }, '2026-11-23'],
    [{ operation: 'dateFormat', value: '23/11/26 09:30', inputFormat: 'dd/MM/yy HH:mm' }, '2026-11-23T09:30:00.000+01:00'],
    [{ operation: 'dateFormat', value: '31022026', inputFormat: 'ddMMyyyy' }, 'VALUE_NOT_A_DATE'],
    [{ operation: 'dateFormat', value: '2311', inputFormat: 'ddMMyyyy' }, 'VALUE_NOT_A_DATE'],
    [{ operation: 'dateFormat', value: '2026-11-23T09:30' }, '2026-11-23T09:30:00.000+01:00'],
  ])('%j → %j', async (config, expected) => {
    expect(await result(config, undefined, berlin)).toEqual(expected);
  });

  it('a day later is the same clock time across a clock change', async () => {
    const config = { operation: 'dateAdd', value: '2026-03-28T12:00', amount: 1, unit: 'days' };
    expect(await result(config, undefined, berlin)).toBe('2026-03-29T12:00:00.000+02:00');
    const hours = { ...config, amount: 24, unit: 'hours' };
    expect(await result(hours, undefined, berlin)).toBe('2026-03-29T13:00:00.000+02:00');
  });

  it('a local time that the clock change skips moves forward', async () => {
    const config = { operation: 'dateFormat', value: '2026-03-29T02:30' };
    expect(await result(config, undefined, berlin)).toBe('2026-03-29T03:30:00.000+02:00');
  });

  it('today is the day in the zone of the flow', async () => {
    const script = { now: '2026-11-23T23:30:00Z', ...berlin };
    expect(await result({ operation: 'dateFormat', value: 'today' }, undefined, script)).toBe('2026-11-24');
  });

  it('names months and days in the language of the flow', async () => {
    const config = { operation: 'dateFormat', value: '2026-03-02', format: 'EEEE MMMM' };
    expect(await result(config, undefined, { language: 'de-DE' })).toBe('Montag März');
  });

  it.each([
    { format: 'yyyy-QQ' },
    { format: "'open" },
    { inputFormat: 'MMMM d yyyy' },
    { inputFormat: 'ddMM' },
    { inputFormat: 'dd dd MM yyyy' },
  ])('refuses %j', (fields) => {
    expect(problemsOf(operation, { saveIn, operation: 'dateFormat', value: 'now', ...fields })).toHaveLength(1);
  });
});

describe('operation: JSON, Base64, digest', () => {
  const document = { items: [{ name: 'a' }, { name: 'b' }], 'odd name': 1, nothing: null };

  it.each<[string, Json]>([
    ['items[1].name', 'b'],
    ['items', [{ name: 'a' }, { name: 'b' }]],
    ["['odd name']", 1],
    ['nothing', null],
    ['items[2]', 'VALUE_NOT_FOUND'],
    ['items.length', 'VALUE_NOT_FOUND'],
    ['constructor', 'VALUE_NOT_FOUND'],
    ['nothing.more', 'VALUE_NOT_FOUND'],
  ])('jsonGet %s → %j', async (path, expected) => {
    expect(await result({ operation: 'jsonGet', value: '$flow.key.v', path }, document)).toEqual(expected);
    expect(await result({ operation: 'jsonGet', value: '$flow.key.v', path }, JSON.stringify(document))).toEqual(expected);
  });

  it('jsonGet of text that is no JSON fails', async () => {
    expect(await result({ operation: 'jsonGet', value: 'x y', path: 'a' })).toBe('VALUE_NOT_JSON');
  });

  it.each<Case>([
    [{ operation: 'base64Encode', value: 'Grüße' }, 'R3LDvMOfZQ=='],
    [{ operation: 'base64Decode', value: 'R3LDvMOfZQ==' }, 'Grüße'],
    [{ operation: 'base64Decode', value: 'R3LDvMOfZQ' }, 'Grüße'],
    [{ operation: 'base64Decode', value: '&&&' }, 'VALUE_NOT_BASE64'],
    [{ operation: 'base64Decode', value: '/w==' }, 'VALUE_NOT_BASE64'],
    [{ operation: 'hash', value: 'abc' }, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [{ operation: 'hash', value: 'abc', encoding: 'base64' }, 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='],
  ])('%j → %j', async (config, expected) => {
    expect(await result(config)).toEqual(expected);
  });
});

describe('operation: exits', () => {
  const config = { operation: 'add', saveIn, left: '$flow.key.v', right: 1 };

  it('are next and failed', () => {
    expect(exitsOf(operation, config)).toEqual(['next', 'failed']);
  });

  it('next keeps the result in the variable and as $widget', async () => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.v', 2);
    expect(await widget.run(operation, config)).toBe('next');
    expect(widget.result).toEqual({ value: 3 });
  });

  it('failed names the reason and leaves the variable as it was', async () => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.v', 'abc');
    widget.vars.set(saveIn, 'old');
    expect(await widget.run(operation, config)).toBe('failed');
    expect(widget.result).toEqual({ error: 'VALUE_NOT_A_NUMBER', message: '"abc" is not a number.' });
    expect(widget.vars.get(saveIn)).toBe('old');
  });
});

describe('operation: secret digits', () => {
  it('what is made from them is masked and not shown', async () => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.pin', '1234', { masked: true });
    await widget.run(operation, { operation: 'hash', saveIn, value: '$flow.key.pin' });
    expect(widget.changes.at(-1)).toMatchObject({ masked: true });
    expect(widget.result).toEqual({});
  });

  it.each([
    { operation: 'add', left: '$flow.key.pin', right: 1 },
    { operation: 'dateFormat', value: '$flow.key.pin' },
  ])('do not stand in the message of a failed %j', async (config) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.pin', '12#34', { masked: true });
    expect(await widget.run(operation, { saveIn, ...config })).toBe('failed');
    expect(JSON.stringify(widget.result)).not.toContain('12#34');
  });
});

describe('operation: fields', () => {
  it.each([
    { operation: 'explode', saveIn },
    { operation: 'add', saveIn, left: 1 },
    { operation: 'add', left: 1, right: 2 },
    { operation: 'add', saveIn, left: 1, right: 2, third: 3 },
    { operation: 'add', saveIn, left: 'x', right: 1 },
    { operation: 'add', saveIn, left: '', right: 1 },
    { operation: 'round', saveIn, value: true },
    { operation: 'dateAdd', saveIn, value: 'now', amount: 'x', unit: 'days' },
    { operation: 'dateAdd', saveIn, value: 'now', amount: 1.5, unit: 'days' },
    { operation: 'dateFormat', saveIn, value: '23.11.2026' },
    { operation: 'divide', saveIn, left: 1, right: 0 },
    { operation: 'modulo', saveIn, left: '$flow.key.v', right: '0' },
    { operation: 'random', saveIn, min: 3, max: '2' },
    { operation: 'jsonGet', saveIn, value: 'x', path: 'a..b' },
    { operation: 'jsonGet', saveIn, value: 'x', path: '$[?(@.x)]' },
  ])('refuses %j', (config) => {
    expect(problemsOf(operation, config)).toHaveLength(1);
  });
});

describe('operation: numbers with more digits than JavaScript holds', () => {
  const id = '7615917337495251231';

  it.each([
    [{ operation: 'add', left: id, right: 1 }, '7615917337495251232'],
    [{ operation: 'add', left: id, right: '0.05' }, '7615917337495251231.05'],
    [{ operation: 'subtract', left: id, right: '7615917337495251230' }, '1'],
    [{ operation: 'subtract', left: 1, right: id }, '-7615917337495251230'],
    [{ operation: 'multiply', left: id, right: -2 }, '-15231834674990502462'],
    [{ operation: 'multiply', left: 999999999999, right: 999999999999 }, '999999999998000000000001'],
    [{ operation: 'add', left: 123456789012345, right: 0.25 }, '123456789012345.25'],
    [{ operation: 'add', left: '0.000000000000000000001', right: 1 }, '1.000000000000000000001'],
    [{ operation: 'subtract', left: 1, right: '0.00000000000000001' }, '0.99999999999999999'],
    [{ operation: 'multiply', left: 1234567.89, right: 9876543.21 }, '12193263111263.5269'],
    [{ operation: 'multiply', left: 123456789.123, right: 987654321.321 }, '121932631273746379.791483'],
    [{ operation: 'modulo', left: '0.30000000000000001', right: 1 }, '0.30000000000000001'],
    [{ operation: 'divide', left: id, right: 2 }, '3807958668747625615.5'],
    [{ operation: 'divide', left: '10000000000000000000', right: 3 }, '3333333333333333333.33333333333333333333'],
    [{ operation: 'divide', left: '-20000000000000000000', right: 3 }, '-6666666666666666666.66666666666666666667'],
    [{ operation: 'modulo', left: id, right: 10 }, '1'],
    [{ operation: 'modulo', left: `-${id}`, right: 10 }, '9'],
    [{ operation: 'round', value: '1234567890123456.785', decimals: 2 }, '1234567890123456.79'],
    [{ operation: 'round', value: '-1234567890123456.785', decimals: 2 }, '-1234567890123456.79'],
    [{ operation: 'round', value: '1234567890123456.781', decimals: 2, mode: 'up' }, '1234567890123456.79'],
    [{ operation: 'round', value: '-1234567890123456.781', decimals: 2, mode: 'down' }, '-1234567890123456.79'],
    [{ operation: 'round', value: '1234567890123456.5' }, '1234567890123457'],
    [{ operation: 'round', value: '0.1234567890123456789', decimals: 0 }, '0'],
    [{ operation: 'add', left: '0.1', right: '0.2' }, '0.3'],
    [{ operation: 'divide', left: id, right: '0.0' }, 'NUMBER_OUT_OF_RANGE'],
    [{ operation: 'add', left: '$flow.key.v', right: 1 }, 'NUMBER_OUT_OF_RANGE'],
  ])('%j is %s', async (config, expected) => {
    expect(asText(await result(config, exactNumber('1e400')))).toBe(expected);
  });

  it.each([350, 351])('a number of %i digits', async (length) => {
    const value = exactNumber('9'.repeat(length));
    const expected = length > 350 ? 'NUMBER_OUT_OF_RANGE' : `${'9'.repeat(length - 1)}8`;
    expect(asText(await result({ operation: 'subtract', left: '$flow.key.v', right: 1 }, value))).toBe(expected);
  });

  it('takes numbers as they come from JSON', async () => {
    expect(await result({ operation: 'add', left: '$flow.key.v', right: 1 }, exactNumber('12.50'))).toBe(13.5);
    expect(asText(await result({ operation: 'jsonGet', value: '{"a":[12.50]}', path: 'a[0]' }))).toBe('12.50');
    expect(asText(await result({ operation: 'concat', values: ['$flow.key.v', '!'] }, exactNumber('12.50')))).toBe('12.50!');
  });

  it('a replay of a call of before calculates as then', async () => {
    const then = { textsAsNumbers: true } as const;
    expect(await result({ operation: 'add', left: id, right: 1 }, 0, then)).toBe(7615917337495250000);
    expect(await result({ operation: 'add', left: 123456789012345, right: 0.25 }, 0, then)).toBe(123456789012345);
    expect(await result({ operation: 'round', value: 1e-7, decimals: 2, mode: 'up' }, 0, then)).toBe(0);
  });
});
