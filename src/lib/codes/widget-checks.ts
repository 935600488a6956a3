/** Codes of what the checks of widgets find beyond their schema; part of `CODES`. */
export const WIDGET_CHECK_CODES = {
  FLOW_CONFLICT: {
    meaning: 'Two fields of a widget contradict each other.',
    advice: 'Change or remove one of the two; the message names them.',
  },
  FLOW_NO_EFFECT: {
    meaning: 'A field of a widget has no effect, because of what stands beside it.',
    advice: 'Remove it, or change the field that the message names.',
  },
  FLOW_BRANCH_NEVER_TAKEN: {
    meaning: 'A test comes out the same whatever the variables hold, so that one of the branches is never taken.',
    advice: 'Correct what is tested and what it is compared with, or remove the branch.',
  },
  FLOW_ALWAYS_FAILS: {
    meaning: 'Something a widget does fails whatever the variables hold, e.g. a division by zero.',
    advice: 'Correct the values that the message names, or take them from variables.',
  },
  FLOW_NOT_A_VARIABLE: {
    meaning: 'A field that takes a variable holds something else.',
    advice: 'Write one variable with its `$`, e.g. `$flow.key.order`.',
  },
  FLOW_NAME_TAKEN: {
    meaning: 'Two branches of a widget have the same name, or one has a name that the widget needs itself.',
    advice: 'Give each branch a name of its own; it is the name of its exit.',
  },
  FLOW_COMPARES_DIGITS: {
    meaning:
      'A variable is compared with digits that may stand for a number written in another way (`007`, `12.50`, an id of 16 digits or more). They are compared as texts.',
    advice: 'Add `"as": "number"` when their values are meant, `"as": "text"` when the digits are; see docs/flows.md.',
  },
  FLOW_BAD_HEADER: {
    meaning:
      'A header of a request cannot be sent: HTTP does not allow it, or it belongs to the connection. Or `mapping` reads a header whose name no answer can have.',
    advice: 'Correct the header, or remove it.',
  },
  FLOW_BAD_BODY: {
    meaning: 'The body of a request is not JSON, whatever its variables hold.',
    advice: 'Correct it (names and texts in double quotes, no comma at the end), or write it as JSON instead of as text.',
  },
  FLOW_BAD_PATH: {
    meaning: 'A path of `mapping` finds nothing in any answer that is read this way.',
    advice: 'Correct the path; docs/webhook-requests.md shows how paths are written.',
  },
  FLOW_SILENT_WAIT: {
    meaning: 'A caller may wait for minutes and hear nothing.',
    advice: 'Set `holdMusic` or `progress`; after a hang-up, where nobody listens, it is fine as it is.',
  },
  FLOW_NO_LATER_ANSWER: {
    meaning: 'A webhook waits for an answer that comes later, and services cannot reach the address it would come to.',
    advice: 'Set `api.publicUrl` to an address that services can reach.',
  },
  FLOW_UNKNOWN_INPUT: {
    meaning: 'A function is passed an input that it does not know; the input has no effect.',
    advice: 'Correct its name, or remove it; docs/functions.md lists the inputs of every function.',
  },
} as const;
