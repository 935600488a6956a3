import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/ids.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { Sender, type SenderOptions } from '../../src/webhooks/request/sender.js';
import { NO_IDENTITY } from '../../src/webhooks/auth/identity.js';
import { createWebhookPort, type WebhookPortOptions, type Webhooks } from '../../src/webhooks/webhook.js';

/** A webhook port over a client (or the limited client in front of one), with neither secrets nor credentials unless told. */
export function webhookPort(
  client: SenderOptions['client'],
  more: Partial<WebhookPortOptions & Pick<SenderOptions, 'identity'>> = {},
): Webhooks {
  const clock = more.clock ?? systemClock;
  const identity = more.identity ?? NO_IDENTITY;
  const sender = more.sender ?? new Sender({ client, identity, clock, random: systemRandom });
  return createWebhookPort({ sender, secrets: () => undefined, clock, log: silentLogger, ...more });
}
