import { expect, it } from 'vitest';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { dueByNow, queueDeliveries } from '../../../../src/webhooks/deliveries/queue.js';
import type { NewDelivery } from '../../../../src/model/delivery.js';
import { recordingLogger, type Logged } from '../../../support/signalling.js';
import { newDelivery } from '../../../support/stores.js';

/** Made at 10 s by the clock of its call, due two seconds later. */
const made = newDelivery('d1', 'c1', { createdAt: 10_000, dueAt: 12_000 });

it.each([
  [9001, 12_000],
  [9000, 11_000],
  [8999, 10_999],
  [10_999, 12_000],
  [11_000, 13_000],
  [11_001, 13_001],
])('at %i ms by the wall clock it is due at %i ms', (now, dueAt) => {
  expect(dueByNow([made], now)).toEqual([{ ...made, dueAt }]);
});

it('what is not due yet stays so, whatever the clock says', () => {
  const waiting = newDelivery('d2', 'c1', { createdAt: 10_000, dueAt: null });
  expect(dueByNow([waiting], 99_000)).toEqual([waiting]);
});

function queue(add: (deliveries: readonly NewDelivery[]) => Promise<void>) {
  const log: Logged[] = [];
  const woken: string[] = [];
  const wake = (): void => {
    woken.push('woken');
  };
  return { log, woken, options: { store: { add }, wake, clock: { now: () => 10_000 }, log: recordingLogger(log) } };
}

it('none are not queued, and nobody is woken for them', async () => {
  const { woken, options } = queue(() => Promise.reject(new Error('asked')));
  await queueDeliveries({ ...options, log: silentLogger }, 'c1', 'an event', []);
  expect(woken).toEqual([]);
});

it('one is queued and told', async () => {
  const added: (readonly NewDelivery[])[] = [];
  const { woken, options } = queue((deliveries) => {
    added.push(deliveries);
    return Promise.resolve();
  });
  await queueDeliveries(options, 'c1', 'an event', [made]);
  expect([added, woken]).toEqual([[[made]], ['woken']]);
});

it('one that cannot be queued is logged with its code, and the call goes on', async () => {
  const { log, woken, options } = queue(() => Promise.reject(new Error('full')));
  await queueDeliveries(options, 'c1', 'an event', [made]);
  expect(woken).toEqual([]);
  expect(log).toMatchObject([{ fields: { code: 'STORE_WRITE_FAILED', call: 'c1' }, text: 'an event could not be queued' }]);
});
