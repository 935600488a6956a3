import { z } from 'zod';
import { defineWidget } from '../flow/widget.js';
import { compareDecimals } from '../lib/number/decimal.js';
import { counterNameField, counterVariable } from './shared/fields.js';
import { exactSum } from './operation/decimal.js';
import { asNumber, numericOf } from './shared/values.js';

/** Counts its visits (docs/behaviour.md#widget-counter). */
export const counter = defineWidget({
  type: 'counter',
  version: 1,
  summary: 'Counts how often the call comes by, and branches at a limit.',
  docs: `Each visit adds \`step\` to the counter, which begins at \`start\`. The count is kept in \`$flow.key.<name>\`, where conditions, prompts
and the report can read it; \`resetCounter\` sets it back. Several counter widgets with one \`name\` share the count. With a negative step
it counts down and the limit is reached from above.`,
  example: { type: 'counter', name: 'attempts', limit: 3, exits: { below: 'ask', reached: 'operator' } },
  config: z.strictObject({
    name: counterNameField,
    start: z.number().default(0).describe('Where the count begins.'),
    step: z
      .number()
      .default(1)
      .refine((step) => step !== 0, 'must not be 0')
      .describe('Added at each visit; negative counts down.'),
    limit: z.number().describe('The widget leaves by `reached` once the count is there.'),
  }),
  exits: () => ({
    below: { summary: 'The limit is not reached yet.' },
    reached: { summary: 'The count is at the limit or beyond.' },
  }),
  results: ['count'],
  audio: false,
  // A circle that comes by here ends at the limit.
  waits: true,
  writes: ({ name }) => [counterVariable(name)],
  run({ name, start, step, limit }, context) {
    const variable = counterVariable(name);
    const before = context.vars.get(variable);
    const inexact = (asNumber(before) ?? start) + step;
    const exact = exactSum(numericOf(before) ?? start, step) ?? start + step;
    const count = context.flow.textsAsNumbers === true ? inexact : exact;
    context.vars.set(variable, count);
    context.result({ count });
    const isReached = compareDecimals(String(count), String(limit)) * Math.sign(step) >= 0;
    return Promise.resolve(isReached ? 'reached' : 'below');
  },
});
