import { z } from 'zod';
import { ok } from '../../lib/result.js';
import { DATE_UNITS, formatProblem, shiftDate, wholeUnitsBetween, writeDate } from '../../lib/dates.js';
import { literalDateProblem } from '../shared/dates.js';
import { defineOperation, failure, numberOperand, operand, type Inputs, type Operand, type OperationResult } from './operator.js';

/* Operations on dates, in the flow's time zone. A day is a calendar day: it may have 23 or 25 hours. */

const date = operand.describe('Date: ISO 8601, `now`, `today`, or of the form `inputFormat`.');
const unit = z.enum(DATE_UNITS).describe('Unit.');

const format = (reading: boolean) =>
  z
    .string()
    .min(1)
    .max(100)
    .superRefine((text, context) => {
      const problem = formatProblem(text, reading);
      if (problem !== null) context.addIssue({ code: 'custom', message: `the date format ${problem}` });
    })
    .optional();
const inputFormat = format(true).describe('Form the date is written in, e.g. `ddMMyyyy`; ISO 8601 when absent.');
const outputFormat = format(false).describe('Form of the result, e.g. `EEEE d MMMM`; ISO 8601 when absent.');

interface Shift {
  readonly value: Operand;
  readonly amount: Operand;
  readonly unit: z.infer<typeof unit>;
  readonly inputFormat?: string | undefined;
  readonly format?: string | undefined;
}

/** Why one of the dates is none, when it stands in the flow. */
function neverDates(inputFormat: string | undefined, ...dates: readonly Operand[]): string | null {
  const problems = dates.map((written) => literalDateProblem(String(written), inputFormat));
  return problems.find((problem) => problem !== null) ?? null;
}

/** The same for shifts, which go by whole units. */
function neverShifted({ value, amount, inputFormat: form }: Shift): string | null {
  // A variable is no number as it is written.
  const isWhole = Number.isInteger(Number(amount)) || Number.isNaN(Number(amount));
  return neverDates(form, value) ?? (isWhole ? null : 'dates move by whole units only');
}

function shifted(fields: Shift, direction: 1 | -1, inputs: Inputs): OperationResult {
  const from = inputs.date(fields.value, fields.inputFormat);
  const amount = inputs.number(fields.amount);
  if (!from.ok) return from;
  if (!amount.ok) return amount;
  const to = shiftDate(from.value, amount.value * direction, fields.unit);
  if (!to.ok) return failure('NUMBER_OUT_OF_RANGE', `${to.error}.`);
  return ok(writeDate(to.value, inputs.language, fields.format));
}

const shiftFields = {
  value: date,
  amount: numberOperand.describe('How many units, a whole number.'),
  unit,
  inputFormat,
  format: outputFormat,
} as const;

export const dateOperations = [
  defineOperation({
    name: 'dateDuration',
    summary: 'Whole units from one date to another; negative when the second is earlier.',
    fields: { from: date, to: date, unit, inputFormat },
    never: (fields) => neverDates(fields.inputFormat, fields.from, fields.to),
    apply(fields, inputs) {
      const from = inputs.date(fields.from, fields.inputFormat);
      const to = inputs.date(fields.to, fields.inputFormat);
      if (!from.ok) return from;
      return to.ok ? ok(wholeUnitsBetween(from.value, to.value, fields.unit)) : to;
    },
  }),
  defineOperation({
    name: 'dateAdd',
    summary: 'The date so many units later.',
    fields: shiftFields,
    never: neverShifted,
    apply: (fields, inputs) => shifted(fields, 1, inputs),
  }),
  defineOperation({
    name: 'dateSubtract',
    summary: 'The date so many units earlier.',
    fields: shiftFields,
    never: neverShifted,
    apply: (fields, inputs) => shifted(fields, -1, inputs),
  }),
  defineOperation({
    name: 'dateFormat',
    summary: 'A date written in another form.',
    fields: { value: date, inputFormat, format: outputFormat },
    never: (fields) => neverDates(fields.inputFormat, fields.value),
    apply(fields, inputs) {
      const read = inputs.date(fields.value, fields.inputFormat);
      return read.ok ? ok(writeDate(read.value, inputs.language, fields.format)) : read;
    },
  }),
] as const;
