import { expect, it } from 'vitest';
import { sampleCall } from '../../../../src/runs/test/sample-call.js';
import { reportBody } from '../../../../src/webhooks/report/report-delivery.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';

const NOW = Date.UTC(2026, 0, 5, 9, 1);
const options = { ...configuredWebhook('crm').options, includeCallVariables: true };
const report = (format: 'native' | 'phonon'): unknown =>
  JSON.parse(reportBody(sampleCall('test-1', NOW), configuredWebhook('crm', { format, options })));

const leg = { direction: 'inbound', party: 'VISITOR', number: '+15550100', did: '+15550199' };
const [startedAt, answeredAt] = ['2026-01-05T09:00:00.000+00:00', '2026-01-05T09:00:02.000+00:00'];
const [pressedAt, endedAt] = ['2026-01-05T09:00:30.000+00:00', '2026-01-05T09:01:00.000+00:00'];
const durations = { ringMs: 2000, talkMs: 58_000, totalMs: 60_000 };
const hangup = { cause: 16, name: 'normal clearing', sip: null };

it('a test report in the native format is that of one call of a minute', () => {
  expect(report('native')).toEqual({
    schema: 'callreport/1',
    callId: 'test-1',
    flowId: 'test',
    flowVersion: 'test',
    direction: 'inbound',
    startedAt,
    answeredAt,
    endedAt,
    ...durations,
    endedBy: 'caller',
    reason: 'bye',
    hangup,
    disposition: null,
    lastWidget: 'bye',
    legs: [
      { id: 'test-1-a', ...leg, startedAt, ringingAt: startedAt, answeredAt, endedAt, ...durations, hangup, remoteHangup: true },
    ],
    variables: { '$flow.key.test': true },
    udf: {},
    path: [
      { widget: 'ask', exit: 'collected', at: answeredAt, ms: 28_000 },
      { widget: 'bye', exit: null, at: pressedAt, ms: 30_000 },
    ],
    http: [],
    recordings: [],
    transcript: [{ at: pressedAt, by: 'caller', dtmf: '1' }],
  });
});

it('a test report in the phonon format is that of the same call, without a machine', () => {
  expect(report('phonon')).toEqual({
    'phonon-uuid': 'test-1',
    callDetails: [
      {
        calleeType: 'VISITOR',
        calleeNumber: '+15550100',
        didNumber: '15550199',
        incoming: true,
        remoteHangup: true,
        startTime: startedAt,
        connectTime: answeredAt,
        endTime: endedAt,
        duration: '58000',
        hangupCause: '16',
        is_ringing: 'true',
        ringingStartTime: startedAt,
        dtmfPressesd: [{ key: '1', eventTime: pressedAt, label: 'ask' }],
      },
    ],
    keys: [
      { name: '$flow.key.test', value: true },
      { name: '$call.cli', value: '+15550100' },
      { name: '$call.did', value: '+15550199' },
      { name: '$call.uuid', value: 'test-1' },
      { name: '$call.direction', value: 'inbound' },
    ],
    recordingUrls: [],
  });
});
