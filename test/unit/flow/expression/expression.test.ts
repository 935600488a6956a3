import { describe, expect, test } from 'vitest';
import {
  compileExpression,
  evaluateExpression,
  MAX_EXPRESSION_CHARS,
  MAX_INPUT_CHARS,
  MAX_INPUT_VALUES,
} from '../../../../src/flow/expression/expression.js';
import { asText } from '../../../../src/flow/variables/escape.js';
import { formatName, type VariableName } from '../../../../src/flow/variables/names.js';
import type { Json, JsonObject } from '../../../../src/lib/json/json.js';
import { parseExact } from '../../../../src/lib/json/json-text.js';

/** Evaluates against variables by full name. */
function evaluate(text: string, values: Readonly<Record<string, Json>> = {}, masked: readonly string[] = []) {
  const lookup = (variable: VariableName) => {
    const name = formatName(variable);
    return { value: Object.hasOwn(values, name) ? values[name] : undefined, masked: masked.includes(name) };
  };
  return evaluateExpression(text, {
    lookup,
    all: (namespace) =>
      Object.entries(values).flatMap(([name, value]) =>
        name.startsWith(`$${namespace}.`)
          ? [[name.slice(namespace.length + 2), { value, masked: masked.includes(name) }] as const]
          : [],
      ),
  });
}

const values = {
  '$flow.key.n': 3,
  '$flow.key.s': 'abc',
  '$flow.key.list': [1, 2, 3],
  '$flow.key.order': { items: [{ id: 'a', qty: 2 }] },
  '$user.key.lang': 'de',
  '$call.cli': '+4312345',
  '$call.sipheader.X-Tier': 'gold',
  '$widget.look-up.status': 200,
  $ORDER_ID: '0042',
};

describe('expressions', () => {
  test.each<[string, Json]>([
    ['flow.key.n + 1', 4],
    ['flow.key.n / 2', 1.5],
    ['1 - flow.key.n * 2', -5],
    ['flow.key.n % 2', 1],
    ['5 / 2', 2],
    ['flow.key.n == 3 && flow.key.n >= 3', true],
    ['flow.key.n > 2 ? "many" : "few"', 'many'],
    ['int(param.ORDER_ID)', 42],
    ['flow.key.s + "-" + string(flow.key.n)', 'abc-3'],
    ['flow.key.s.startsWith("ab") || false', true],
    ['flow.key.s in ["abc", "def"]', true],
    ['call.cli.startsWith("+43")', true],
    ['call.sipheader["X-Tier"] == "gold"', true],
    ['widget["look-up"].status < 300', true],
    ['user.key.lang', 'de'],
    ['flow.key.order.items[0].qty', 2],
    ['size(flow.key.list)', 3],
    ['flow.key.list.exists(x, x > 2)', true],
    ['flow.key.list.map(x, x * 2)', [2, 4, 6]],
    ['flow.key.list.filter(x, x > 1).map(x, x * 2)', [4, 6]],
    ['{"a": 1, "b": [true, null]}', { a: 1, b: [true, null] }],
    ['timestamp("2026-03-01T00:00:00Z")', '2026-03-01T00:00:00.000Z'],
    ['flow.key["n"]', 3],
    ['flow.key[flow.key.s == "abc" ? "n" : "s"]', 3],
    ['"n" in flow.key', true],
    ['"x" in flow.key', false],
    ['sys.date == null', true],
  ])('%s', (text, expected) => {
    expect(evaluate(text, values)).toMatchObject({ ok: true, value: { value: expected } });
  });

  test.each([
    ['9007199254740993', '9007199254740993'],
    ['flow.key.id', '7615917337495251231'],
    ['flow.key.id + 1', '7615917337495251232'],
    ['flow.key.id == 7615917337495251231', 'true'],
    ['flow.key.id == 7615917337495251230', 'false'],
    ['flow.key.id > 7615917337495251230', 'true'],
    ['string(flow.key.id)', '7615917337495251231'],
    ['flow.key.price * 2', '25'],
    ['flow.key.order.price == 12.5', 'true'],
    ['flow.key.order.ids[0] == flow.key.id', 'true'],
    ['flow.key.huge > 1', 'true'],
  ])('%s keeps digits: %s', (text, expected) => {
    const exact = parseExact(
      '{"id":7615917337495251231,"price":12.50,"huge":1234567890123456789012345,"order":{"price":12.50,"ids":[7615917337495251231]}}',
    ) as JsonObject;
    const result = evaluate(text, Object.fromEntries(Object.entries(exact).map(([name, value]) => [`$flow.key.${name}`, value])));
    expect(result.ok && asText(result.value.value)).toBe(expected);
  });

  test('an unset variable is null and named as missing; has() tells it from a null', () => {
    expect(evaluate('flow.key.x == null')).toEqual({ ok: true, value: { value: true, missing: ['$flow.key.x'], masked: false } });
    expect(evaluate('has(flow.key.x)')).toMatchObject({ value: { value: false } });
    expect(evaluate('has(flow.key.x) && flow.key.x > 3')).toMatchObject({ value: { value: false } });
    expect(evaluate('has(flow.key.x)', { '$flow.key.x': null })).toMatchObject({ value: { value: true } });
  });

  test('masked values make a masked result', () => {
    expect(evaluate('flow.key.pin == "1"', { '$flow.key.pin': '1' }, ['$flow.key.pin'])).toMatchObject({
      value: { masked: true },
    });
    expect(evaluate('"a" in flow.key', { '$flow.key.pin': '1' }, ['$flow.key.pin'])).toMatchObject({ value: { masked: true } });
  });

  test.each([
    'flow.key.n +',
    'nonsense > 1',
    '"a" + 1',
    'x.y.z',
    'matches(flow.key.s, "a")',
    'process.exit()',
    'cel.bind(a, 1, a + a)',
    'flow.key.n.constructor("return 1")()',
  ])('%s is refused when the flow is loaded', (text) => {
    expect(compileExpression(text)).toMatchObject({ ok: false, error: expect.any(String) as string });
  });

  test.each(['flow.key.x > 3', 'flow.key.s > 3', 'flow.key.list[7]', 'int(flow.key.s)', '1 / 0', 'flow.key.n / 0', 'b"bytes"'])(
    '%s fails as a value, not by throwing',
    (text) => {
      expect(evaluate(text, values)).toMatchObject({ ok: false });
    },
  );

  test('no expression reaches objects’ own machinery', () => {
    for (const text of ['flow.key.order.constructor', 'flow.key.order.__proto__', 'flow.key.list.constructor']) {
      const result = evaluate(text, values);
      expect(result.ok ? result.value.value : null).toBeNull();
    }
  });

  test('names what it reads', () => {
    const compiled = compileExpression(
      'flow.key.a.b > 1 && widget.w.x == call.did && "k" in user.key && flow.kee.x && size(call) > 0',
    );
    expect(compiled.ok && compiled.value.references.variables.map(formatName)).toEqual([
      '$flow.key.a',
      '$widget.w.x',
      '$call.did',
    ]);
    expect(compiled.ok && [...compiled.value.references.whole]).toEqual(['user.key']);
    expect(compiled.ok && compiled.value.references.unclear).toEqual(['flow.kee.x', 'call']);
  });
});

