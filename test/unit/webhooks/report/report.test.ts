import { describe, expect, it } from 'vitest';
import type { EndedCall } from '../../../../src/webhooks/report/ended-call.js';
import type { ConfiguredWebhook } from '../../../../src/webhooks/configured/schema.js';
import { reportBody, reportDelivery } from '../../../../src/webhooks/report/report-delivery.js';
import { timestamp } from '../../../../src/webhooks/report/timestamp.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { endedCall, endedLeg } from '../../../support/ended-calls.js';

const OPTIONS: ConfiguredWebhook['options'] = {
  durationUnit: 'ms',
  minimalSingleLeg: false,
  wrapInBody: false,
  includeUserVariables: false,
  includeCallVariables: false,
};

function phonon(call: EndedCall, options: Partial<ConfiguredWebhook['options']> = {}) {
  return JSON.parse(reportBody(call, { format: 'phonon', options: { ...OPTIONS, ...options } })) as Record<string, unknown>;
}

function leg(more: Parameters<typeof endedLeg>[0] = {}, options: Partial<ConfiguredWebhook['options']> = {}) {
  return (phonon(endedCall({ legs: [endedLeg(more)] }), options)['callDetails'] as Record<string, unknown>[])[0];
}

// docs/behaviour.md#report-formats
describe('phonon format, one leg', () => {
  it('is exactly this', () => {
    expect(phonon(endedCall())).toEqual({
      'phonon-uuid': '7f1c2a4e-0000-4000-8000-000000000001',
      callDetails: [
        {
          cdrId: 'leg-1##ivr-1',
          calleeType: 'VISITOR',
          calleeNumber: '+4915100000',
          didNumber: '4930100',
          incoming: true,
          remoteHangup: true,
          startTime: '2026-11-23T12:00:00.080+01:00',
          connectTime: '2026-11-23T12:00:02.080+01:00',
          endTime: '2026-11-23T12:00:18.042+01:00',
          duration: '15962',
          hangupCause: '16',
          is_ringing: 'true',
          ringingStartTime: '2026-11-23T12:00:00.100+01:00',
          dtmfPressesd: [
            { key: '1', eventTime: '2026-11-23T12:00:03.080+01:00', label: 'Menu' },
            { key: '***', eventTime: '2026-11-23T12:00:04.080+01:00', label: 'Pin' },
          ],
        },
      ],
      keys: [
        { name: '$flow.key.order', value: '4711' },
        { name: '$flow.key.pin', value: '***' },
        { name: '$flow.key.paid', value: true },
        { name: '$flow.key.cart', value: { items: [1] } },
      ],
      recordingUrls: [{ recordedFileName: 'message', recordedFilePublicPath: 'https://ivr.example/r/1?sig=x' }],
    });
  });

  it('keeps field order and spellings in the bytes', () => {
    expect(reportBody(endedCall(), { format: 'phonon', options: OPTIONS })).toMatch(
      /^\{"phonon-uuid":"[^"]+","callDetails":\[\{"cdrId"/u,
    );
  });

  // docs/behaviour.md#talk-time
  it('an unanswered leg has no connectTime and talked "0"', () => {
    const unanswered = leg({ answeredAt: null, cause: 19 });
    expect(unanswered).toMatchObject({ duration: '0', hangupCause: '19' });
    expect(unanswered).not.toHaveProperty('connectTime');
  });

  it('duration in seconds by option, never negative', () => {
    expect(leg({}, { durationUnit: 's' })).toMatchObject({ duration: '16' });
    expect(leg({ endedAt: 0 })).toMatchObject({ duration: '0' });
  });

  // docs/behaviour.md#unknown-fields
  it('leaves out only what is not known', () => {
    const bare = leg({ party: null, remoteHangup: null, ringingAt: null, keys: [] });
    for (const name of ['calleeType', 'remoteHangup', 'ringingStartTime', 'dtmfPressesd']) expect(bare).not.toHaveProperty(name);
    expect(bare).toMatchObject({ incoming: true, is_ringing: 'false' });
    expect(phonon(endedCall({ host: null }))['callDetails']).not.toMatchObject([{ cdrId: expect.anything() as string }]);
  });

  it('the minimal single leg', () => {
    expect(Object.keys(leg({}, { minimalSingleLeg: true }) ?? {}).sort()).toEqual(
      ['calleeNumber', 'connectTime', 'didNumber', 'duration', 'endTime', 'hangupCause', 'incoming', 'startTime'].sort(),
    );
  });
});

