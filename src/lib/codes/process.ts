/** Codes of the process as a whole; part of `CODES`. */
export const PROCESS_CODES = {
  BACKGROUND_JOB_FAILED: {
    meaning: 'Work that no call waits for has failed. `job` in the log line names it. Calls go on.',
    advice: 'Read `error` in the log line. If a folder or file is missing, restore it. Anything else is a bug: report it.',
  },
  UNEXPECTED_ERROR: {
    meaning: 'An unexpected error stopped some work. The process and its calls go on without that work.',
    advice:
      'This is a bug. Report it with the log line, which has the stack. If the process behaves oddly, restart it at a quiet moment.',
  },
} as const;
