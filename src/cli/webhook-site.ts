import { readConfig } from '../site/config/config.js';
import { silentLogger } from '../lib/log/log.js';
import type { Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';
import { openOutboundClient } from '../app/open-outbound.js';
import { type OutboundClient } from '../webhooks/webhook.js';
import { readIdentity } from '../site/credentials/identity.js';
import { readSite } from '../site/site.js';
import { webhookReader } from '../site/webhooks/reader.js';
import { openWebhookTools, type WebhookTools } from '../app/open-webhook-tools.js';
import { Guard } from '../http/guard.js';
import { WebhookAdmin } from '../site/webhooks/admin.js';
import { systemClock } from '../lib/clock.js';

/** The webhooks of a folder, to be shown and changed; a running process follows the file. Works on a folder that needs mending too. */
export function openAdmin(dir: string): Result<WebhookAdmin, readonly Problem[]> {
  const { config, problems } = readConfig({ dir });
  if (config === null) return err(problems);
  const { identity } = readIdentity(config, new Guard(config.webhooks));
  return ok(new WebhookAdmin({ config, read: webhookReader(config, identity), clock: systemClock }));
}

/** Everything around webhooks, for a folder that is fit to run, and what closes it. */
export function openTools(
  dir: string,
): Result<{ readonly tools: WebhookTools; readonly outbound: OutboundClient }, readonly Problem[]> {
  const { site, problems } = readSite({ dir });
  if (site === null) return err(problems.filter(({ severity }) => severity === 'error'));
  const { config, identity, readWebhooks, webhooks, flows, check } = site;
  const log = silentLogger;
  const outbound = openOutboundClient(config, log);
  const tools = openWebhookTools({
    config,
    identity,
    readWebhooks,
    outbound,
    webhooks: () => webhooks,
    flows: () => flows,
    // With a broken one there is no site.
    brokenFlows: () => new Map(),
    check,
    log,
    publicUrl: () => config.api.publicUrl ?? `http://${config.api.host}:${config.api.port}`,
  });
  return ok({ tools, outbound });
}