describe('phonon format, two legs', () => {
  const two = endedCall({
    legs: [
      endedLeg(),
      endedLeg({
        id: 'leg-2',
        direction: 'outbound',
        party: 'AGENT',
        callee: '100',
        did: '4930100',
        remoteHangup: false,
        keys: [],
      }),
    ],
  });

  it('lists them in order of creation, both with incoming', () => {
    expect(phonon(two)['callDetails']).toMatchObject([
      { calleeType: 'VISITOR', incoming: true, remoteHangup: true },
      { calleeType: 'AGENT', incoming: false, remoteHangup: false, calleeNumber: '100' },
    ]);
  });

  it('ignores the minimal form', () => {
    expect(phonon(two, { minimalSingleLeg: true })).toEqual(phonon(two));
  });

  it('a call without legs has an empty list', () => {
    expect(phonon(endedCall({ legs: [], recordings: [] }))).toMatchObject({ callDetails: [], recordingUrls: [] });
  });
});

describe('options', () => {
  // docs/behaviour.md#report-wrapper
  it('wrapInBody', () => {
    expect(phonon(endedCall(), { wrapInBody: true })).toEqual({ body: phonon(endedCall()) });
  });

  // docs/behaviour.md#report-variables
  it('user and call variables', () => {
    const names = (options: Partial<ConfiguredWebhook['options']>) =>
      (phonon(endedCall(), options)['keys'] as { name: string }[]).map(({ name }) => name);
    expect(names({ includeUserVariables: true })).toEqual([
      '$flow.key.order',
      '$user.key.vip',
      '$flow.key.pin',
      '$flow.key.paid',
      '$flow.key.cart',
    ]);
    expect(names({ includeCallVariables: true }).slice(-2)).toEqual(['$call.cli', '$call.did']);
  });
});

