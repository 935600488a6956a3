import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../../src/flow/document/check/check.js';
import { exactNumber } from '../../../../src/lib/number/exact-number.js';
import type { Json } from '../../../../src/lib/json/json.js';
import { condition } from '../../../../src/widgets/condition/condition.js';
import { widgetCatalogue } from '../../../../src/widgets/index.js';
import { exitsOf, FakeWidget, problemsOf, type Script } from '../../../support/fake-widget-context.js';

/** True when one test holds, with `$flow.key.v` set to `v`. */
async function holds(v: Json | undefined, test: object, script: Script = {}): Promise<boolean> {
  const widget = new FakeWidget(script);
  if (v !== undefined) widget.vars.set('$flow.key.v', v);
  return (await widget.run(condition, { conditions: [{ name: 'met', when: test }] })) === 'met';
}

const compared = (v: Json | undefined, operator: string, value?: unknown, more: object = {}): Promise<boolean> =>
  holds(v, { variable: '$flow.key.v', operator, ...(value === undefined ? {} : { value }), ...more });

describe('condition: equals and notEquals', () => {
  it.each<[Json, Json, boolean]>([
    ['open', 'open', true],
    ['open', 'Open', false],
    ['7', 7, true],
    ['007', '7', false],
    ['007', 7, false],
    ['+7', 7, false],
    [7, '007', false],
    [7, '7', true],
    [' 7 ', 7, false],
    ['7.0', '7', false],
    ['12345678901234567890', '12345678901234567891', false],
    ['12345678901234567890', '12345678901234567890', true],
    [exactNumber('12345678901234567890'), '12345678901234567890', true],
    [exactNumber('12345678901234567890'), '12345678901234567891', false],
    [exactNumber('12345678901234567890'), 12345678901234567000, false],
    [exactNumber('12.50'), 12.5, true],
    [exactNumber('12.50'), '12.50', true],
    [exactNumber('12.50'), '12.5', true],
    [exactNumber('1e400'), '1e400', true],
    [exactNumber('-0.00'), 0, true],
    ['7.50', 7.5, true],
    ['-3', -3, true],
    ['7a', 7, false],
    ['1e3', 1000, false],
    ['0x10', 16, false],
    [true, true, true],
    [true, 'true', true],
    [false, true, false],
    ['', '', true],
    [null, '', true],
    [{ a: 1 }, '{"a":1}', true],
  ])('%j equals %j: %s', async (v, value, expected) => {
    expect(await compared(v, 'equals', value)).toBe(expected);
    expect(await compared(v, 'notEquals', value)).toBe(!expected);
  });

  it.each<[Json, Json, boolean]>([
    ['007', '7', true],
    ['007', 7, true],
    [' +7.0 ', '7', true],
    ['12345678901234567890', '12345678901234567891', false],
    ['12345678901234567890', '012345678901234567890.00', true],
    ['seven', 'seven', true],
    ['seven', 7, false],
  ])('as numbers %j equals %j: %s', async (v, value, expected) => {
    expect(await compared(v, 'equals', value, { as: 'number' })).toBe(expected);
    expect(await compared(v, 'notEquals', value, { as: 'number' })).toBe(!expected);
    expect(await compared(v, 'in', ['x', value], { as: 'number' })).toBe(expected);
    expect(await compared([v], 'contains', value, { as: 'number' })).toBe(expected);
  });

  it('a replay of a call of before compares as then', async () => {
    const then = { textsAsNumbers: true } as const;
    expect(await holds('007', { variable: '$flow.key.v', operator: 'equals', value: '7' }, then)).toBe(true);
    expect(
      await holds('12345678901234567890', { variable: '$flow.key.v', operator: 'equals', value: '12345678901234567891' }, then),
    ).toBe(true);
    expect(await holds('007', { variable: '$flow.key.v', operator: 'equals', value: '7', as: 'text' }, then)).toBe(false);
  });

  it('a variable without a value equals empty text', async () => {
    expect(await compared(undefined, 'equals', '')).toBe(true);
    expect(await compared(undefined, 'equals', 'x')).toBe(false);
  });

  it('ignoreCase makes capital and small letters the same', async () => {
    expect(await compared('Open', 'equals', 'oPEN', { ignoreCase: true })).toBe(true);
  });

  it('compares with another variable and with text around one', async () => {
    expect(await holds('42', { variable: '$flow.key.v', operator: 'equals', value: '$flow.key.v' })).toBe(true);
    expect(await holds('42', { variable: 'order $flow.key.v', operator: 'equals', value: 'order 42' })).toBe(true);
  });
});

