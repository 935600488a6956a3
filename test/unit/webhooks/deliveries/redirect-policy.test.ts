import { beforeEach, describe, expect, it } from 'vitest';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { createFakeDeliveryStore, type FakeDeliveryStore } from '../../../support/fake-delivery-store.js';
import { OutboxRig } from '../../../support/outbox-rig.js';

const HOURS_100 = 360_000_000;
const LOCATION = { location: 'https://pages.example/done' };

let rig: OutboxRig;
let store: FakeDeliveryStore;

async function delivered(status: number, redirects: 'fail' | 'delivered' | 'follow', headers: Record<string, string> = LOCATION) {
  rig.webhooks = [configuredWebhook('crm', { redirects })];
  rig.answer = () => ({ status, headers });
  const at = rig.clock.now();
  store.put({ id: 'd-1', callId: 'c-1', kind: 'report', webhook: 'crm', body: '{}', createdAt: at, dueAt: at });
  rig.outbox(store).start();
  await rig.clock.advance(HOURS_100);
  const { state, cause = null, attempts = [] } = store.get('d-1') ?? {};
  return { state, cause, copies: rig.sent.length, attempts: attempts.length, status: attempts[0]?.status };
}

beforeEach(() => {
  rig = new OutboxRig();
  store = createFakeDeliveryStore();
});

describe('a receiver that redirects after a POST', () => {
  it.each([301, 302, 303, 307, 308])('is told at once with the way out, and sent one copy (%d)', async (status) => {
    const told = await delivered(status, 'fail');
    expect(told).toMatchObject({ state: 'dead', copies: 1, attempts: 1, status });
    expect(told.cause).toMatch(/^WEBHOOK_REDIRECTED: the server answered \d+ .*set redirects/u);
  });

  it.each([301, 302, 303])('has done its work, when the site says so (%d)', async (status) => {
    expect(await delivered(status, 'delivered')).toEqual({ state: 'delivered', cause: null, copies: 1, attempts: 1, status });
  });

  it.each([307, 308])('that wants the same request elsewhere has done nothing, whatever the site says (%d)', async (status) => {
    const told = await delivered(status, 'delivered');
    expect(told).toMatchObject({ state: 'dead', copies: 1 });
    expect(told.cause).toContain('set redirects to follow');
  });

  it('that names no place to go is an error like any other', async () => {
    expect(await delivered(302, 'fail', {})).toMatchObject({ state: 'dead', copies: 9, cause: 'the server answered 302' });
  });

  it.each([
    ['fail', 0],
    ['delivered', 0],
    ['follow', 5],
  ] as const)('is followed only where the site says so: %s, %d redirects', async (redirects, followed) => {
    await delivered(302, redirects);
    expect(rig.redirects).toEqual([followed]);
  });
});
