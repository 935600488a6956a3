import type { DeliveryTarget } from '../webhooks/ports.js';
import type { ConfiguredWebhook } from '../webhooks/configured/schema.js';
import { targetName } from '../integrations/event.js';

/** Where deliveries can go now. */
export interface DeliveryTargets {
  readonly webhooks: () => readonly ConfiguredWebhook[];
  readonly integrations: () => readonly { readonly id: string }[];
  /** A target by the name deliveries have it by. */
  readonly target: (name: string) => DeliveryTarget | undefined;
}

/**
 * Names of the targets at a host, with its port or without. What is configured no more has no host, and no more has an address whose
 * host is a secret.
 */
export function targetsAt(host: string, { webhooks, integrations, target }: DeliveryTargets): readonly string[] {
  const wanted = host.toLowerCase();
  const others = integrations().flatMap(({ id }) => target(targetName(id)) ?? []);
  return [...webhooks(), ...others].flatMap(({ name, url }) => {
    if (!URL.canParse(url)) return [];
    const found = new URL(url);
    return found.host === wanted || found.hostname === wanted ? [name] : [];
  });
}
