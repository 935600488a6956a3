import { z } from 'zod';
import { defineWidget, type ExitDoc, type WidgetContext } from '../../flow/widget.js';
import { compare } from './comparison.js';
import { conditionProblems } from './check.js';
import { expressionFields, MAX_DEPTH, testSchema, type Test } from './test.js';

const configSchema = z.strictObject({
  conditions: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must begin with a letter and have only letters, digits, "_" and "-"')
          .describe('Name of the condition and of its exit.'),
        when: testSchema(MAX_DEPTH).describe('When it is met: a comparison, an expression, or a group of tests.'),
      }),
    )
    .min(1)
    .max(50)
    .describe('Tried in this order; the first that is met decides.'),
});

/** Branches on variables (docs/behaviour.md#widget-condition). */
export const condition = defineWidget({
  type: 'condition',
  version: 1,
  summary: 'Branches on the values of variables.',
  docs: `Conditions are tried in order. The widget leaves by the exit named like the first one that is met, and by \`default\` when none is.

A test compares a \`variable\` with a \`value\`, or joins tests: \`{"and": […]}\`, \`{"or": […]}\`, \`{"not": …}\`, up to ${MAX_DEPTH} deep. A test can
also be an expression, \`{"expr": "flow.key.total > 100 && call.cli.startsWith('+44')"}\`; one that cannot be evaluated is not met, and
\`$widget.<id>.error\` says why.

| Operator | Holds when the variable … |
|---|---|
| \`equals\`, \`notEquals\` | is (not) the value |
| \`<\`, \`<=\`, \`>\`, \`>=\` | comes before or after the value |
| \`between\`, \`notBetween\` | lies (not) between two values, both included |
| \`contains\`, \`notContains\` | has (not) the value in it: part of a text, or an item of a list |
| \`startsWith\`, \`notStartsWith\`, \`endsWith\`, \`notEndsWith\` | begins or ends (not) with the value |
| \`in\`, \`notIn\` | is (not) one of a list |
| \`matches\`, \`notMatches\` | fits (not) a regular expression |
| \`isEmpty\`, \`isNotEmpty\` | has no value, empty text, or an empty list or object |
| \`isType\`, \`isNotType\` | is (not) a \`text\`, \`number\`, \`integer\`, \`digits\`, \`boolean\`, \`date\`, \`list\` or \`object\` |
| \`dateBefore\`, \`dateAfter\` | is an earlier or later date than the value; dates without an offset are in the flow's time zone |

**Numbers and text.** Two texts are equal when they are the same, so \`"007"\` is not \`"7"\`; capitals matter unless \`ignoreCase\` is set. Two
numbers are equal by their value, and a number equals a text that writes it as JSON does: \`7\` is \`"7"\`, not \`"007"\`. With
\`"as": "number"\` texts that are written as numbers are numbers too, so \`"007"\` equals \`7\`. \`<\`, \`>\` and \`between\` compare numbers, and texts
written as numbers, by their value; other texts as text. All digits count, however many. \`between\` also compares dates when all three
values are dates.

**No value.** A variable without a value is empty text: it equals \`""\` and is not before, after or between anything.

**Regular expressions** support classes, groups, choices, repetition and anchors, but not look-around and back-references. They run in
linear time, so that no pattern and no input can delay other calls; text longer than 16,384 characters does not match.`,
  example: {
    type: 'condition',
    conditions: [
      { name: 'shipped', when: { variable: '$flow.key.status', operator: 'equals', value: 'shipped' } },
      {
        name: 'late',
        when: {
          and: [
            { variable: '$flow.key.status', operator: 'in', value: ['open', 'packed'] },
            { variable: '$flow.key.promised', operator: 'dateBefore', value: 'today' },
          ],
        },
      },
    ],
    exits: { shipped: 'tell', late: 'operator', default: 'bye' },
  },
  config: configSchema,
  exits: ({ conditions }) => ({
    ...Object.fromEntries(conditions.map(({ name }): [string, ExitDoc] => [name, { summary: `Condition \`${name}\` is met.` }])),
    default: { summary: 'No condition is met.' },
  }),
  results: [],
  audio: false,
  waits: false,
  expressionFields: expressionFields('conditions.*.when', MAX_DEPTH),
  check: ({ conditions }) => conditionProblems(conditions),
  run({ conditions }, context) {
    const met = conditions.find(({ when }) => holds(when, context) === true)?.name;
    return Promise.resolve(met ?? 'default');
  },
});

/** Whether a test holds; null when an expression in it could not be evaluated and decides. */
function holds(test: Test, context: WidgetContext): boolean | null {
  if ('and' in test) return decide(test.and, false, context);
  if ('or' in test) return decide(test.or, true, context);
  if ('not' in test) {
    const inner = holds(test.not, context);
    return inner === null ? null : !inner;
  }
  if ('expr' in test) return expressionHolds(test.expr, context);
  const { vars, clock, flow } = context;
  const dates = { zone: flow.timeZone, now: () => clock.now() };
  return compare(test, { vars, dates, textsAsNumbers: flow.textsAsNumbers === true });
}

/** Tries tests in order up to the first that gives `deciding` or cannot be evaluated. */
function decide(tests: readonly Test[], deciding: boolean, context: WidgetContext): boolean | null {
  for (const test of tests) {
    const result = holds(test, context);
    if (result !== !deciding) return result;
  }
  return !deciding;
}

function expressionHolds(expression: string, context: WidgetContext): boolean | null {
  const result = context.vars.evaluate(expression);
  if (result.ok) return result.value.value === true;
  context.result({ error: 'EXPRESSION_FAILED', message: result.error });
  context.log.warn({ widget: context.id, expression, problem: result.error }, 'a condition could not be evaluated');
  return null;
}
