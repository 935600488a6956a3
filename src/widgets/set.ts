import { z } from 'zod';
import { asText } from '../flow/variables/escape.js';
import { variablesIn } from '../flow/variables/scanner.js';
import { defineWidget, type Resolved, type WidgetContext } from '../flow/widget.js';
import { isBranch, type Json, type JsonObject } from '../lib/json/json.js';
import { numberFrom } from '../lib/number/exact-number.js';
import { jsonText, withPlainNumbers } from '../lib/json/json-text.js';
import { ok, type Result } from '../lib/result.js';
import { variableField } from './shared/fields.js';
import { failure, type OperationFailure } from './operation/operator.js';
import { asList, numericOf, parseJson } from './shared/values.js';

const TYPES = ['auto', 'text', 'number', 'boolean', 'list', 'json'] as const;

const rowSchema = z
  .strictObject({
    saveIn: variableField.describe('Variable to set.'),
    value: z
      .json()
      .optional()
      .describe('Its new value. Text may hold variables; a lone variable keeps its type; null forgets the value.'),
    expr: z.string().min(1).max(2000).optional().describe('CEL expression that gives the new value; instead of `value`.'),
    type: z
      .enum(TYPES)
      .default('auto')
      .describe('Convert to this type; `auto` keeps the type, `list` also splits text at commas, `json` parses text.'),
  })
  .refine(({ value, expr }) => (value === undefined) !== (expr === undefined), 'must have either "value" or "expr"');

type Row = z.infer<typeof rowSchema>;

/** Sets variables (docs/behaviour.md#widget-set). */
export const set = defineWidget({
  type: 'set',
  version: 1,
  summary: 'Sets variables.',
  docs: `Rows are carried out in order, so a row can use what an earlier one has set. \`value\` is text with variables, a number, true, false,
a list, an object, or null to forget the value. \`expr\` is an expression instead, e.g. \`flow.key.total * 1.2\`.

When a row cannot be carried out (an expression that fails, \`type: "number"\` of a text that is none), the widget leaves by \`failed\`: rows
before it stay carried out, its own variable keeps the old value, \`$widget.<id>.error\` has the code and \`$widget.<id>.saveIn\` the variable.`,
  example: {
    type: 'set',
    values: [
      { saveIn: '$flow.key.attempts', value: 0 },
      { saveIn: '$flow.key.greeting', value: 'Hello, caller from $call.cli' },
      { saveIn: '$flow.key.cents', expr: 'call.duration * 2' },
    ],
    exits: { next: 'ask' },
  },
  config: z.strictObject({ values: z.array(rowSchema).min(1).max(50).describe('What is set, in order.') }),
  exits: () => ({
    next: { summary: 'All variables are set.' },
    failed: { summary: 'A row could not be carried out; `$widget.<id>.error` has the code.', error: true },
  }),
  results: ['saveIn'],
  audio: false,
  waits: false,
  writes: ({ values }) => values.map(({ saveIn }) => saveIn),
  expressionFields: ['values.*.expr'],
  check: ({ values }) =>
    values.flatMap(({ value, type }, index) => {
      if (value === undefined || value === null || hasVariables(value)) return [];
      const converted = convert(value, type);
      if (converted.ok) return [];
      const message = `The row always fails: ${converted.error.message}`;
      const advice = `Correct the value, or its type ${type}.`;
      return [{ code: 'FLOW_ALWAYS_FAILS', path: `values[${index}].value`, message, advice }];
    }),
  run({ values }, context) {
    for (const row of values) {
      const problem = carryOut(row, context);
      if (problem) {
        context.result({ error: problem.code, message: problem.message, saveIn: row.saveIn });
        return Promise.resolve('failed');
      }
    }
    return Promise.resolve('next');
  },
});

/** Sets one variable; gives the reason when it cannot. */
function carryOut(row: Row, { vars }: WidgetContext): OperationFailure | null {
  if (row.value === null) {
    vars.clear(row.saveIn);
    return null;
  }
  const source = row.expr === undefined ? ok(resolve(row.value as Json, vars)) : vars.evaluate(row.expr);
  if (!source.ok) return { code: 'EXPRESSION_FAILED', message: source.error };
  const { value, masked } = source.value;
  const converted = convert(value, row.type);
  if (!converted.ok)
    return { ...converted.error, message: masked ? 'The secret value cannot be converted.' : converted.error.message };
  vars.set(row.saveIn, converted.value, { masked });
  return null;
}

/** Puts variables into every text of a value, however deep. */
function resolve(value: Json, vars: WidgetContext['vars']): Pick<Resolved<Json>, 'value' | 'masked'> {
  if (typeof value === 'string') return vars.typed(value);
  if (!isBranch(value)) return { value, masked: false };
  const entries = Object.entries(value).map(([name, item]) => [name, resolve(item, vars)] as const);
  const masked = entries.some(([, item]) => item.masked);
  if (Array.isArray(value)) return { value: entries.map(([, item]) => item.value), masked };
  return { value: Object.fromEntries(entries.map(([name, item]) => [name, item.value])), masked };
}

/** True when any text of a value, however deep, holds a variable. */
function hasVariables(value: Json): boolean {
  if (typeof value === 'string') return variablesIn(value).length > 0;
  return isBranch(value) && Object.values<Json>(value as JsonObject).some(hasVariables);
}

function convert(value: Json, type: Row['type']): Result<Json, OperationFailure> {
  const shown = jsonText(value).slice(0, 60);
  switch (type) {
    case 'auto':
      return ok(value);
    case 'text':
      return ok(asText(value));
    case 'list':
      return ok(asList(value));
    case 'number': {
      const number = typeof value === 'string' && numericOf(value) !== null ? numberFrom(value) : numericOf(value);
      return number === null ? failure('VALUE_NOT_A_NUMBER', `${shown} is not a number.`) : ok(number);
    }
    case 'boolean': {
      const boolean = asBoolean(value);
      return boolean === undefined ? failure('VALUE_NOT_JSON', `${shown} is neither true nor false.`) : ok(boolean);
    }
    case 'json': {
      const parsed = typeof value === 'string' ? parseJson(value) : value;
      return parsed === undefined ? failure('VALUE_NOT_JSON', `${shown} is not JSON.`) : ok(parsed);
    }
  }
}

/** `true`, `yes`, `1` and their opposites, in any case; the number 1.0 is 1. */
function asBoolean(value: Json): boolean | undefined {
  const text = asText(withPlainNumbers(value)).trim().toLowerCase();
  if (['true', 'yes', '1'].includes(text)) return true;
  return ['false', 'no', '0'].includes(text) ? false : undefined;
}
