import type { EndingServices } from '../../src/runs/end.js';
import { LargeEnds } from '../../src/runs/end-queue.js';
import { silentLogger } from '../../src/lib/log/log.js';
import type { Store } from '../../src/store/sqlite/store.js';
import { defaultWebhook } from '../../src/webhooks/configured/configured.js';
import type { ConfiguredWebhook } from '../../src/webhooks/ports.js';

/** What ending a call needs, over a store; the wall clock stands at `now`. */
export function endingServices(
  store: Pick<Store, 'calls' | 'deliveries'>,
  webhooks: readonly ConfiguredWebhook[],
  now = 0,
): EndingServices {
  let made = 0;
  return {
    calls: store.calls,
    deliveries: store.deliveries,
    webhooks: () => webhooks,
    reportsTo: () => defaultWebhook(webhooks),
    wake: () => undefined,
    largeEnds: new LargeEnds(),
    recordingUrl: (id) => `https://ivr.example/${id}`,
    random: { uuid: () => `delivery-${String(++made)}` },
    clock: { now: () => now },
    host: 'ivr-1',
    log: silentLogger,
    recordingWaitMs: 60_000,
    flow: () => undefined,
    integration: () => undefined,
  };
}
