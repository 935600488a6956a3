import type { Delivery, DeliveryStore, NewDelivery } from '../../src/webhooks/ports.js';
import { createFakeStore } from './fake-store.js';

/** The outbox in memory, open to tests, with a count of what it was asked and errors on demand. */
export interface FakeDeliveryStore extends DeliveryStore {
  add(delivery: NewDelivery): void;
  get(id: string): Delivery | undefined;
  all(): Delivery[];
  asked: { claims: number; nextDue: number };
  /** While true every operation fails. */
  broken: boolean;
}

/** The fake store's deliveries. */
export function createFakeDeliveryStore(): FakeDeliveryStore {
  const { deliveries, state } = createFakeStore();
  const guarded = <T>(work: () => Promise<T>): Promise<T> =>
    fake.broken ? Promise.reject(new Error('the store is broken')) : work();
  const fake: FakeDeliveryStore = {
    asked: { claims: 0, nextDue: 0 },
    broken: false,
    add(delivery) {
      state.deliveries.set(delivery.id, { ...delivery, state: 'pending', attempts: [], leasedUntil: 0 });
    },
    get: (id) => state.deliveries.get(id),
    all: () => [...state.deliveries.values()],
    claimDue(...claim) {
      fake.asked.claims += 1;
      return guarded(() => deliveries.claimDue(...claim));
    },
    settle: (...settlement) => guarded(() => deliveries.settle(...settlement)),
    nextDue() {
      fake.asked.nextDue += 1;
      return guarded(() => deliveries.nextDue());
    },
    catchUp: (reading) => guarded(() => deliveries.catchUp(reading)),
    replay: (id, now) => guarded(() => deliveries.replay(id, now)),
  };
  return fake;
}
