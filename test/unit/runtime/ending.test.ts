import { expect, it } from 'vitest';
import type { JournalEntry, JournalEvent } from '../../../src/flow/journal.js';
import { commitEnd } from '../../../src/runtime/ending.js';
import type { ConfiguredWebhook, NewDelivery } from '../../../src/webhooks/ports.js';

const STARTED = Date.UTC(2026, 10, 23, 12);

const WEBHOOK: ConfiguredWebhook = {
  name: 'report',
  url: 'https://x.example/',
  method: 'POST',
  auth: { type: 'none' },
  default: true,
  format: 'phonon',
  options: {
    durationUnit: 'ms',
    minimalSingleLeg: false,
    wrapInBody: false,
    includeUserVariables: false,
    includeCallVariables: true,
  },
};

const EVENTS: readonly JournalEvent[] = [
  {
    type: 'call',
    callId: 'call-1',
    flowId: 'shop',
    flowVersion: 'abc',
    timeZone: 'Asia/Kolkata',
    webhook: true,
    facts: { cli: '1555', did: '100', state: 'ringing', duration: 0, 'sipheader.X-Tenant': 'acme' },
  },
  { type: 'leg.created', leg: { leg: 'leg-1', direction: 'inbound', callee: '1555', did: '100', party: 'VISITOR' } },
  { type: 'leg.answered', leg: 'leg-1' },
];

it('Q21: $call.* in the report are those of the end, not those of the first ring', async () => {
  const entries: JournalEntry[] = EVENTS.map((event, i) => ({ ...event, seq: i + 1, at: STARTED + i * 1000, ms: i * 1000 }));
  const delivered: NewDelivery[] = [];
  await commitEnd(
    {
      calls: {
        end: (_end, deliveries) => {
          delivered.push(...deliveries);
          return Promise.resolve();
        },
      },
      webhooks: () => [WEBHOOK],
      wake: () => undefined,
      recordingUrl: (id) => `https://ivr.example/${id}`,
      random: { uuid: () => 'delivery-1' },
      host: 'ivr-1',
    },
    {
      callId: 'call-1',
      direction: 'inbound',
      endedAt: STARTED + 9500,
      termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' },
    },
    entries,
  );
  const { keys } = JSON.parse(delivered[0]?.body ?? '{}') as { keys: { name: string; value: unknown }[] };
  expect(Object.fromEntries(keys.map(({ name, value }) => [name, value]))).toEqual({
    '$call.cli': '1555',
    '$call.did': '100',
    '$call.uuid': 'call-1',
    '$call.direction': 'inbound',
    '$call.state': 'completed',
    '$call.start': '2026-11-23T17:30:00.000+05:30',
    '$call.answer': '2026-11-23T17:30:02.000+05:30',
    '$call.end': '2026-11-23T17:30:09.500+05:30',
    '$call.duration': 7,
    '$call.hangupcause': '16',
    '$call.remotehangup': true,
    '$call.sipheader.X-Tenant': 'acme',
  });
});
