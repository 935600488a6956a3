import type { Config } from '../config/config.js';
import { Guard } from '../../http/guard.js';
import type { Identity } from '../../webhooks/auth/identity.js';
import { readConfiguredWebhooks } from '../../webhooks/configured/configured.js';

/** Judges the parsed content of `webhooks.json`; null when there is no file. */
export type WebhookReader = (document: unknown) => ReturnType<typeof readConfiguredWebhooks>;

/** The judge of `webhooks.json` under a configuration. */
export function webhookReader(config: Config, identity: Identity): WebhookReader {
  const guard = new Guard(config.webhooks);
  return (document) => readConfiguredWebhooks(document, { file: 'webhooks.json', guard, secrets: config.secret, identity });
}
