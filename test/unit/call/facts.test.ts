import { expect, it } from 'vitest';
import { callFacts, type CallSnapshot } from '../../../src/call/facts.js';

const formatTime = (ms: number): string => String(ms);

/** A call that ended before it was answered, with this Q.850 cause. */
function stateAfter(cause: number, more: object = {}): unknown {
  const termination = { cause, by: 'caller', reason: 'x', sip: null };
  const call = { state: 'ended', startedAt: 1, answeredAt: null, endedAt: 2, talkedMs: 0, digits: null, recordingUrl: null };
  return callFacts({ ...call, headers: {}, termination, ...more } as unknown as CallSnapshot, formatTime)['state'];
}

it.each([
  [16, 'failed'],
  [17, 'busy'],
  [18, 'no_answer'],
  [19, 'no_answer'],
  [20, 'failed'],
  [101, 'failed'],
  [102, 'no_answer'],
  [103, 'failed'],
])('a call that ended unanswered with cause %i is %s', (cause, state) => {
  expect(stateAfter(cause)).toBe(state);
});

it('one that was answered is completed, one that the caller took back is cancelled', () => {
  expect(stateAfter(17, { answeredAt: 1 })).toBe('completed');
  expect(stateAfter(16, { termination: { cause: 16, by: 'caller', reason: 'cancel', sip: null } })).toBe('cancelled');
});
