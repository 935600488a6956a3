import type { ApiPorts } from '../api/resources/index.js';
import { END_REASONS } from '../call/termination.js';
import { checkFlowText } from '../site/flows/flows.js';
import type { Flow } from '../flow/document/document.js';
import { summarizeJournal } from '../flow/journal/summary.js';
import { background } from '../lib/log/background.js';
import { systemClock } from '../lib/clock.js';
import { apiWebhooks, type WebhookTools } from './open-webhook-tools.js';
import type { Services } from './services.js';
import { noFlow } from '../site/flows/no-flow.js';
import type { MuteFlows } from '../site/prompts/flow-voices.js';

/** What the API shows beside the services of a runtime. */
export interface ApiTools {
  readonly webhookTools: WebhookTools;
  /** Flows that nobody on this machine can speak. */
  readonly mute: () => MuteFlows;
  readonly targetsAt: ApiPorts['targetsAt'];
}

/** The API's ports over the services of a runtime. */
export function apiPorts(services: Services, { webhookTools, targetsAt, mute }: ApiTools): ApiPorts {
  const { store, feed, http, functions, integrations, registry } = services;
  const { outbox, resumes } = http;
  return {
    queries: store.queries,
    flows: apiFlows(services),
    feed: { subscribe: (listener) => feed.subscribe(listener) },
    status: apiStatus(services, mute),
    resumes,
    ...functions.api,
    integrations: integrations.api,
    webhooks: apiWebhooks(webhookTools, {
      disabled: () => store.deliveries.disabled(),
      enable: (name) => outbox.enable(name),
    }),
    hangup: (id) => {
      const call = registry.find(id);
      if (call === null) return false;
      background('ending a call', services.log, () => call.end(END_REASONS.admin()));
      return true;
    },
    targetsAt,
    replayAll: async (selection) => {
      const count = await store.deliveries.replayAll(selection, systemClock.now());
      if (count > 0) outbox.wake();
      return count;
    },
    replay: async (id) => {
      const found = await store.deliveries.replay(id, systemClock.now());
      if (found) outbox.wake();
      return found;
    },
    summarizeJournal,
  };
}

function apiStatus(services: Services, mute: ApiTools['mute']): ApiPorts['status'] {
  const { store, databaseFile, http, media, brokenFlows, refusedFiles, edge, registry, admission } = services;
  const { signaling } = edge;
  return {
    notReady() {
      const reasons = [store.health().reason, databaseFile.reason()];
      return [
        ...(admission.draining ? ['draining'] : []),
        ...(signaling.handled ? [] : ['starting: calls are taken when what the last process left has been ended']),
        ...(signaling.healthy ? [] : ['the signalling server is not connected']),
        ...reasons.filter((reason) => reason !== null),
        ...noVoice(mute()),
      ];
    },
    muteFlows: () => mute().mute,
    loadRefusals: () => services.loadRefusals.recent(),
    callLimits: () => ({ calls: admission.limits.maxCalls, gaveWay: admission.gaveWay }),
    liveCalls: () => registry.size,
    sipRefusals: () => edge.refusals(),
    refusedFiles: () => [...[...brokenFlows().values()].map(({ file }) => file), ...refusedFiles()],
    storeBacklog: () => store.health().backlog,
    webhooks: () => ({ ...http.limitedClient.stats(), awaitingLater: http.resumes.size }),
    media: () => media.stats(),
  };
}

/** A box where no flow can be heard whole is of no use to callers. */
function noVoice({ routed, mute }: MuteFlows): string[] {
  if (mute.length === 0 || mute.length < routed) return [];
  const languages = [...new Set(mute.flatMap(({ languages: spoken }) => spoken))];
  return [`no voice on this machine speaks ${languages.join(', ')}, which every flow here needs`];
}

function apiFlows({ flows, brokenFlows, check }: Pick<Services, 'flows' | 'brokenFlows' | 'check'>): ApiPorts['flows'] {
  const shown = ({ id, name, version, document }: Flow) => ({ id, name, version, document });
  return {
    all: () => [...flows().values()].map(shown),
    broken: () => [...brokenFlows()].map(([id, { file, problem }]) => ({ id, file, problem })),
    missing: (id) => noFlow(id, brokenFlows()),
    find: (id) => {
      const flow = flows().get(id);
      return flow === undefined ? null : shown(flow);
    },
    check: (text) => checkFlowText(text, 'flow', check).problems,
  };
}
