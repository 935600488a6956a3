import type { EndedCall } from './ended-call.js';

/**
 * A call that never was, for a test report: one minute, answered, ended by the caller.
 *
 * @param id begins with `test-`, so that the receiver of the report recognizes a test
 * @param now wall-clock ms; the call ended then
 */
export function sampleCall(id: string, now: number): EndedCall {
  const [startedAt, answeredAt] = [now - 60_000, now - 58_000];
  const [caller, did] = ['+15550100', '+15550199'];
  return {
    callId: id,
    flowId: 'test',
    flowVersion: 'test',
    timeZone: 'UTC',
    direction: 'inbound',
    host: null,
    startedAt,
    answeredAt,
    endedAt: now,
    termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' },
    lastWidget: 'bye',
    legs: [
      {
        id: `${id}-a`,
        direction: 'inbound',
        party: 'VISITOR',
        callee: caller,
        did,
        startedAt,
        ringingAt: startedAt,
        answeredAt,
        endedAt: now,
        cause: 16,
        sip: null,
        remoteHangup: true,
        keys: [{ key: '1', at: now - 30_000, label: 'ask', masked: false }],
      },
    ],
    variables: [{ name: '$flow.key.test', value: true, masked: false }],
    udf: {},
    callVariables: { cli: caller, did, uuid: id, direction: 'inbound' },
    recordings: [],
    steps: [
      { widget: 'ask', exit: 'collected', at: answeredAt, ms: 28_000 },
      { widget: 'bye', exit: null, at: now - 30_000, ms: 30_000 },
    ],
    http: [],
  };
}
