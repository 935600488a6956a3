import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../../src/flow/document/check/check.js';
import { exactNumber } from '../../../../src/lib/number/exact-number.js';
import type { Json, JsonObject } from '../../../../src/lib/json/json.js';
import { udfValues } from '../../../../src/flow/journal/udf.js';
import { testFlow, testWidgets as widgets } from '../../../support/flow-test-widgets.js';

const flow = (udf: Json): JsonObject => ({
  ...testFlow({ a: { type: 'say', prompt: [{ say: 'x' }], exits: { done: null } } }),
  variables: { order: '', CART: null },
  udf,
});

const problems = (udf: Json): string[] => checkFlow(flow(udf), { widgets }).problems.map(({ code, path }) => `${code} ${path}`);

// docs/behaviour.md#report-columns
describe('report columns (UDF) of a flow', () => {
  it('bind names to variables that flows can set', () => {
    const columns = [
      { name: 'order', variable: '$flow.key.order' },
      { name: 'vip', variable: '$user.key.vip', type: 'boolean' },
      { name: 'cart', variable: '$CART', type: 'json' },
    ];
    expect(problems(columns)).toEqual([]);
    expect(checkFlow(flow(columns), { widgets }).flow?.document.udf[0]).toEqual({ ...columns[0], type: 'string' });
    expect(checkFlow(flow([]), { widgets }).flow?.document.udf).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['a variable nobody sets', [{ name: 'a', variable: '$flow.key.nothing' }], 'FLOW_UNDECLARED_VARIABLE $.udf[0].variable'],
    ['a fact of the call', [{ name: 'a', variable: '$call.cli' }], 'FLOW_READ_ONLY_VARIABLE $.udf[0].variable'],
    ['a secret', [{ name: 'a', variable: '$secret.pw' }], 'FLOW_READ_ONLY_VARIABLE $.udf[0].variable'],
    ['no variable', [{ name: 'a', variable: 'order' }], 'FLOW_READ_ONLY_VARIABLE $.udf[0].variable'],
    ['a column’s bad name', [{ name: 'a b', variable: '$flow.key.order' }], 'FLOW_INVALID $.udf[0].name'],
    [
      'a name taken',
      [
        { name: 'a', variable: '$flow.key.order' },
        { name: 'a', variable: '$CART' },
      ],
      'FLOW_INVALID $.udf[1].name',
    ],
  ])('refuse %s', (_what, columns, wanted) => {
    expect(problems(columns)).toEqual([wanted]);
  });

  it.each<['string' | 'number' | 'boolean' | 'json', Json, Json]>([
    ['string', 12, '12'],
    ['string', { a: 1 }, '{"a":1}'],
    ['number', '1e3', 1000],
    ['number', '', null],
    ['number', 'twelve', null],
    ['boolean', 'False', false],
    ['boolean', 1, true],
    ['boolean', exactNumber('1.0'), true],
    ['boolean', exactNumber('0.00'), false],
    ['boolean', exactNumber('12.50'), null],
    ['boolean', 'yes', null],
    ['json', [1, null], [1, null]],
    ['json', null, null],
  ])('turn values into their type: %s of %j', (type, value, wanted) => {
    const variables = [{ name: '$flow.key.x', value, masked: false }];
    expect(udfValues([{ name: 'c', variable: '$flow.key.x', type }], variables)).toEqual({ c: wanted });
  });

  it('show masked values masked, and nothing where nothing was set', () => {
    const columns = [{ name: 'c', variable: '$flow.key.x', type: 'number' }] as const;
    expect(udfValues(columns, [{ name: '$flow.key.x', value: '***', masked: true }])).toEqual({ c: '***' });
    expect(udfValues(columns, [])).toEqual({ c: null });
  });
});