describe('limits', () => {
  test('a catastrophic pattern costs nothing', () => {
    const text = 'a'.repeat(10_000);
    expect(evaluate('flow.key.s.matches("^(a+)+$")', { '$flow.key.s': text })).toMatchObject({ value: { value: true } });
    expect(evaluate('flow.key.s.matches("^(a+)+b$")', { '$flow.key.s': text })).toMatchObject({ value: { value: false } });
    expect(evaluate('["a"].exists(x, x.matches("^(a+)+b$"))')).toMatchObject({ value: { value: false } });
    expect(evaluate('flow.key.list.filter(x, x.matches("^(a|aa)+$"))', { '$flow.key.list': [text, 'b'] })).toMatchObject({
      value: { value: [text] },
    });
    expect(compileExpression('"a".matches("(?=a)")')).toMatchObject({ ok: false });
    expect(evaluate('"a".matches(flow.key.s)', { '$flow.key.s': '(?=a)' })).toMatchObject({ ok: false });
  });

  test('expressions and what they look at are bounded', () => {
    expect(compileExpression(`1${' + 1'.repeat(MAX_EXPRESSION_CHARS)}`).ok).toBe(false);
    expect(compileExpression(`${'('.repeat(100)}1${')'.repeat(100)}`).ok).toBe(false);
    expect(compileExpression('[1].map(x, [2].map(y, x))').ok).toBe(false);
    expect(evaluate('size(flow.key.s)', { '$flow.key.s': 'x'.repeat(MAX_INPUT_CHARS + 1) }).ok).toBe(false);
    const list = (length: number) => ({ '$flow.key.list': Array.from({ length }, () => 1), '$flow.key.s': 'x'.repeat(10_000) });
    expect(evaluate('size(flow.key.list)', list(MAX_INPUT_VALUES)).ok).toBe(false);
    expect(evaluate('flow.key.list.map(x, flow.key.list)', list(4000)).ok).toBe(false);
    expect(evaluate('flow.key.list.all(x, flow.key.s.matches("x+$"))', list(4000)).ok).toBe(false);
    expect(evaluate('flow.key.list.all(x, flow.key.s.matches("x+$"))', list(20))).toMatchObject({ value: { value: true } });
  });
});
