/** The call events a webhook can subscribe to (docs/behaviour.md#call-events). */
export const CALL_EVENTS = [
  'started',
  'ringing',
  'answered',
  'completed',
  'busy',
  'cancelled',
  'unanswered',
  'rejected',
  'failed',
  'timeout',
  'record',
  'input',
] as const;

export type CallEventName = (typeof CALL_EVENTS)[number];