describe('native format', () => {
  const native = (call: EndedCall) =>
    JSON.parse(reportBody(call, { format: 'native', options: OPTIONS })) as Record<string, unknown>;

  it('is exactly this', () => {
    expect(native(endedCall())).toEqual({
      schema: 'callreport/1',
      callId: '7f1c2a4e-0000-4000-8000-000000000001',
      flowId: 'order-status',
      flowVersion: 'abc123def456',
      direction: 'inbound',
      startedAt: '2026-11-23T12:00:00.080+01:00',
      answeredAt: '2026-11-23T12:00:02.080+01:00',
      endedAt: '2026-11-23T12:00:18.042+01:00',
      ringMs: 2000,
      talkMs: 15_962,
      totalMs: 17_962,
      endedBy: 'caller',
      reason: 'bye',
      hangup: { cause: 16, name: 'normal clearing', sip: null },
      disposition: null,
      lastWidget: 'ask',
      legs: [
        {
          id: 'leg-1',
          direction: 'inbound',
          party: 'VISITOR',
          number: '+4915100000',
          did: '+4930100',
          startedAt: '2026-11-23T12:00:00.080+01:00',
          ringingAt: '2026-11-23T12:00:00.100+01:00',
          answeredAt: '2026-11-23T12:00:02.080+01:00',
          endedAt: '2026-11-23T12:00:18.042+01:00',
          ringMs: 2000,
          talkMs: 15_962,
          totalMs: 17_962,
          hangup: { cause: 16, name: 'normal clearing', sip: null },
          remoteHangup: true,
        },
      ],
      variables: {
        '$flow.key.order': '4711',
        '$user.key.vip': true,
        '$flow.key.pin': '***',
        '$flow.key.paid': true,
        '$flow.key.cart': { items: [1] },
        $STATUS: null,
      },
      udf: {},
      path: [{ widget: 'ask', exit: null, at: '2026-11-23T12:00:02.080+01:00', ms: 15_962 }],
      http: [{ widget: 'lookup', url: 'https://a/', method: 'GET', status: 200, ms: 42, attempts: 1, error: null }],
      recordings: [{ name: 'message', url: 'https://ivr.example/r/1?sig=x', ms: 5000, bytes: 80_044, format: 'wav' }],
      transcript: [
        { at: '2026-11-23T12:00:03.080+01:00', by: 'caller', dtmf: '1' },
        { at: '2026-11-23T12:00:04.080+01:00', by: 'caller', dtmf: '***' },
      ],
    });
  });

  it('tells the disposition the flow left, and nothing of a request but its fields', () => {
    const variables = [{ name: '$flow.key.disposition', value: 'served', masked: false }];
    const request = { widget: 'lookup', url: 'https://a/', method: 'GET', status: 200, ms: 1.4, attempts: 1, error: null };
    const http = [{ ...request, at: 1_795_420_921_532 }];
    expect(native(endedCall({ variables, http }))).toMatchObject({ disposition: 'served', http: [{ ...request, ms: 1 }] });
    expect(native(endedCall({ http }))['http']).toEqual([{ ...request, ms: 1 }]);
  });

  it('a call that was never answered rang until its end', () => {
    const call = endedCall({ answeredAt: null, termination: { by: 'crash', cause: 487, sip: 487, reason: 'interrupted' } });
    expect(native(call)).toMatchObject({
      answeredAt: null,
      ringMs: 17_962,
      talkMs: 0,
      endedBy: 'crash',
      hangup: { name: 'cause 487', sip: 487 },
    });
  });
});

// docs/decisions/0014-secrets-by-name.md
describe('masked digits', () => {
  it.each(['phonon', 'native'] as const)('never stand in the %s report', (format) => {
    const options = { ...OPTIONS, includeUserVariables: true, includeCallVariables: true };
    expect(reportBody(endedCall(), { format, options })).not.toContain('0815');
    expect(reportBody(endedCall(), { format, options })).not.toContain('"9"');
  });
});

// docs/behaviour.md#report-timestamps
describe('timestamps', () => {
  it.each([
    [0, 'UTC', '1970-01-01T00:00:00.000+00:00'],
    [Date.UTC(2026, 6, 1, 0, 0, 0, 8), 'Europe/Vienna', '2026-07-01T02:00:00.008+02:00'],
    [Date.UTC(2026, 0, 1), 'Asia/Kolkata', '2026-01-01T05:30:00.000+05:30'],
    [Date.UTC(2026, 0, 1), 'America/St_Johns', '2025-12-31T20:30:00.000-03:30'],
    [1.7, 'UTC', '1970-01-01T00:00:00.001+00:00'],
    [0, 'Nowhere/Land', '1970-01-01T00:00:00.000+00:00'],
  ])('%d in %s', (ms, zone, text) => {
    expect(timestamp(ms, zone)).toBe(text);
  });
});

// docs/decisions/0010-the-end-is-one-transaction.md
it('the delivery carries the bytes, is due at once and names its webhook', () => {
  const webhook = configuredWebhook('crm', { default: true });
  const call = endedCall();
  expect(reportDelivery(call, webhook, 'id-1')).toEqual({
    id: 'id-1',
    callId: call.callId,
    kind: 'report',
    webhook: 'crm',
    body: reportBody(call, webhook),
    createdAt: call.endedAt,
    dueAt: call.endedAt,
  });
});
