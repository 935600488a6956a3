/**
 * Every code a user can meet, with its one-line meaning and what to do. `docs/errors.md` is generated from this table.
 * A code never changes its meaning; messages may. Add yours in the section of your room.
 */
export const CODES = {
  // configuration
  CONFIG_UNREADABLE: {
    meaning: 'A configuration file is missing or is not JSON.',
    advice: 'Check that the file exists, is readable by this user and is valid JSON.',
  },
  CONFIG_INVALID: {
    meaning: 'A value in the configuration has the wrong type or is out of range.',
    advice: 'Correct the value at the path shown; docs/configuration.md lists every setting.',
  },
  CONFIG_UNKNOWN_KEY: {
    meaning: 'A setting that Offhook does not know.',
    advice: 'Remove it or correct its spelling; docs/configuration.md lists every setting.',
  },
} as const satisfies Record<string, { meaning: string; advice: string }>;

/** One of the documented codes. */
export type Code = keyof typeof CODES;
