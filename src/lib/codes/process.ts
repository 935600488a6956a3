/** Codes of the process as a whole; part of `CODES`. */
export const PROCESS_CODES = {
  BACKGROUND_JOB_FAILED: {
    meaning: 'Work that no call waits for has failed; `job` in the log line says which. Calls go on.',
    advice:
      'Read `error` in the log line: a folder or file that is missing is yours to mend, anything else is a bug to be reported.',
  },
  UNEXPECTED_ERROR: {
    meaning: 'An error that nothing expected. It ended neither the process nor calls; the work it happened in is undone.',
    advice:
      'It is a bug: report it with the log line, which has the stack. Restart at a quiet moment when the process behaves oddly.',
  },
} as const;
