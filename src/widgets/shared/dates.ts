import { variablesIn } from '../../flow/variables/scanner.js';
import { readDate } from '../../lib/dates.js';

/** Why a text is never a date, as a sentence part; null when it is one, or when variables decide. */
export function literalDateProblem(text: string, format?: string): string | null {
  if (variablesIn(text).length > 0) return null;
  const read = readDate(text, { zone: 'UTC', now: () => 0 }, format);
  return read.ok ? null : read.error;
}
