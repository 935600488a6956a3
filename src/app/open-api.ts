import { createApi, type Api } from '../api/api.js';
import { systemClock } from '../lib/clock.js';
import { apiPorts, type ApiTools } from './api-ports.js';
import { targetsAt } from './delivery-targets.js';
import type { Services } from './services.js';
import { VERSION } from './version.js';
import { muteFlows, type MuteFlows } from '../site/prompts/flow-voices.js';
import { openWebhookTools, type WebhookTools } from './open-webhook-tools.js';

/**
 * Builds the API over the services of a runtime; nobody is answered before it listens.
 *
 * @param publicUrl what others reach it by, once it is built
 */
export function openApi(services: Services, publicUrl: () => string): Api {
  const { config } = services.site;
  return createApi(apiPorts(services, apiTools(services, publicUrl)), {
    host: config.api.host,
    port: config.api.port,
    keys: config.api.keys,
    publicUrl: config.api.publicUrl,
    recordingsUrl: config.recordings.publicUrl,
    recordingsDir: config.recordings.dir,
    linkLifeMs: config.recordings.urlHours * 3_600_000,
    signingKey: services.signingKey,
    connectionsPerAddress: config.api.connectionsPerAddress,
    version: VERSION,
    clock: systemClock,
    log: services.log,
  });
}

/** What the API shows of a runtime that is no part of it. */
function apiTools(services: Services, publicUrl: () => string): ApiTools {
  const { api: integrations, target } = services.integrations;
  const targets = { webhooks: services.webhooks.all, integrations: () => integrations.list(), target };
  return {
    mute: mutes(services),
    targetsAt: (host) => targetsAt(host, targets),
    webhookTools: webhookTools(services, publicUrl),
  };
}

/** Looks again only when there are other flows: anybody may ask `/ready`, as often as they like. */
function mutes({ site, flows, prompts }: Pick<Services, 'site' | 'flows' | 'prompts'>): () => MuteFlows {
  let known: readonly [of: ReturnType<Services['flows']>, found: MuteFlows] | null = null;
  return () => {
    const all = flows();
    if (known?.[0] !== all) known = [all, muteFlows(site.config, all, (language) => prompts.speaks(language))];
    return known[1];
  };
}

/** What API and command line do with webhooks. */
function webhookTools(
  { site, http, functions, webhooks, flows, brokenFlows, check, recheckFlows, log }: Services,
  publicUrl: () => string,
): WebhookTools {
  const { config, identity, readWebhooks } = site;
  const { resumes } = http;
  const changed = { webhooks: webhooks.look, flows: recheckFlows };
  return openWebhookTools({
    config,
    identity,
    readWebhooks,
    outbound: http,
    webhooks: webhooks.all,
    flows,
    brokenFlows,
    check,
    log,
    resumes,
    functionReads: functions.reads,
    publicUrl,
    changed,
  });
}
