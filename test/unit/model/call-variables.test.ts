import { expect, it } from 'vitest';
import {
  CALL_VARIABLE_NAMES,
  callVariables,
  callVariablesAt,
  sampleCallVariables,
  type CallMoment,
} from '../../../src/model/call-variables.js';

const formatTime = (ms: number): string => String(ms);

/** A call that ended before it was answered, with this Q.850 cause. */
function stateAfter(cause: number, more: object = {}): unknown {
  const termination = { cause, by: 'caller', reason: 'x', sip: null };
  const call = { state: 'ended', startedAt: 1, answeredAt: null, endedAt: 2, talkedMs: 0, digits: null, recordingUrl: null };
  return callVariables({ ...call, known: {}, termination, ...more } as unknown as CallMoment, formatTime)['state'];
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

const moment: CallMoment = {
  id: 'c1',
  direction: 'inbound',
  known: { cli: '1', did: '2', 'sipheader.X-Id': 'h' },
  startedAt: 1,
  answeredAt: null,
  endedAt: null,
  talkedMs: 0,
  termination: null,
  digits: null,
  recordingUrl: null,
};

it('a value that is not known yet is absent; headers keep their name', () => {
  expect(callVariables(moment, formatTime)).toEqual({
    cli: '1',
    did: '2',
    uuid: 'c1',
    direction: 'inbound',
    state: 'ringing',
    start: '1',
    duration: 0,
    'sipheader.X-Id': 'h',
  });
});

it('what a journal knows from the beginning of the call is kept whole, and brought up to date', () => {
  const known = { uuid: 'c1', cli: '1', did: '2', queue: 'q', dtmf: '4', state: 'ringing', 'sipheader.X-Id': 'h' };
  const at = {
    ...moment,
    known,
    answeredAt: 2000,
    termination: { by: 'caller', cause: 16, reason: 'bye' },
    endedAt: 4000,
  } as const;
  const values = callVariablesAt(at, 4000, formatTime);
  expect(values).toMatchObject({ queue: 'q', dtmf: '4', state: 'completed', duration: 2, end: '4000', 'sipheader.X-Id': 'h' });
  expect(Object.keys(values).slice(0, 7)).toEqual(Object.keys(known));
});

it('a sample is a call that was answered just now; what is given counts', () => {
  const sample = sampleCallVariables({ cli: '7' }, { uuid: 'u', now: 0 });
  expect(sample).toMatchObject({ cli: '7', did: '+15550199', uuid: 'u', state: 'in_progress', clientidentifier: '' });
  expect(Object.keys(sample).filter((name) => !CALL_VARIABLE_NAMES.has(name))).toEqual([]);
});
