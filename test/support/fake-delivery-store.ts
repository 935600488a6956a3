import type { DeliveryStore } from '../../src/webhooks/ports.js';
import type { Delivery, NewDelivery } from '../../src/model/delivery.js';
import { addTo, createFakeStore } from './fake-store.js';

/** The outbox in memory, open to tests, with a count of what it was asked and errors on demand. */
export interface FakeDeliveryStore extends DeliveryStore {
  /** Queues one at once. */
  put(delivery: NewDelivery): void;
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
    put: (delivery) => addTo(state, [delivery]),
    add: (items) => guarded(() => deliveries.add(items)),
    get: (id) => state.deliveries.get(id),
    all: () => [...state.deliveries.values()],
    claimDue(...claim) {
      fake.asked.claims += 1;
      return guarded(() => deliveries.claimDue(...claim));
    },
    settle: (...settlement) => guarded(() => deliveries.settle(...settlement)),
    nextDue(...except) {
      fake.asked.nextDue += 1;
      return guarded(() => deliveries.nextDue(...except));
    },
    catchUp: (reading) => guarded(() => deliveries.catchUp(reading)),
    shift: (set) => guarded(() => deliveries.shift(set)),
    replay: (id, now) => guarded(() => deliveries.replay(id, now)),
    replayAll: (selection, now) => guarded(() => deliveries.replayAll(selection, now)),
    revise: (revision) => guarded(() => deliveries.revise(revision)),
    disable: (target, cause) => guarded(() => deliveries.disable(target, cause)),
    enable: (name) => guarded(() => deliveries.enable(name)),
    disabled: () => guarded(() => deliveries.disabled()),
  };
  return fake;
}
