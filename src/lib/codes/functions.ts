/** Codes of internal functions and short links; part of `CODES`. */
export const FUNCTION_CODES = {
  FUNCTION_UNKNOWN: {
    meaning: 'There is no internal function of that name.',
    advice: 'Correct the name; docs/functions.md lists every function, and names are written exactly as there.',
  },
  FUNCTION_UNKNOWN_SERVICE: {
    meaning: 'A function is asked of a service that is not configured.',
    advice: 'Add a webhook of that name with `"kind": "functions"`, or leave `service` out for a function of Offhook itself.',
  },
  FUNCTION_BAD_INPUT: {
    meaning: 'An input of a function is missing or is not what it must be.',
    advice: 'Pass what the message names; docs/functions.md lists the inputs of every function.',
  },
  FUNCTION_NOT_AVAILABLE: {
    meaning: 'The function exists, but this runtime cannot do yet what it needs.',
    advice: 'Take another way in the flow; docs/functions.md says what is missing.',
  },
  FUNCTION_NOT_CONFIGURED: {
    meaning: 'The function needs a service that is not configured.',
    advice: 'For translateText set `functions.translation` in `offhook.json`.',
  },
  FUNCTION_FAILED: {
    meaning: 'The function could not do its work.',
    advice: 'Read the message; when it names nothing of yours, the log has the cause.',
  },
  FUNCTION_BUSY: {
    meaning: 'Too many functions that nobody waits for are under way; this one was not called.',
    advice: 'Wait for slow functions in the flow (`wait: true`), or find out why they are slow.',
  },
  LINK_UNKNOWN: {
    meaning: 'There is no short link of that code.',
    advice: 'Check the code, or ask whoever sent the link for a new one.',
  },
  LINK_EXPIRED: {
    meaning: 'The short link does not work any more.',
    advice: 'Ask whoever sent it for a new one.',
  },
} as const;
