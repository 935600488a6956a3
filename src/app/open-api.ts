import { createApi, type Api } from '../api/api.js';
import { systemClock } from '../lib/clock.js';
import { apiPorts, type ShownParts } from './api-ports.js';
import { targetsAt } from './delivery-targets.js';
import type { Parts } from './parts.js';
import { VERSION } from './version.js';
import { muteFlows, type MuteFlows } from '../site/prompts/flow-voices.js';
import { openWebhookTools, type WebhookTools } from './open-webhook-tools.js';

/** Builds the API over the parts of a runtime; nobody is answered before it listens. */
export function openApi(parts: Parts): Api {
  const { config } = parts.site;
  const api = createApi(apiPorts(shownParts(parts, () => api)), {
    host: config.api.host,
    port: config.api.port,
    keys: config.api.keys,
    publicUrl: config.api.publicUrl,
    recordingsUrl: config.recordings.publicUrl,
    recordingsDir: config.recordings.dir,
    linkLifeMs: config.recordings.urlHours * 3_600_000,
    signingKey: parts.signingKey,
    connectionsPerAddress: config.api.connectionsPerAddress,
    version: VERSION,
    clock: systemClock,
    log: parts.log,
  });
  return api;
}

/** Where a recording can be fetched. */
export function recordingUrl(api: Api, id: string): string {
  return api.links.make(`${id}.wav`);
}

function shownParts(parts: Parts, api: () => Api): ShownParts {
  const { outbox, gate, resumes } = parts.http;
  const { signaling, refusals: sipRefusals } = parts.edge;
  const { api: integrations, target } = parts.integrations;
  const targets = { webhooks: parts.webhooks.all, integrations: () => integrations.list(), target };
  return {
    ...parts,
    outbox,
    gate,
    resumes,
    signaling,
    sipRefusals,
    mute: mutes(parts),
    targetsAt: (host) => targetsAt(host, targets),
    webhookTools: webhookTools(parts, api),
  };
}

/** Looks again only when there are other flows: anybody may ask `/ready`, as often as they like. */
function mutes({ site, flows, prompts }: Pick<Parts, 'site' | 'flows' | 'prompts'>): () => MuteFlows {
  let known: readonly [of: ReturnType<Parts['flows']>, found: MuteFlows] | null = null;
  return () => {
    const all = flows();
    if (known?.[0] !== all) known = [all, muteFlows(site.config, all, (language) => prompts.speaks(language))];
    return known[1];
  };
}

/** What API and command line do with webhooks. */
function webhookTools(
  { site, http, functions, webhooks, flows, brokenFlows, check, lookAtFlows, log }: Parts,
  api: () => Api,
): WebhookTools {
  const { config, identity, readWebhooks } = site;
  const { resumes } = http;
  const changed = { webhooks: webhooks.look, flows: lookAtFlows };
  return openWebhookTools({
    config,
    identity,
    readWebhooks,
    reach: http,
    webhooks: webhooks.all,
    flows,
    brokenFlows,
    check,
    log,
    resumes,
    functionReads: functions.reads,
    publicUrl: () => api().url(),
    changed,
  });
}
