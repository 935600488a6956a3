import { CODES, type Code } from '../lib/codes.js';
import type { JournalEvent } from './journal.js';

/**
 * Version of the journal's format. It stands in the first entry of a journal as `format` and is left out when it is 1; the entries of one
 * journal are all of one version. A change that an earlier Offhook would misread gets a new version.
 */
export const JOURNAL_FORMAT = 1;

/** A journal that was written in a format of a later Offhook: nothing can be said of its call. */
export class JournalFormatError extends Error {
  readonly code = 'JOURNAL_FORMAT_UNKNOWN';

  constructor(format: number) {
    super(`${CODES.JOURNAL_FORMAT_UNKNOWN.meaning} Its format is ${format}; this Offhook knows up to ${JOURNAL_FORMAT}.`);
  }
}

/** The format error of a journal that begins with this entry; null when its format is known. */
export function formatError(first: JournalEvent | undefined): JournalFormatError | null {
  const { format = 1 } = first?.type === 'call' ? first : {};
  return format > JOURNAL_FORMAT ? new JournalFormatError(format) : null;
}

/** The code to log for an error: that of a journal of a later format, or else `other`. */
export function codeOf<C extends Code>(error: unknown, other: C): C | JournalFormatError['code'] {
  return error instanceof JournalFormatError ? error.code : other;
}
