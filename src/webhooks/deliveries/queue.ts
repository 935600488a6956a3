import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { DeliveryStore } from '../ports.js';
import type { NewDelivery } from '../../model/delivery.js';

/** Takes the deliveries of a live call. */
export interface DeliveryQueue {
  readonly store: Pick<DeliveryStore, 'add'>;
  /** Told that a delivery is due. */
  readonly wake: () => void;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** A call counts time by its own clock, deliveries by the machine's: further apart than this, one of them was set. ms */
const APART_MS = 1000;

/** The deliveries of a call, due by the wall clock as it is now: the call may have begun before it was set. */
export function dueByNow(deliveries: readonly NewDelivery[], now: number): readonly NewDelivery[] {
  return deliveries.map((delivery) => {
    const { createdAt, dueAt } = delivery;
    return dueAt === null || Math.abs(now - createdAt) < APART_MS ? delivery : { ...delivery, dueAt: now + dueAt - createdAt };
  });
}

/**
 * Queues what a live call tells. Never rejects: whatever could not be queued is queued once more with the end of the call.
 *
 * @param what the deliveries, for the log
 */
export async function queueDeliveries(
  { store, wake, clock, log }: DeliveryQueue,
  callId: string,
  what: string,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  if (deliveries.length === 0) return;
  try {
    await store.add(dueByNow(deliveries, clock.now()));
    wake();
  } catch (error) {
    log.error({ code: 'STORE_WRITE_FAILED', call: callId, error: String(error) }, `${what} could not be queued`);
  }
}