describe('condition: <, <=, >, >=', () => {
  it.each<[Json, string, Json, boolean]>([
    ['12345678901234567890', '<', '12345678901234567891', true],
    ['12345678901234567891', '<=', '12345678901234567890', false],
    [exactNumber('7615917337495251231'), '>', '7615917337495251230', true],
    [exactNumber('1e400'), '>', '7', true],
    ['0.10000000000000000001', '>', '0.1', true],
    ['-12345678901234567891', '<', '-12345678901234567890', true],
    ['007', '<', '8', true],
    ['9', '<', 10, true],
    ['9', '<', '10', true],
    [10, '<=', '10', true],
    ['10.0', '>=', 10, true],
    [11, '>', '9', true],
    ['9', '>', '10', false],
    ['b', '>', 'a', true],
    ['b9', '<', 'b10', false],
    ['a', '>=', 'a', true],
    ['', '<', 5, false],
    ['', '>=', '', false],
  ])('%j %s %j: %s', async (v, operator, value, expected) => {
    expect(await compared(v, operator, value)).toBe(expected);
  });

  it('never holds for a variable without a value', async () => {
    for (const operator of ['<', '<=', '>', '>=']) expect(await compared(undefined, operator, 5)).toBe(false);
  });
});

describe('condition: between', () => {
  it.each<[Json, [Json, Json], boolean]>([
    [5, [1, 5], true],
    ['5', ['1', '10'], true],
    [0, [1, 5], false],
    ['m', ['a', 'z'], true],
    ['2026-05-01', ['2026-04-30', '2026-05-02'], true],
    ['2026-05-01T12:00+02:00', ['2026-05-01T09:59Z', '2026-05-01T10:00Z'], true],
    ['2026-05-01T12:01+02:00', ['2026-05-01T09:59Z', '2026-05-01T10:00Z'], false],
    ['', [0, 5], false],
  ])('%j between %j: %s', async (v, value, expected) => {
    expect(await compared(v, 'between', value)).toBe(expected);
    expect(await compared(v, 'notBetween', value)).toBe(!expected);
  });
});

describe('condition: contains, startsWith, endsWith and their opposites', () => {
  it.each<[Json, string, Json, boolean]>([
    ['abcdef', 'contains', 'cd', true],
    ['abcdef', 'contains', 'CD', false],
    [['a', 'b'], 'contains', 'b', true],
    [['a', 'b'], 'contains', 'c', false],
    [[1, 2], 'contains', '2', true],
    ['abcdef', 'notContains', 'x', true],
    ['+49151', 'startsWith', '+49', true],
    ['+49151', 'notStartsWith', '+49', false],
    ['a.wav', 'endsWith', '.wav', true],
    ['a.wav', 'notEndsWith', '.mp3', true],
    [4915, 'startsWith', 49, true],
  ])('%j %s %j: %s', async (v, operator, value, expected) => {
    expect(await compared(v, operator, value)).toBe(expected);
  });
});

describe('condition: in and notIn', () => {
  it.each<[Json, Json, boolean]>([
    ['b', ['a', 'b'], true],
    ['c', ['a', 'b'], false],
    ['07', [7, 8], false],
    ['7', [7, 8], true],
    ['12345678901234567890', ['12345678901234567891'], false],
    ['b', 'a, b ,c', true],
    ['b', '["a","b"]', true],
  ])('%j in %j: %s', async (v, value, expected) => {
    expect(await compared(v, 'in', value)).toBe(expected);
    expect(await compared(v, 'notIn', value)).toBe(!expected);
  });

  it('takes a variable that holds a list', async () => {
    expect(await holds(['x', 'y'], { variable: 'x', operator: 'in', value: '$flow.key.v' })).toBe(true);
    expect(await holds([], { variable: 'x', operator: 'in', value: '$flow.key.v' })).toBe(false);
  });
});

