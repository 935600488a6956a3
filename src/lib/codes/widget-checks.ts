/** Codes of what the checks of widgets find beyond their schema; part of `CODES`. */
export const WIDGET_CHECK_CODES = {
  FLOW_CONFLICT: {
    meaning: 'Two fields of a widget contradict each other.',
    advice: 'Change or remove one of the two; the message names them.',
  },
  FLOW_NO_EFFECT: {
    meaning: 'A field of a widget has no effect because of another field.',
    advice: 'Remove it, or change the other field that the message names.',
  },
  FLOW_BRANCH_NEVER_TAKEN: {
    meaning: 'A test has the same result for all values of its variables, so one of the branches is never taken.',
    advice: 'Correct the test, or remove the branch.',
  },
  FLOW_ALWAYS_FAILS: {
    meaning: 'An operation fails for all values of its variables, e.g. a division by zero.',
    advice: 'Correct the values that the message names, or take them from variables.',
  },
  FLOW_NOT_A_VARIABLE: {
    meaning: 'A field that takes a variable contains something else.',
    advice: 'Write one variable with its `$`, e.g. `$flow.key.order`.',
  },
  FLOW_NAME_TAKEN: {
    meaning: 'Two branches of a widget have the same name, or a branch has a name that the widget itself needs.',
    advice: 'Give each branch its own name. It is also the name of its exit.',
  },
  FLOW_COMPARES_DIGITS: {
    meaning:
      'The flow compares a variable with digits as text, but they may stand for a number that is written in another way (`007`, `12.50`, an id of 16 digits or more).',
    advice: 'Add `"as": "number"` to compare the values, or `"as": "text"` to compare the digits. See docs/flows.md.',
  },
  FLOW_BAD_HEADER: {
    meaning:
      'HTTP does not allow a header of a request, or the header belongs to the connection. Or `mapping` reads a header name that no answer can have.',
    advice: 'Correct the header, or remove it.',
  },
  FLOW_BAD_BODY: {
    meaning: 'The body of a request is not JSON, for all values of its variables.',
    advice:
      'Correct it: names and texts stand in double quotes, and no comma stands at the end. Or write it as JSON instead of as text.',
  },
  FLOW_BAD_PATH: {
    meaning: 'A path of `mapping` can find nothing in any answer of this format.',
    advice: 'Correct the path. docs/webhook-requests.md shows how to write paths.',
  },
  FLOW_SILENT_WAIT: {
    meaning: 'A caller may wait for minutes and hear nothing.',
    advice: 'Set `holdMusic` or `progress`. If the widget runs only after the caller has hung up, nothing is wrong.',
  },
  FLOW_NO_LATER_ANSWER: {
    meaning: 'A webhook waits for a deferred answer, but services cannot reach the resume URL.',
    advice: 'Set `api.publicUrl` to an address that services can reach.',
  },
  FLOW_UNKNOWN_INPUT: {
    meaning: 'A flow passes an input that the function does not know. The input has no effect.',
    advice: 'Correct its name, or remove it. docs/functions.md lists the inputs of every function.',
  },
} as const;
