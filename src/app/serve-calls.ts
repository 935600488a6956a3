import type { CallerPolicy } from '../call/inbound/caller.js';
import { allowList } from '../lib/allow-list.js';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Api } from '../api/api.js';
import { acceptCalls } from '../call/inbound/accept-calls.js';
import { createRoutes, type RouteEntry } from '../call/inbound/routing.js';
import type { Config } from '../site/config/config.js';
import type { FlowClock } from '../flow/ports.js';
import { sleep, systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/ids.js';
import { LogSummary } from '../lib/log/log-summary.js';
import { callEventReaders, CallEventSink } from '../runs/call-events.js';
import { chatReaders } from '../integrations/chats.js';
import type { EndServices } from '../runs/end.js';
import type { Heartbeat } from '../runs/heartbeat.js';
import { EndQueue } from '../runs/end-queue.js';
import { recordingUrl } from './recording-url.js';
import type { Services } from './services.js';
import { recoverCalls } from '../runs/recovery.js';
import { runLiveCall, type LiveRunServices } from '../runs/live-run.js';

const flowClock: Pick<FlowClock, 'sleep'> = {
  sleep: (ms, signal) => sleep(systemClock, ms, signal),
};

/** What the end of a call needs. */
export function endServices({ webhooks, store, http, integrations, log }: Services): EndServices {
  const { recordingUrl, recordingWaitMs } = integrations.services;
  return {
    calls: store.calls,
    webhooks: webhooks.all,
    recordingUrl,
    recordingWaitMs,
    readers: [callEventReaders({ webhooks: webhooks.all, recordingUrl }), chatReaders(integrations.services)],
    reportsTo: webhooks.reportsTo,
    wake: () => http.outbox.wake(),
    endQueue: new EndQueue(),
    deliveries: store.deliveries,
    random: systemRandom,
    clock: systemClock,
    host: hostname(),
    log,
  };
}

/** Ends the calls an earlier process left, which was last seen alive at `heartbeat`; how many there were. */
export function recoverInterruptedCalls(
  { site, store, flows, integrations, log }: Services,
  ending: EndServices,
  heartbeat: Heartbeat | null,
): Promise<number> {
  return recoverCalls({
    calls: store.calls,
    journalOf: (id) => store.queries.journal(id),
    journal: store.journal,
    ending,
    reportOf: async (call) =>
      (await store.queries.deliveries({ call, kind: 'report' }, { limit: 1, after: null })).items[0] ?? null,
    recordingsDir: site.config.recordings.dir,
    flow: (id) => flows().get(id),
    integrationOf: integrations.of,
    lastHeartbeat: heartbeat,
    maxCallMs: site.config.limits.callMinutes * 60_000,
    clock: systemClock,
    log,
  });
}

/** What a live run needs. */
export function liveRunServices(
  { site, store, feed, ownProcess, http, functions, integrations, flows, brokenFlows, log }: Services,
  ending: EndServices,
): LiveRunServices {
  const { limits, goodbye, goodbyeLanguage } = site.config;
  return {
    flows,
    brokenFlows,
    calls: store.calls,
    users: store.users,
    webhook: http.webhooks,
    functions,
    sinks: [store.journal, feed, new CallEventSink({ ...ending, store: store.deliveries, log }), integrations.chats],
    ending,
    integrationOf: integrations.of,
    resultsOf: integrations.results,
    clock: systemClock,
    flowClock,
    ownProcess,
    random: systemRandom,
    log,
    maxSteps: limits.steps,
    urlVariable: (name) => site.config.webhooks.urlVariables.includes(name),
    anchorMs: limits.anchorSeconds * 1000,
    goodbye: { text: goodbye, language: goodbyeLanguage },
    onRefused: (status, reason) => feed.refused(systemClock.now(), status, reason),
  };
}

/** Takes calls from now on. Returns what writes the last words about refused ones. */
export function serveCalls(
  { site, store, databaseFile, media, prompts, edge, registry, admission, loadRefusals, feed, log }: Services,
  api: Api,
  services: LiveRunServices,
): () => void {
  const { config } = site;
  const routes = createRoutes(routeEntries(config));
  const refusals = new LogSummary({ log, clock: systemClock, message: 'call refused' });
  acceptCalls({
    signaling: edge.signaling,
    media,
    prompts,
    routes,
    admission,
    callers: callerPolicy(config),
    registry,
    storeDown: () => store.health().reason ?? databaseFile.reason(),
    limits: { maxCallMs: config.limits.callMinutes * 60_000, mediaTimeoutMs: config.media.timeoutSeconds * 1000 },
    recordings: {
      path: (file) => join(config.recordings.dir, file),
      url: (id) => recordingUrl(api, id),
    },
    clock: systemClock,
    random: systemRandom,
    log,
    refusals,
    onCall: (call, route) => runLiveCall(services, call, route),
    onRefused: ({ status, reason }) => {
      loadRefusals.note(reason);
      feed.refused(systemClock.now(), status, reason);
    },
  });
  return () => {
    refusals.close();
  };
}

function callerPolicy({ sip: { headers, showWithheldFrom } }: Config): CallerPolicy {
  const trusted = allowList(showWithheldFrom);
  return { headers, showsWithheld: (source) => trusted.check(source, source.includes(':') ? 'ipv6' : 'ipv4') };
}

function routeEntries({ routing }: Config): RouteEntry[] {
  const entries = routing.numbers.map(({ number, prefix, flow }): RouteEntry => {
    return number === undefined ? { kind: 'prefix', number: prefix ?? '', flow } : { kind: 'exact', number, flow };
  });
  return routing.default === null ? entries : [...entries, { kind: 'default', flow: routing.default }];
}
