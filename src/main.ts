import { hostname } from 'node:os';
import type { Api } from './api/api.js';
import { Admission, type AdmissionLimits } from './call/inbound/admission.js';
import { drainCalls } from './call/drain.js';
import { LoadRefusals } from './call/inbound/load-refusals.js';
import { CallRegistry } from './call/registry.js';
import type { Config } from './site/config/config.js';
import type { FlowCheck } from './site/flows.js';
import { systemClock, within } from './lib/clock.js';
import type { Logger } from './lib/log/log.js';
import { LogSummary } from './lib/log/log-summary.js';
import { problem, type Problem } from './lib/problem.js';
import { err, ok, type Result } from './lib/result.js';
import { startMediaEngine } from './media/engine/engine.js';
import type { MediaEngine } from './media/types.js';
import { makeFolders } from './site/folders.js';
import { openFunctions, type SiteFunctions } from './app/open-functions.js';
import { startProcessClock, lastHeartbeat, type Heartbeat, startHeartbeat } from './app/heartbeat.js';
import { openIntegrations, type SiteIntegrations } from './integrations/open.js';
import { LiveFeed } from './app/live-feed.js';
import { followFiles, judgeAgain } from './site/follow-all.js';
import { followFlows } from './site/follow-flows.js';
import { openApi, recordingUrl } from './app/open-api.js';
import { openOutboundHttp, type OutboundHttp } from './app/open-http.js';
import { Shutdown } from './app/shutdown.js';
import type { Services } from './app/services.js';
import { openPrompts } from './app/open-prompts.js';
import { endServices, recoverInterruptedCalls, liveRunServices, serveCalls } from './app/serve-calls.js';
import { signingKey } from './app/signing-key.js';
import { openSipEdge } from './app/open-sip.js';
import type { Site } from './site/site.js';
import { startCleanup } from './app/cleanup.js';
import { watchDatabaseFile } from './store/sqlite/file-watch.js';
import { openStore } from './store/sqlite/store.js';

/*
 * The composition root: builds every service (those of several parts through `app/`), joins them, starts and stops them in order.
 */

/** A running Offhook. */
export interface Runtime {
  readonly site: Site;
  /** `udp/192.0.2.1:5060` and the like, as really bound. */
  readonly listening: readonly string[];
  /** `embedded`, or the external signalling server. */
  readonly sipServer: string;
  readonly apiUrl: string;
  readonly media: MediaEngine;
  readonly feed: LiveFeed;
  /** Calls of an earlier process that were given their end at the start. */
  readonly recovered: number;
  /** Refuses new calls, lets running ones finish (at most `drainSeconds`), ends the rest, delivers what is due, closes. */
  stop(): Promise<void>;
}

/** What a runtime needs of whoever starts it. */
export interface RuntimeOptions {
  readonly log: Logger;
  /** Something without which no call can be served is gone for good. */
  readonly onFatal: (reason: string) => void;
}

/** Said of a data folder that was in use before. */
const EMPTY_DATABASE = 'the database was missing or empty and was made anew: calls and reports of before are not in it';

/** How long the last steps of ended calls may take at a stop, ms. */
const FINISH_MS = 10_000;

/** Builds and starts everything. Nothing stays open when it fails. */
export async function startRuntime(site: Site, options: RuntimeOptions): Promise<Result<Runtime, Problem>> {
  const shutdown = new Shutdown();
  try {
    const started = await start(site, options, shutdown);
    if (!started.ok) await shutdown.run(options.log);
    return started;
  } catch (error) {
    await shutdown.run(options.log);
    throw error;
  }
}

async function start(site: Site, { log, onFatal }: RuntimeOptions, shutdown: Shutdown): Promise<Result<Runtime, Problem>> {
  const { config } = site;
  const clock = systemClock;
  const folders = makeFolders(config);
  if (!folders.ok) return folders;

  const stored = await openStore({ file: config.store.file, log, clock });
  if (!stored.ok) return stored;
  const store = stored.value;
  shutdown.add(() => store.close());
  const databaseFile = watchDatabaseFile(config.store.file, systemClock, log);
  shutdown.add(databaseFile.close);
  // Read when the store is ours and before this process leaves its own.
  const heartbeat = lastHeartbeat(config.data.dir);
  if (store.isNew && heartbeat !== null) log.warn({ file: config.store.file }, EMPTY_DATABASE);

  const feed = new LiveFeed(log);
  const files = followFiles(site, log);
  shutdown.add(files.close);
  const { webhooks } = files;
  const registry = new CallRegistry();
  const later = { outbox: () => http.outbox, flows: () => flows.all(), api: () => api };
  const integrations = await siteIntegrations(site, { store, registry, log }, later);
  const key = signingKey(config.data.dir);
  const outbound = { config, identity: site.identity, webhooks: webhooks.all, target: integrations.target, signingKey: key };
  const http = openOutboundHttp(outbound, store.deliveries, log);
  shutdown.add(() => http.close());
  const [prompts, media] = await Promise.all([openPrompts(config, http.client, log), openMedia(config, log)]);
  if (media.ok) shutdown.add(() => media.value.close());
  if (prompts.ok) shutdown.add(() => prompts.value.close());
  if (!prompts.ok) return prompts;
  if (!media.ok) return media;
  const check: FlowCheck = (document, file) => site.checkWith(webhooks.all(), integrations.isActive)(document, file);
  const flows = followFlows(site, check, prompts.value, log);
  shutdown.add(flows.close);
  integrations.follow(flows);
  judgeAgain(files, flows, http.forgetTokens);

  const edge = await openSipEdge({ sip: config.sip, clock, log, onFatal });
  if (!edge.ok) return edge;
  shutdown.add(() => edge.value.close());

  const admission = new Admission(admissionLimits(config), clock);
  const overload = new LogSummary({ log, clock, level: 'warn', message: 'calls are refused because of load' });
  shutdown.add(() => overload.close());
  const loadRefusals = new LoadRefusals({ admission, media: media.value, clock, log: overload });
  const functions = siteFunctions({ site, store, http, webhooks, log }, () => api);
  const services: Services = {
    functions,
    integrations,
    site,
    store,
    databaseFile,
    feed,
    ownProcess: startProcessClock(systemClock),
    http,
    prompts: prompts.value,
    media: media.value,
    flows: flows.all,
    brokenFlows: flows.broken,
    refusedFiles: files.refused,
    check,
    webhooks,
    recheckFlows: () => flows.look(),
    edge: edge.value,
    registry,
    admission,
    loadRefusals,
    log,
    signingKey: key,
  };
  const api = openApi(services);
  shutdown.add(() => api.close());
  return serve(services, api, heartbeat, shutdown);
}

