/** Codes of internal functions and short links; part of `CODES`. */
export const FUNCTION_CODES = {
  FUNCTION_UNKNOWN: {
    meaning: 'No internal function has that name.',
    advice: 'Correct the name. docs/functions.md lists every function; names are case-sensitive.',
  },
  FUNCTION_UNKNOWN_SERVICE: {
    meaning: 'A flow calls a function of a service that is not configured.',
    advice: 'Add a webhook of that name with `"kind": "functions"`. For a function of Offhook itself, leave `service` out.',
  },
  FUNCTION_BAD_INPUT: {
    meaning: 'An input of a function is missing or not valid.',
    advice: 'Pass what the message names. docs/functions.md lists the inputs of every function.',
  },
  FUNCTION_NOT_AVAILABLE: {
    meaning: 'The function exists, but this version of Offhook lacks what it needs.',
    advice: 'Solve it in another way in the flow. docs/functions.md says what is missing.',
  },
  FUNCTION_NOT_CONFIGURED: {
    meaning: 'The function needs a service that is not configured.',
    advice: 'For translateText, set `functions.translation` in `offhook.json`.',
  },
  FUNCTION_FAILED: {
    meaning: 'The function failed.',
    advice: 'Read the message. If it names nothing that you can correct, the log has the cause.',
  },
  FUNCTION_BUSY: {
    meaning: 'Too many functions that no call waits for are under way. This one was not called.',
    advice: 'Wait for slow functions in the flow (`wait: true`), or find out why they are slow.',
  },
  LINK_UNKNOWN: {
    meaning: 'No short link has that code.',
    advice: 'Check the code, or ask the sender of the link for a new one.',
  },
  LINK_EXPIRED: {
    meaning: 'The short link has expired.',
    advice: 'Ask the sender of the link for a new one.',
  },
} as const;
