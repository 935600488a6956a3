import { describe, expect, it } from 'vitest';
import { exactNumber } from '../../../src/lib/number/exact-number.js';
import type { Json } from '../../../src/lib/json/json.js';
import { set } from '../../../src/widgets/set.js';
import { exitsOf, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

const saveIn = '$flow.key.x';

/** What one row leaves in `$flow.key.x`, or the exit and error when it fails. */
async function outcome(row: object, before: Record<string, Json> = {}): Promise<Json | undefined> {
  const widget = new FakeWidget();
  for (const [name, value] of Object.entries(before)) widget.vars.set(name, value);
  const exit = await widget.run(set, { values: [{ saveIn, ...row }] });
  return exit === 'next' ? widget.vars.get(saveIn) : `${exit}: ${widget.result['error'] as string}`;
}

describe('set: value', () => {
  it.each<[Json, Json]>([
    ['plain', 'plain'],
    [7, 7],
    [false, false],
    [
      ['a', 1],
      ['a', 1],
    ],
    [{ a: { b: null } }, { a: { b: null } }],
    ['caller $call.cli', 'caller +4915100000'],
    ['$$5', '$5'],
  ])('%j', async (value, expected) => {
    expect(await outcome({ value })).toEqual(expected);
  });

  it('keeps the type of a lone variable', async () => {
    expect(await outcome({ value: '$flow.key.n' }, { '$flow.key.n': 5 })).toBe(5);
    expect(await outcome({ value: 'n is $flow.key.n' }, { '$flow.key.n': 5 })).toBe('n is 5');
  });

  it('puts variables into lists and objects', async () => {
    expect(await outcome({ value: { id: '$flow.key.n', all: ['$flow.key.n!'] } }, { '$flow.key.n': 5 })).toEqual({
      id: 5,
      all: ['5!'],
    });
  });

  it('null forgets the value', async () => {
    expect(await outcome({ value: null }, { [saveIn]: 'old' })).toBeUndefined();
  });

  it('a masked source makes the variable masked', async () => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.pin', '1234', { masked: true });
    await widget.run(set, { values: [{ saveIn, value: { pin: 'pin $flow.key.pin' } }] });
    expect(widget.changes.at(-1)).toMatchObject({ masked: true });
  });
});

describe('set: expr', () => {
  it('evaluates, with variables', async () => {
    expect(await outcome({ expr: 'flow.key.n * 2 + 1' }, { '$flow.key.n': 5 })).toBe(11);
  });

  it('failed when it cannot be evaluated; the variable keeps its value', async () => {
    const widget = new FakeWidget();
    widget.vars.set(saveIn, 'old');
    expect(await widget.run(set, { values: [{ saveIn, expr: 'flow.key.x * 2' }] })).toBe('failed');
    expect(widget.result).toMatchObject({ error: 'EXPRESSION_FAILED', saveIn });
    expect(widget.vars.get(saveIn)).toBe('old');
  });
});

describe('set: type', () => {
  it.each<[string, Json, Json]>([
    ['number', '42', 42],
    ['number', ' -1.5 ', -1.5],
    ['number', 'x', 'failed: VALUE_NOT_A_NUMBER'],
    ['text', 42, '42'],
    ['text', [1], '[1]'],
    ['boolean', 'Yes', true],
    ['boolean', 0, false],
    ['boolean', '1.00', 'failed: VALUE_NOT_JSON'],
    ['boolean', 'maybe', 'failed: VALUE_NOT_JSON'],
    ['list', 'a, b', ['a', 'b']],
    ['list', '[1,2]', [1, 2]],
    ['json', '{"a":1}', { a: 1 }],
    ['json', 'null', null],
    ['json', '{', 'failed: VALUE_NOT_JSON'],
    ['auto', '42', '42'],
  ])('%s of %j is %j', async (type, value, expected) => {
    expect(await outcome({ value, type })).toEqual(expected);
  });

  it.each([
    ['0.0', false],
    ['1.00', true],
  ])('boolean of the number %s is %j', async (digits, expected) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.n', exactNumber(digits));
    await widget.run(set, { values: [{ saveIn: '$flow.key.yes', value: '$flow.key.n', type: 'boolean' }] });
    expect(widget.vars.get('$flow.key.yes')).toBe(expected);
  });
});

describe('set: values', () => {
  it('are carried out in order, each seeing the ones before', async () => {
    const widget = new FakeWidget();
    const exit = await widget.run(set, {
      values: [
        { saveIn: '$flow.key.a', value: 2 },
        { saveIn: '$flow.key.b', expr: 'flow.key.a * 10' },
        { saveIn: '$NAME', value: 'b=$flow.key.b' },
      ],
    });
    expect(exit).toBe('next');
    expect(widget.vars.get('$NAME')).toBe('b=20');
  });

  it('count as declared', () => {
    const parsed = set.config.parse({ values: [{ saveIn: '$NAME', value: 1 }] });
    expect(set.writes?.(parsed)).toEqual(['$NAME']);
  });

  it.each([
    { values: [] },
    { values: [{ saveIn }] },
    { values: [{ saveIn, value: 1, expr: '1' }] },
    { values: [{ saveIn: '$call.cli', value: 1 }] },
    { values: [{ saveIn, value: 1, type: 'date' }] },
  ])('refuses %j', (config) => {
    expect(problemsOf(set, config)).toHaveLength(1);
  });
});

describe('set: exits', () => {
  it('are next and failed', () => {
    expect(exitsOf(set, { values: [{ saveIn, value: 1 }] })).toEqual(['next', 'failed']);
  });
});