describe('condition: matches and notMatches', () => {
  it.each<[Json, string, boolean]>([
    ['A-1234', '^[A-Z]-\\d{4}$', true],
    ['A-123', '^[A-Z]-\\d{4}$', false],
    ['xxab', 'ab', true],
    ['', '^$', true],
    [12345, '^\\d+$', true],
  ])('%j matches %s: %s', async (v, value, expected) => {
    expect(await compared(v, 'matches', value)).toBe(expected);
    expect(await compared(v, 'notMatches', value)).toBe(!expected);
  });

  it('a pattern made to hang a backtracking matcher is decided all the same', async () => {
    const hostile = 'a'.repeat(5000);
    expect(await compared(`${hostile}!`, 'matches', '^(a+)+$')).toBe(false);
    expect(await compared(`${hostile}!`, 'matches', '^(a|aa|a*)*b$')).toBe(false);
  });

  it.each(['(', '(?=a)', '(a)\\1', '['])('refuses the pattern %s when the flow is loaded', (value) => {
    const when = { variable: '$flow.key.v', operator: 'matches', value };
    expect(problemsOf(condition, { conditions: [{ name: 'a', when }] })).not.toEqual([]);
  });
});

describe('condition: isEmpty and isNotEmpty', () => {
  it.each<[Json | undefined, boolean]>([
    [undefined, true],
    [null, true],
    ['', true],
    [[], true],
    [{}, true],
    [0, false],
    [false, false],
    [' ', false],
    [[0], false],
  ])('%j is empty: %s', async (v, expected) => {
    expect(await compared(v, 'isEmpty')).toBe(expected);
    expect(await compared(v, 'isNotEmpty')).toBe(!expected);
  });
});

describe('condition: isType and isNotType', () => {
  it.each<[Json, string, boolean]>([
    ['7', 'number', true],
    [7.5, 'number', true],
    ['x', 'number', false],
    ['7', 'integer', true],
    ['7.5', 'integer', false],
    ['0042', 'digits', true],
    ['-42', 'digits', false],
    ['7', 'text', true],
    [7, 'text', false],
    [true, 'boolean', true],
    ['false', 'boolean', true],
    ['2026-02-28', 'date', true],
    ['2026-02-30', 'date', false],
    ['20260228', 'date', false],
    [['a'], 'list', true],
    [{ a: 1 }, 'object', true],
    [['a'], 'object', false],
    [null, 'object', false],
  ])('%j is %s: %s', async (v, value, expected) => {
    expect(await compared(v, 'isType', value)).toBe(expected);
    expect(await compared(v, 'isNotType', value)).toBe(!expected);
  });
});

describe('condition: dateBefore and dateAfter', () => {
  it.each<[string, string, string, boolean]>([
    ['2026-11-22', 'dateBefore', 'today', true],
    ['2026-11-23', 'dateBefore', 'today', false],
    ['2026-11-24', 'dateAfter', 'now', true],
    ['2026-11-23T11:59:00Z', 'dateBefore', 'now', true],
    ['2026-11-23T12:01:00Z', 'dateAfter', 'now', true],
    ['soon', 'dateBefore', 'now', false],
    ['2026-11-23', 'dateAfter', 'never', false],
  ])('%s %s %s: %s', async (v, operator, value, expected) => {
    expect(await compared(v, operator, value)).toBe(expected);
  });

  it('reads a date without an offset in the zone of the flow', async () => {
    const zoned = { now: '2026-11-23T12:00:00Z', timeZone: 'Asia/Tokyo' };
    const when = { variable: '2026-11-23T20:59', operator: 'dateBefore', value: 'now' };
    expect(await holds(undefined, when, zoned)).toBe(true);
    expect(await holds(undefined, { ...when, variable: '2026-11-23T21:01' }, zoned)).toBe(false);
  });

  it('reads the clock only when a date is asked for', async () => {
    const widget = new FakeWidget();
    let reads = 0;
    const context = { ...widget.context, clock: { ...widget.context.clock, now: () => (reads += 1) } };
    const config = condition.config.parse({
      conditions: [{ name: 'a', when: { variable: 'x', operator: 'equals', value: 'y' } }],
    });
    await condition.run(config, context);
    expect(reads).toBe(0);
  });
});