/** Opens what is built to the world: the API, what an earlier process left (last seen alive at `heartbeat`), deliveries, calls. */
async function serve(
  services: Services,
  api: Api,
  heartbeat: Heartbeat | null,
  shutdown: Shutdown,
): Promise<Result<Runtime, Problem>> {
  const { site, store, http, integrations, ownProcess, log } = services;
  const { config } = site;
  const ending = endServices(services);
  const releaseIntegrations = integrations.hold();
  const listening = await api.listen();
  if (!listening.ok) return listening;
  const apiUrl = listening.value.url;
  http.resumes.reachableAt(config.api.publicUrl ?? apiUrl);

  const recovered = await recoverInterruptedCalls(services, ending, heartbeat);
  releaseIntegrations();
  shutdown.add(startHeartbeat(config.data.dir, ownProcess, log));
  http.outbox.start();
  shutdown.add(startCleanup({ store, config, clock: systemClock, log }));
  shutdown.add(serveCalls(services, api, liveRunServices(services, ending)));

  return ok(runtimeOf(services, shutdown, { apiUrl, recovered }));
}

function runtimeOf(services: Services, shutdown: Shutdown, known: Pick<Runtime, 'apiUrl' | 'recovered'>): Runtime {
  const { site, edge, media, feed, log } = services;
  return {
    site,
    listening: edge.signaling.listening,
    sipServer: edge.server,
    ...known,
    media,
    feed,
    async stop() {
      await drain(services);
      await shutdown.run(log);
    },
  };
}

/** Refuses new calls, lets the running ones end, and sends what is due. */
async function drain({ site, edge, admission, registry, http, functions, log }: Services): Promise<void> {
  const waitMs = site.config.drainSeconds * 1000;
  const clean = await drainCalls({ signaling: edge, admission, registry, clock: systemClock, log, waitMs, finishMs: FINISH_MS });
  if (!clean)
    log.error(
      { code: 'BACKGROUND_JOB_FAILED', job: 'draining' },
      'some calls did not finish in time; they are ended at the next start',
    );
  await within(systemClock, FINISH_MS, functions.idle());
  await http.finish();
}

function admissionLimits({ limits }: Config): AdmissionLimits {
  return {
    maxCalls: limits.calls,
    maxCallsPerSecond: limits.callsPerSecond,
    maxCallsPerSource: limits.callsPerSource,
    maxUnacknowledgedPerSource: limits.unacknowledgedPerSource,
  };
}

async function openMedia({ media }: Config, log: Logger): Promise<Result<MediaEngine, Problem>> {
  const { address: bindAddress, advertisedAddress, further, ports, codecs, workers, timeoutSeconds } = media;
  const mediaTimeoutMs = timeoutSeconds * 1000;
  const started = await startMediaEngine({
    bindAddress,
    advertisedAddress,
    further,
    ports,
    codecs,
    workers,
    mediaTimeoutMs,
    log,
  });
  if (started.ok) return started;
  return err(problem('MEDIA_START_FAILED', { file: 'offhook.json', path: '$.media', message: started.error }));
}

/** Integrations are read before what they are joined to is open: flows are judged by them, and deliveries go to them. */
function siteIntegrations(
  { config, identity }: Site,
  { store, registry, log }: Pick<Services, 'store' | 'registry' | 'log'>,
  later: { readonly outbox: () => OutboundHttp['outbox']; readonly flows: Services['flows']; readonly api: () => Api },
): Promise<SiteIntegrations> {
  return openIntegrations({
    config,
    identity,
    store,
    flows: later.flows,
    call: (id) => registry.find(id),
    outbox: later.outbox,
    recordingUrl: (id) => recordingUrl(later.api(), id),
    publicUrl: () => later.api().url(),
    log,
  });
}

/** Functions and API need each other: links are reached by the API, which calls functions for others. */
function siteFunctions(
  { site, store, http, webhooks, log }: Pick<Services, 'site' | 'store' | 'http' | 'webhooks' | 'log'>,
  api: () => Api,
): SiteFunctions {
  return openFunctions({
    config: site.config,
    store,
    http,
    webhooks: webhooks.all,
    ending: { recordingUrl: (id) => recordingUrl(api(), id), host: hostname() },
    publicUrl: () => api().url(),
    log,
  });
}
