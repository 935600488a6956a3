import { widgetCatalogue } from '../../src/widgets/index.js';
import type { EndServices } from '../../src/runs/end.js';
import { type ChatServices, chatReaders } from '../../src/integrations/chats.js';
import { callEventReaders } from '../../src/runs/call-events.js';
import { EndQueue } from '../../src/runs/end-queue.js';
import { silentLogger } from '../../src/lib/log/log.js';
import type { Store } from '../../src/store/store.js';
import { defaultWebhook } from '../../src/webhooks/configured/configured.js';
import type { ConfiguredWebhook } from '../../src/webhooks/configured/schema.js';

/** A site without integrations. */
export const CHATS: ChatServices = {
  recordingUrl: (id) => `https://ivr.example/${id}`,
  widgets: widgetCatalogue,
  recordingWaitMs: 60_000,
  flow: () => undefined,
  integration: () => undefined,
};

/** What ending a call needs, over a store; the wall clock stands at `now`. */
export function endServices(
  store: Pick<Store, 'calls' | 'deliveries'>,
  webhooks: readonly ConfiguredWebhook[],
  now = 0,
  chats: ChatServices = CHATS,
): EndServices {
  let made = 0;
  const { recordingUrl, recordingWaitMs } = chats;
  const configured = () => webhooks;
  return {
    calls: store.calls,
    deliveries: store.deliveries,
    webhooks: configured,
    readers: [callEventReaders({ webhooks: configured, recordingUrl }), chatReaders(chats)],
    reportsTo: () => defaultWebhook(webhooks),
    wake: () => undefined,
    endQueue: new EndQueue(),
    recordingUrl,
    recordingWaitMs,
    random: { uuid: () => `delivery-${String(++made)}` },
    clock: { now: () => now },
    host: 'ivr-1',
    log: silentLogger,
  };
}