describe('condition: groups and expressions', () => {
  const yes = { variable: 'x', operator: 'equals', value: 'x' };
  const no = { variable: 'x', operator: 'equals', value: 'y' };

  it.each([
    [{ and: [yes, yes] }, true],
    [{ and: [yes, no] }, false],
    [{ or: [no, yes] }, true],
    [{ or: [no, no] }, false],
    [{ not: no }, true],
    [{ and: [yes, { or: [no, { not: no }] }] }, true],
    [{ expr: '1 + 1 == 2' }, true],
    [{ expr: '1 > 2' }, false],
    [{ expr: '"text"' }, false],
  ])('%j: %s', async (when, expected) => {
    expect(await holds(undefined, when)).toBe(expected);
  });

  it('evaluates variables in expressions', async () => {
    expect(await holds(120, { expr: 'flow.key.v > 100 && call.cli.startsWith("+49")' })).toBe(true);
    expect(await holds(80, { expr: 'flow.key.v > 100' })).toBe(false);
  });

  it.each([
    { expr: 'flow.key.v > 100' },
    { not: { expr: 'flow.key.v > 100' } },
    { and: [yes, { expr: 'flow.key.v > 100' }] },
    { or: [{ expr: 'flow.key.v > 100' }, no] },
  ])('%j is not met when its expression cannot be evaluated, and says why', async (when) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.v', 'text');
    expect(await widget.run(condition, { conditions: [{ name: 'met', when }] })).toBe('default');
    expect(widget.result).toMatchObject({ error: 'EXPRESSION_FAILED' });
  });
});

describe('condition: expressions in a flow', () => {
  const flow = (when: object): object => ({
    id: 'f',
    name: 'F',
    start: 'c',
    variables: { total: 0 },
    widgets: {
      c: { type: 'condition', conditions: [{ name: 'a', when }], exits: { a: 'h', default: 'h' } },
      h: { type: 'hangup' },
    },
  });
  const codes = (expr: string): (string | undefined)[] =>
    [{ expr }, { and: [{ expr }] }, { not: { or: [{ not: { and: [{ expr }] } }] } }].map(
      (when) => checkFlow(flow(when), { widgets: widgetCatalogue }).problems[0]?.code,
    );

  it('are checked when the flow is loaded, however deep they stand', () => {
    expect(codes('flow.key.total >')).toEqual(Array(3).fill('FLOW_BAD_EXPRESSION'));
    expect(codes('flow.key.unknown > 1')).toEqual(Array(3).fill('FLOW_UNDECLARED_VARIABLE'));
    expect(codes('flow.key.total > 1')).toEqual(Array(3).fill(undefined));
  });

  it('groups are nested at most four deep', () => {
    const nested = (depth: number): object => (depth === 0 ? { expr: 'true' } : { not: nested(depth - 1) });
    expect(checkFlow(flow(nested(4)), { widgets: widgetCatalogue }).problems).toEqual([]);
    expect(checkFlow(flow(nested(5)), { widgets: widgetCatalogue }).problems).not.toEqual([]);
  });
});

describe('condition: exits', () => {
  const test = (value: string) => ({ variable: '$flow.key.v', operator: 'equals', value });
  const conditions = [
    { name: 'first', when: test('a') },
    { name: 'second', when: test('b') },
    { name: 'third', when: test('b') },
  ];

  // docs/behaviour.md#widget-condition
  it('are one per condition and default', () => {
    expect(exitsOf(condition, { conditions })).toEqual(['first', 'second', 'third', 'default']);
  });

  it.each([
    ['a', 'first'],
    ['b', 'second'],
    ['c', 'default'],
  ])('%s leads to %s: the first condition that is met', async (v, exit) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.v', v);
    expect(await widget.run(condition, { conditions })).toBe(exit);
  });
});

describe('condition: conditions', () => {
  const when = { variable: '$flow.key.x', operator: 'isEmpty' };

  it('must have different names, none of them default', () => {
    expect(
      problemsOf(condition, {
        conditions: [
          { name: 'a', when },
          { name: 'a', when },
        ],
      }),
    ).toHaveLength(1);
    expect(problemsOf(condition, { conditions: [{ name: 'default', when }] })).toHaveLength(1);
    expect(problemsOf(condition, { conditions: [{ name: '1', when }] })).toHaveLength(1);
  });

  it.each([
    { variable: 'x', operator: 'isEmpty', value: 'y' },
    { variable: 'x', operator: 'like', value: 'y' },
    { variable: 'x', operator: 'equals' },
    { variable: 'x', operator: 'between', value: [1] },
    { variable: 'x', operator: 'isType', value: 'sausage' },
    { and: [] },
    { and: [when], or: [when] },
    {},
  ])('refuses the test %j', (test) => {
    expect(problemsOf(condition, { conditions: [{ name: 'a', when: test }] })).toHaveLength(1);
  });
});
