import { summarizeJournal } from '../../flow/journal/summary.js';
import type { JournalEntry, JournalEvent } from '../../model/journal.js';
import { CALL } from '../../model/operations.js';
import type { EndedCall } from '../../webhooks/report/ended-call.js';
import { endedCall } from '../end.js';

/** How the sample call ended. */
const TERMINATION = { by: 'caller', cause: 16, sip: null, reason: 'bye' } as const;

/**
 * A call that never was, for a test report: one minute, answered, ended by the caller. Made of a journal as that of a real call is, so it
 * has all that a report has.
 *
 * @param id begins with `test-`, so that the receiver of the report recognizes a test
 * @param now wall-clock ms; the call ended then
 */
export function sampleCall(id: string, now: number): EndedCall {
  const summary = summarizeJournal(sampleJournal(id, now));
  const services = { recordingUrl: (recording: string) => recording, host: '' };
  const call = endedCall(services, { callId: id, direction: 'inbound', endedAt: now, termination: TERMINATION }, summary);
  // No machine carried the call, and of `$call.*` a test shows what is known at the start.
  return { ...call, host: null, callVariables: summary.facts };
}

/** Rings for 2 s, takes the key 1 after 28 s more, and says a goodbye that the caller hangs up on. */
function sampleJournal(id: string, now: number): readonly JournalEntry[] {
  const [start, answered, pressed] = [now - 60_000, now - 58_000, now - 30_000];
  const [leg, cli, did] = [`${id}-a`, '+15550100', '+15550199'];
  const keys = { kind: 'collected', digits: '1', endedBy: 'max', keys: [{ key: '1', at: pressed }] };
  const facts = { cli, did, uuid: id, direction: 'inbound' };
  const flow = { flowId: 'test', flowVersion: 'test', timeZone: 'UTC', webhook: true };
  const events: readonly (readonly [at: number, event: JournalEvent])[] = [
    [start, { type: 'call', callId: id, ...flow, facts }],
    [start, { type: 'leg.created', leg: { leg, direction: 'inbound', callee: cli, did, party: 'VISITOR' } }],
    [start, { type: 'leg.ringing', leg }],
    [answered, { type: 'leg.answered', leg }],
    [answered, { type: 'enter', step: 1, widget: 'ask', widgetType: 'collect', label: null, anchor: 'start' }],
    [pressed, { type: 'answer', step: 1, ask: 1, op: CALL.collect.name, answer: keys }],
    [pressed, { type: 'set', step: 1, name: '$flow.key.test', value: true }],
    [pressed, { type: 'exit', step: 1, widget: 'ask', exit: 'collected', next: 'bye' }],
    [pressed, { type: 'enter', step: 2, widget: 'bye', widgetType: 'hangup', label: null, anchor: 'start' }],
    [now, { type: 'leg.ended', leg, cause: TERMINATION.cause, sip: TERMINATION.sip, remote: true }],
    [now, { type: 'end', termination: TERMINATION }],
  ];
  return events.map(([at, event], index) => ({ ...event, seq: index + 1, at, ms: at - start }));
}
