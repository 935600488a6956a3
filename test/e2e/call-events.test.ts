import { afterAll, beforeAll, expect, it } from 'vitest';
import { answered, dial, flow, inWidget, rowOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/*
 * Call events (docs/behaviour.md#call-events) of real calls: in order, each under one id, and with an end also when the process
 * is killed.
 */

interface CallEvent {
  readonly status: string;
  readonly uuid: string;
  readonly conversation_uuid: string;
  readonly dtmf?: { readonly digits: string };
  readonly duration?: string;
}

let site: Site;
let sink: Endpoint;

beforeAll(async () => {
  sink = await Endpoint.start();
  const listen = {
    type: 'collect',
    saveIn: '$flow.key.pin',
    mask: true,
    digits: { min: 1, max: 4, endOn: '#', firstDigitTimeout: 60 },
    exits: { collected: null, noInput: null, missed: null },
  };
  site = await Site.start({
    report: sink.url,
    webhook: { events: ['started', 'ringing', 'answered', 'completed', 'record', 'input', 'cancelled', 'failed'] },
    config: { reports: { retrySeconds: Array(20).fill(0.3) } },
    flows: [flow('pin', { ask: listen }, { webhook: false, record: true })],
  });
});

afterAll(async () => {
  await site.dispose();
  await sink.close();
});

const eventsOf = (call: string): { readonly id: unknown; readonly event: CallEvent }[] =>
  sink.received
    .map(({ headers, body }) => ({ id: headers['webhook-id'], event: JSON.parse(body) as CallEvent }))
    .filter(({ event }) => event.conversation_uuid === call);

/** The events of a call once one of them says so. */
function told(call: string, last: string): Promise<readonly { readonly id: unknown; readonly event: CallEvent }[]> {
  return eventually(`${last} of ${call}`, () => {
    const events = eventsOf(call);
    return events.some(({ event }) => event.status === last) ? events : null;
  });
}

const statuses = (events: readonly { readonly event: CallEvent }[]): string[] => events.map(({ event }) => event.status);

it('come in order while the call lives and at its end, masked digits masked', async () => {
  const placed = await dial(site, 'pin');
  await answered(placed);
  await inWidget(site, placed.cli, 'ask');
  const { id } = await rowOf(site, placed.cli);
  expect(statuses(await told(id, 'answered'))).toEqual(['started', 'ringing', 'answered']);
  await placed.phone.press('12#');
  const found = await told(id, 'record');
  expect(statuses(found)).toEqual(['started', 'ringing', 'answered', 'input', 'completed', 'record']);
  expect(found[3]?.event.dtmf?.digits).toBe('***');
  expect(new Set(found.map(({ id: delivery }) => delivery)).size).toBe(found.length);
});

it('have an end also when the process is killed, each under one id', async () => {
  const placed = await dial(site, 'pin');
  await answered(placed);
  await inWidget(site, placed.cli, 'ask');
  const { id } = await rowOf(site, placed.cli);
  await told(id, 'answered');
  await site.stop('SIGKILL');
  await site.start();
  const found = await told(id, 'completed');
  expect(new Set(statuses(found))).toEqual(new Set(['started', 'ringing', 'answered', 'record', 'completed']));
  // At least once: one that was under way at that moment may come twice, with the id it had.
  expect(new Set(found.map(({ id: delivery }) => delivery)).size).toBe(5);
  placed.phone.hangup();
});
