import type { ApiPorts } from '../api/ports.js';
import type { Admission } from '../call/inbound/admission.js';
import type { LoadRefusals } from '../call/inbound/load-refusals.js';
import type { CallRegistry } from '../call/registry.js';
import { ENDINGS } from '../call/termination.js';
import { type BrokenFlow, checkFlowText, type FlowCheck } from '../site/flows.js';
import type { Flow } from '../flow/document/document.js';
import { foldJournal } from '../flow/journal/summary.js';
import { background } from '../lib/log/background.js';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import type { MediaEngine } from '../media/types.js';
import type { Signaling } from '../sip/types.js';
import type { DatabaseFileWatch } from '../store/sqlite/file-watch.js';
import type { Store } from '../store/sqlite/store.js';
import type { Resumes } from '../webhooks/later/resumes.js';
import type { Outbox } from '../webhooks/deliveries/outbox.js';
import type { Gate } from '../webhooks/tries/gate.js';
import type { SiteFunctions } from './open-functions.js';
import type { SiteIntegrations } from '../integrations/open.js';
import { apiWebhooks, type WebhookTools } from './open-webhook-tools.js';
import type { LiveFeed } from './live-feed.js';
import { noFlow } from '../site/no-flow.js';
import type { MuteFlows } from '../site/prompts/flow-voices.js';

/** What of a runtime the API shows and moves. */
export interface ApiServices {
  readonly check: FlowCheck;
  readonly store: Store;
  readonly databaseFile: Pick<DatabaseFileWatch, 'reason'>;
  readonly feed: LiveFeed;
  readonly outbox: Outbox;
  readonly gate: Gate;
  readonly resumes: Resumes;
  readonly functions: Pick<SiteFunctions, 'api'>;
  readonly webhookTools: WebhookTools;
  readonly integrations: Pick<SiteIntegrations, 'api'>;
  readonly media: MediaEngine;
  readonly flows: () => ReadonlyMap<string, Flow>;
  readonly brokenFlows: () => ReadonlyMap<string, BrokenFlow>;
  /** Flows that nobody on this machine can speak. */
  readonly mute: () => MuteFlows;
  /** The same of webhooks and credentials, by name. */
  readonly refusedFiles: () => readonly string[];
  readonly signaling: Signaling;
  readonly sipRefusals: ApiPorts['status']['sipRefusals'];
  readonly targetsAt: ApiPorts['targetsAt'];
  readonly registry: CallRegistry;
  readonly admission: Admission;
  readonly loadRefusals: LoadRefusals;
  readonly log: Logger;
}

/** The API's ports over the services of a runtime. */
export function apiPorts(services: ApiServices): ApiPorts {
  const { store, feed, outbox, resumes, functions, webhookTools, integrations, targetsAt, registry } = services;
  return {
    queries: store.queries,
    flows: apiFlows(services),
    feed: { subscribe: (listener) => feed.subscribe(listener) },
    status: apiStatus(services),
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
      background('ending a call', services.log, () => call.end(ENDINGS.admin()));
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
    foldJournal,
  };
}

function apiStatus(services: ApiServices): ApiPorts['status'] {
  const { store, databaseFile, gate, resumes, media, brokenFlows, refusedFiles, signaling, sipRefusals, registry, admission } =
    services;
  return {
    notReady() {
      const reasons = [store.health().reason, databaseFile.reason()];
      return [
        ...(admission.draining ? ['draining'] : []),
        ...(signaling.handled ? [] : ['starting: calls are taken when what the last process left has been ended']),
        ...(signaling.healthy ? [] : ['the signalling server is not connected']),
        ...reasons.filter((reason) => reason !== null),
        ...noVoice(services.mute()),
      ];
    },
    muteFlows: () => services.mute().mute,
    loadRefusals: () => services.loadRefusals.recent(),
    callLimits: () => ({ calls: admission.limits.maxCalls, gaveWay: admission.gaveWay }),
    liveCalls: () => registry.size,
    sipRefusals,
    refusedFiles: () => [...[...brokenFlows().values()].map(({ file }) => file), ...refusedFiles()],
    storeBacklog: () => store.health().backlog,
    webhooks: () => ({ ...gate.stats(), awaitingLater: resumes.size }),
    media: () => media.stats(),
  };
}

/** A box where no flow can be heard whole is of no use to callers. */
function noVoice({ routed, mute }: MuteFlows): string[] {
  if (mute.length === 0 || mute.length < routed) return [];
  const languages = [...new Set(mute.flatMap(({ languages: spoken }) => spoken))];
  return [`nobody on this machine speaks ${languages.join(', ')}, which every flow here needs`];
}

function apiFlows({ flows, brokenFlows, check }: Pick<ApiServices, 'flows' | 'brokenFlows' | 'check'>): ApiPorts['flows'] {
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
