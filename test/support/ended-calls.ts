import type { EndedCall, EndedLeg } from '../../src/webhooks/report/ended-call.js';

const START = Date.UTC(2026, 10, 23, 11, 0, 0, 80);

/** The caller's leg: rang 2 s, talked 15.962 s, pressed two keys. */
export function endedLeg(more: Partial<EndedLeg> = {}): EndedLeg {
  return {
    id: 'leg-1',
    direction: 'inbound',
    party: 'VISITOR',
    callee: '+4915100000',
    did: '+4930100',
    startedAt: START,
    ringingAt: START + 20,
    answeredAt: START + 2000,
    endedAt: START + 17_962,
    cause: 16,
    sip: null,
    remoteHangup: true,
    keys: [
      { key: '1', at: START + 3000, label: 'Menu', masked: false },
      { key: '9', at: START + 4000, label: 'Pin', masked: true },
    ],
    ...more,
  };
}

/** A finished call with one leg. */
export function endedCall(more: Partial<EndedCall> = {}): EndedCall {
  return {
    callId: '7f1c2a4e-0000-4000-8000-000000000001',
    flowId: 'order-status',
    flowVersion: 'abc123def456',
    timeZone: 'Europe/Vienna',
    direction: 'inbound',
    host: 'ivr-1',
    startedAt: START,
    answeredAt: START + 2000,
    endedAt: START + 17_962,
    termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' },
    lastWidget: 'ask',
    legs: [endedLeg()],
    variables: [
      { name: '$flow.key.order', value: '4711', masked: false },
      { name: '$user.key.vip', value: true, masked: false },
      { name: '$flow.key.pin', value: '0815', masked: true },
      { name: '$flow.key.paid', value: true, masked: false },
      { name: '$flow.key.cart', value: { items: [1] }, masked: false },
      { name: '$STATUS', value: null, masked: false },
    ],
    udf: {},
    callVariables: { cli: '+4915100000', did: '+4930100' },
    recordings: [{ name: 'message', url: 'https://ivr.example/r/1?sig=x', ms: 5000, bytes: 80_044, format: 'wav' }],
    steps: [{ widget: 'ask', exit: null, at: START + 2000, ms: 15_962 }],
    http: [{ widget: 'lookup', url: 'https://a/', method: 'GET', status: 200, ms: 41.7, attempts: 1, error: null }],
    ...more,
  };
}
