import { z } from 'zod';
import { declaredBy, formatName, isValidName } from '../../flow/variables/names.js';
import { fieldKeyProblems } from '../../lib/json/field-rows.js';

/* The rows of a webhook: key and value pairs of its query, headers and body. */

/** Text with variables in it. */
export const template = (max: number): z.ZodString => z.string().max(max);

const row = z.strictObject({
  key: z.string().min(1).max(256).describe('Name.'),
  value: template(8192).default('').describe('Text; variables allowed.'),
  type: z.enum(['text', 'variable']).default('text').describe('`variable`: the value is exactly one variable.'),
  mandatory: z
    .boolean()
    .default(false)
    .describe('true: the widget fails if the row has no value at run time. false: the row is left out.'),
});

export type WebhookConfigRow = z.infer<typeof row>;

/** What a row that was left empty holds: nothing, or the variable of its key (docs/behaviour.md#empty-query-rows). */
export type EmptyRow = 'text' | 'parameter';

/** The variable that fills a row: `$KEY` when the key is in capitals, else `$flow.key.<key>`; null when its own value does. */
export function parameterOf({ key, value }: WebhookConfigRow, empty: EmptyRow): string | null {
  const variable = declaredBy(key);
  return value === '' && empty === 'parameter' && isValidName(variable) ? formatName(variable) : null;
}

/** Most rows of one list. */
const MAX_ROWS = 100;

/** Rows of a query or of headers. */
export const rowsField = z
  .array(row, 'must be a list of rows, e.g. [{"key": "X-Call", "value": "$call.uuid"}]')
  .max(MAX_ROWS)
  .default([]);

/** Fields of a form. */
export const formRows = z.array(row).min(1).max(MAX_ROWS);

/** Fields of a JSON object by rows (docs/behaviour.md#body-by-rows): two that cannot both be are refused. */
export const objectRows = formRows.superRefine((rows, context) => {
  for (const problem of fieldKeyProblems(rows.map(({ key }) => key))) {
    context.addIssue({ code: 'custom', path: [problem.row, 'key'], message: problem.message });
  }
});
