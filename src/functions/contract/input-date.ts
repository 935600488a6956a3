import { formatProblem, readDate, type DateContext, type Moment } from '../../lib/dates.js';
import { err, type Result } from '../../lib/result.js';

/** How a date is keyed in, by its number of figures. */
const KEYED: ReadonlyMap<number, string> = new Map([
  [6, 'ddMMyy'],
  [8, 'ddMMyyyy'],
  [12, 'ddMMyyyyHHmm'],
]);

/** The forms {@link readInputDate} takes, for documentation. */
export const INPUT_DATE_FORMS =
  '`now`, `today`, ISO 8601 (`2026-11-23`, `2026-11-23T09:30`, with or without offset), or figures as callers key them in: `ddMMyy`, `ddMMyyyy`, `ddMMyyyyHHmm`';

/**
 * Reads a date that a caller keyed in or a variable holds. `format` (tokens of the `operation` widget) takes the place of all other
 * forms. The error is a sentence part.
 */
export function readInputDate(text: string, context: DateContext, format?: string): Result<Moment, string> {
  const unfit = format === undefined ? null : formatProblem(format, true);
  if (unfit !== null) return err(`the format ${unfit}`);
  const keyed = /^\d+$/u.test(text) ? KEYED.get(text.length) : undefined;
  return readDate(text, context, format ?? keyed);
}
