import type { Logger } from '../lib/log.js';
import type { DeliveryStore, NewDelivery } from '../webhooks/ports.js';

/** Where what is told of a live call goes. */
export interface DeliveryQueue {
  readonly store: Pick<DeliveryStore, 'add'>;
  /** Told that a delivery is due. */
  readonly wake: () => void;
  readonly log: Logger;
}

/**
 * Queues what a live call tells. Never rejects: whatever could not be queued is queued once more with the end of the call.
 *
 * @param what the deliveries, for the log
 */
export async function queueDeliveries(
  { store, wake, log }: DeliveryQueue,
  callId: string,
  what: string,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  if (deliveries.length === 0) return;
  try {
    await store.add(deliveries);
    wake();
  } catch (error) {
    log.error({ code: 'STORE_WRITE_FAILED', call: callId, error: String(error) }, `${what} could not be queued`);
  }
}
