import { z } from 'zod';
import { defineWidget } from '../../flow/widget.js';
import { dataOperations } from './data.js';
import { dateOperations } from './date.js';
import { numberOperations } from './number.js';
import { Inputs, type ValueOperation } from './operator.js';
import { textOperations } from './text.js';

const operations: readonly ValueOperation[] = [...dataOperations, ...textOperations, ...numberOperations, ...dateOperations];
const byName: ReadonlyMap<string, ValueOperation> = new Map(operations.map((entry) => [entry.name, entry]));

interface OperationConfig {
  readonly operation: string;
  readonly saveIn: string;
  readonly [field: string]: unknown;
}

const [first, ...others] = operations.map(({ schema }) => schema);
if (!first) throw new Error('there are no operations');
const configSchema = z.discriminatedUnion('operation', [first, ...others], {
  error: `must be one of: ${[...byName.keys()].join(', ')}`,
}) as unknown as z.ZodType<OperationConfig>;

/** Calculates with variables. */
export const operation = defineWidget({
  type: 'operation',
  version: 1,
  summary: 'Calculates with text, numbers, dates and JSON.',
  docs: `\`operation\` names what is done; each has fields of its own. Values are text, numbers or variables; the result goes to \`saveIn\`. A
result made from secret digits is secret too.

**Numbers** are numbers or text written as one. **Dates** are ISO 8601 (\`2026-11-23\`, \`2026-11-23T09:30\`, with or without offset), \`now\`
or \`today\`; without an offset they are in the flow's time zone. Results are ISO 8601 with offset, or just a date when the input was one.
Adding a day keeps the clock time across a clock change.

**Date formats** are made of \`yyyy\`, \`yy\`, \`MM\`, \`M\`, \`dd\`, \`d\`, \`HH\`, \`H\`, \`mm\`, \`ss\`, and for writing also \`MMMM\`, \`MMM\` (name of
the month), \`EEEE\`, \`EEE\` (day of the week), \`hh\`, \`h\`, \`a\` (12-hour clock). Names are in the flow's language. Text stands in single quotes:
\`EEEE 'the' d 'of' MMMM\`.

After \`failed\`, \`$widget.<id>.error\` has the code (\`VALUE_NOT_A_NUMBER\`, \`VALUE_NOT_A_DATE\`, \`VALUE_NOT_JSON\`, \`VALUE_NOT_BASE64\`,
\`VALUE_NOT_FOUND\`, \`VALUE_TOO_LONG\`, \`NUMBER_OUT_OF_RANGE\`), \`$widget.<id>.message\` a sentence; the variable keeps its old value. On success
\`$widget.<id>.value\` has the result unless it is secret.`,
  example: {
    type: 'operation',
    operation: 'dateAdd',
    saveIn: '$flow.key.promised',
    value: 'today',
    amount: 3,
    unit: 'days',
    format: 'EEEE d MMMM',
    exits: { next: 'tell', failed: 'sorry' },
  },
  config: configSchema,
  exits: () => ({
    next: { summary: 'The variable has the result.' },
    failed: { summary: 'There is no result; `$widget.<id>.error` has the reason.', error: true },
  }),
  results: ['value'],
  audio: false,
  waits: false,
  writes: ({ saveIn }) => [saveIn],
  check(config) {
    const never = byName.get(config.operation)?.never(config) ?? null;
    const advice = 'Correct the values, or take them from variables.';
    if (never === null) return [];
    return [{ code: 'FLOW_ALWAYS_FAILS', path: '', message: `The operation always fails: ${never}.`, advice }];
  },
  run(config, context) {
    const chosen = byName.get(config.operation);
    if (!chosen) throw new Error(`the schema accepted an unknown operation: ${config.operation}`);
    const inputs = new Inputs(context);
    const result = chosen.apply(config, inputs);
    if (!result.ok) {
      context.result({ error: result.error.code, message: result.error.message });
      return Promise.resolve('failed');
    }
    context.vars.set(config.saveIn, result.value, { masked: inputs.masked });
    context.result(inputs.masked ? {} : { value: result.value });
    return Promise.resolve('next');
  },
});
