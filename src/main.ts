import { hostname } from 'node:os';
import { join } from 'node:path';
import { createApi, type Api } from './api/api.js';
import { Admission } from './call/admission.js';
import { drainCalls } from './call/drain.js';
import { acceptCalls } from './call/inbound.js';
import { CallRegistry } from './call/registry.js';
import { createRoutes, type RouteEntry } from './call/routing.js';
import type { Config } from './config.js';
import type { Flow } from './flow/document.js';
import type { FlowClock } from './flow/ports.js';
import type { FlowCheck } from './flow-files.js';
import { sleep, systemClock, within } from './lib/clock.js';
import { systemRandom } from './lib/ids.js';
import type { Logger } from './lib/log.js';
import { problem, type Problem } from './lib/problem.js';
import { err, ok, type Result } from './lib/result.js';
import { startMediaEngine } from './media/engine.js';
import type { PromptLibrary } from './media/prompts/types.js';
import type { MediaEngine } from './media/types.js';
import { apiPorts } from './runtime/api-ports.js';
import { CallEventSink } from './runtime/call-events.js';
import type { EndingServices } from './runtime/ending.js';
import { makeFolders } from './runtime/folders.js';
import { openFunctions, type SiteFunctions } from './runtime/functions.js';
import { lastSignOfLife, startHeartbeat } from './runtime/heartbeat.js';
import { openIntegrations, type SiteIntegrations } from './runtime/integrations/open.js';
import { LiveFeed } from './runtime/live-feed.js';
import { followFlows } from './runtime/live-flows.js';
import { followWebhooks, type LiveWebhooks } from './runtime/live-webhooks.js';
import { openOutboundHttp, type OutboundHttp } from './runtime/outbound-http.js';
import { openPrompts } from './runtime/prompts.js';
import { recoverCalls } from './runtime/recovery.js';
import { runSession, type SessionServices } from './runtime/session.js';
import { signingKey } from './runtime/signing-key.js';
import { openSipEdge, type SipEdge } from './runtime/sip-edge.js';
import type { Site } from './runtime/site.js';
import { startUpkeep } from './runtime/upkeep.js';
import { VERSION } from './runtime/version.js';
import { openWebhookTools, type WebhookTools } from './runtime/webhook-services.js';
import { openStore, type Store } from './store/store.js';

/*
 * The composition root: builds every service (those of several parts through `runtime/`), joins them, starts and stops them in order.
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

/** How long the last steps of ended calls may take at a stop, ms. */
const FINISH_MS = 10_000;

/** What is open, in order; closed in the opposite order, whatever of it there is. */
class Opened {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  async close(log: Logger): Promise<void> {
    for (const close of this.#closers.splice(0)) {
      try {
        await close();
      } catch (error) {
        log.error({ error: String(error) }, 'closing failed');
      }
    }
  }
}

/** Builds and starts everything. Nothing stays open when it fails. */
export async function startRuntime(site: Site, options: RuntimeOptions): Promise<Result<Runtime, Problem>> {
  const opened = new Opened();
  try {
    const started = await start(site, options, opened);
    if (!started.ok) await opened.close(options.log);
    return started;
  } catch (error) {
    await opened.close(options.log);
    throw error;
  }
}

async function start(site: Site, { log, onFatal }: RuntimeOptions, opened: Opened): Promise<Result<Runtime, Problem>> {
  const { config } = site;
  const clock = systemClock;
  const folders = makeFolders(config);
  if (!folders.ok) return folders;

  const stored = await openStore({ file: config.store.file, log, clock });
  if (!stored.ok) return stored;
  const store = stored.value;
  opened.add(() => store.close());
  // Read when the store is ours and before this process leaves its own.
  const sign = lastSignOfLife(config.data.dir);

  const feed = new LiveFeed(log);
  const webhooks = followWebhooks(site, log);
  opened.add(webhooks.close);
  const registry = new CallRegistry();
  const later = { outbox: () => http.outbox, flows: () => flows.all(), api: () => api };
  const integrations = await siteIntegrations(site, { store, registry, log }, later);
  const { target } = integrations;
  const http = openOutboundHttp({ config, identity: site.identity, webhooks: webhooks.all, target }, store.deliveries, log);
  opened.add(() => http.close());
  const [prompts, media] = await Promise.all([openPrompts(config, http.client, log), openMedia(config, log)]);
  if (media.ok) opened.add(() => media.value.close());
  if (prompts.ok) opened.add(() => prompts.value.close());
  if (!prompts.ok) return prompts;
  if (!media.ok) return media;
  const check: FlowCheck = (document, file) => site.checkWith(webhooks.all(), integrations.isActive)(document, file);
  const flows = followFlows(site, check, prompts.value, log);
  opened.add(flows.close);
  integrations.follow(flows);
  // A flow that was refused for want of a default webhook is good once there is one.
  webhooks.onChange(() => flows.look('refused'));

  const edge = await openSipEdge({ sip: config.sip, clock, log, onFatal });
  if (!edge.ok) return edge;
  opened.add(() => edge.value.close());

  const admission = new Admission({ maxCalls: config.limits.calls, maxCallsPerSecond: config.limits.callsPerSecond }, clock);
  const functions = siteFunctions({ site, store, http, webhooks, log }, () => api);
  const parts: Parts = {
    functions,
    integrations,
    site,
    store,
    feed,
    http,
    prompts: prompts.value,
    media: media.value,
    flows: flows.all,
    check,
    webhooks,
    lookAtFlows: () => flows.look(),
    edge: edge.value,
    registry,
    admission,
    log,
  };
  const api = openApi(parts, opened);
  const ending = endingServices(parts);
  const listening = await api.listen();
  if (!listening.ok) return listening;
  http.resumes.reachableAt(config.api.publicUrl ?? listening.value.url);

  const recovered = await recover(parts, ending, sign);
  opened.add(startHeartbeat(config.data.dir, clock, log));
  http.outbox.start();
  opened.add(startUpkeep({ store, config, clock, log }));
  takeCalls(parts, api, sessionServices(parts, ending));

  return ok(runtimeOf(parts, opened, { apiUrl: listening.value.url, recovered }));
}

function runtimeOf(parts: Parts, opened: Opened, known: Pick<Runtime, 'apiUrl' | 'recovered'>): Runtime {
  const { site, edge, media, feed, log } = parts;
  return {
    site,
    listening: edge.signaling.listening,
    sipServer: edge.server,
    ...known,
    media,
    feed,
    async stop() {
      await drain(parts);
      await opened.close(log);
    },
  };
}

/** Refuses new calls, lets the running ones end, and sends what is due. */
async function drain({ site, edge, admission, registry, http, functions, log }: Parts): Promise<void> {
  const waitMs = site.config.drainSeconds * 1000;
  const clean = await drainCalls({ signaling: edge, admission, registry, clock: systemClock, log, waitMs, finishMs: FINISH_MS });
  if (!clean) log.error({}, 'some calls did not finish in time; they are ended at the next start');
  await within(systemClock, FINISH_MS, functions.idle());
  await http.finish();
}

async function openMedia({ media }: Config, log: Logger): Promise<Result<MediaEngine, Problem>> {
  const { address: bindAddress, advertisedAddress, ports, codecs, workers, timeoutSeconds } = media;
  const mediaTimeoutMs = timeoutSeconds * 1000;
  const started = await startMediaEngine({ bindAddress, advertisedAddress, ports, codecs, workers, mediaTimeoutMs, log });
  if (started.ok) return started;
  return err(problem('MEDIA_START_FAILED', { file: 'offhook.json', path: '$.media', message: started.error }));
}

/** Everything that is built, for the functions that join it. */
interface Parts {
  readonly site: Site;
  readonly store: Store;
  readonly feed: LiveFeed;
  readonly http: OutboundHttp;
  readonly functions: SiteFunctions;
  readonly integrations: SiteIntegrations;
  readonly prompts: PromptLibrary;
  readonly media: MediaEngine;
  readonly flows: () => ReadonlyMap<string, Flow>;
  /** Judges a flow by what the site is now. */
  readonly check: FlowCheck;
  readonly webhooks: LiveWebhooks;
  readonly lookAtFlows: () => void;
  readonly edge: SipEdge;
  readonly registry: CallRegistry;
  readonly admission: Admission;
  readonly log: Logger;
}

function openApi(parts: Parts, opened: Opened): Api {
  const { config } = parts.site;
  const { outbox, gate, resumes } = parts.http;
  const { signaling } = parts.edge;
  const api = createApi(apiPorts({ ...parts, outbox, gate, resumes, signaling, webhookTools: webhookTools(parts) }), {
    host: config.api.host,
    port: config.api.port,
    keys: config.api.keys,
    publicUrl: config.api.publicUrl,
    recordingsUrl: config.recordings.publicUrl,
    recordingsDir: config.recordings.dir,
    linkLifeMs: config.recordings.urlHours * 3_600_000,
    signingKey: signingKey(config.data.dir),
    version: VERSION,
    clock: systemClock,
    log: parts.log,
  });
  opened.add(() => api.close());
  return api;
}

/** What API and command line do with webhooks. */
function webhookTools({ site, http, webhooks, flows, check, lookAtFlows, log }: Parts): WebhookTools {
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
    check,
    log,
    resumes,
    changed,
  });
}

const flowClock: FlowClock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => sleep(systemClock, ms, signal),
};

/** Integrations are read before what they are joined to is open: flows are judged by them, and deliveries go to them. */
function siteIntegrations(
  { config, identity }: Site,
  { store, registry, log }: Pick<Parts, 'store' | 'registry' | 'log'>,
  later: { readonly outbox: () => OutboundHttp['outbox']; readonly flows: Parts['flows']; readonly api: () => Api },
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
  { site, store, http, webhooks, log }: Pick<Parts, 'site' | 'store' | 'http' | 'webhooks' | 'log'>,
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

/** Where a recording can be fetched. */
function recordingUrl(api: Api, id: string): string {
  return api.links.make(`${id}.wav`);
}

function endingServices({ webhooks, store, http, integrations }: Parts): EndingServices {
  return {
    ...integrations.services,
    calls: store.calls,
    webhooks: webhooks.all,
    wake: () => http.outbox.wake(),
    deliveries: store.deliveries,
    random: systemRandom,
    clock: systemClock,
    host: hostname(),
  };
}

/** Ends the calls an earlier process left, which was last seen alive at `sign`; how many there were. */
function recover({ site, store, flows, integrations, log }: Parts, ending: EndingServices, sign: number | null): Promise<number> {
  return recoverCalls({
    calls: store.calls,
    journalOf: (id) => store.queries.journal(id),
    journal: store.journal,
    ending,
    deliveries: store.deliveries,
    reportOf: async (call) =>
      (await store.queries.deliveries({ call, kind: 'report' }, { limit: 1, after: null })).items[0] ?? null,
    recordingsDir: site.config.recordings.dir,
    flow: (id) => flows().get(id),
    integrationOf: integrations.of,
    lastSignOfLife: sign,
    log,
  });
}

function sessionServices(
  { site, store, feed, http, functions, integrations, flows, log }: Parts,
  ending: EndingServices,
): SessionServices {
  const { limits, goodbye, goodbyeLanguage } = site.config;
  return {
    flows,
    calls: store.calls,
    users: store.users,
    webhook: http.webhooks,
    functions,
    sinks: [store.journal, feed, new CallEventSink({ ...ending, store: store.deliveries, log }), integrations.chats],
    ending,
    integrationOf: integrations.of,
    clock: systemClock,
    flowClock,
    random: systemRandom,
    log,
    maxSteps: limits.steps,
    anchorMs: limits.anchorSeconds * 1000,
    goodbye: { text: goodbye, language: goodbyeLanguage },
  };
}

function takeCalls(
  { site, media, prompts, edge, registry, admission, feed, log }: Parts,
  api: Api,
  services: SessionServices,
): void {
  const { config } = site;
  const routes = createRoutes(routeEntries(config));
  acceptCalls({
    signaling: edge.signaling,
    media,
    prompts,
    routes,
    admission,
    registry,
    limits: { maxCallMs: config.limits.callMinutes * 60_000, mediaTimeoutMs: config.media.timeoutSeconds * 1000 },
    recordings: {
      path: (file) => join(config.recordings.dir, file),
      url: (id) => recordingUrl(api, id),
    },
    clock: systemClock,
    random: systemRandom,
    log,
    onCall: (call, route) => runSession(services, call, route),
    onRefused: ({ status, reason }) => {
      feed.refused(systemClock.now(), status, reason);
    },
  });
}

function routeEntries({ routing }: Config): RouteEntry[] {
  const entries = routing.numbers.map(({ number, prefix, flow }): RouteEntry => {
    return number === undefined ? { kind: 'prefix', number: prefix ?? '', flow } : { kind: 'exact', number, flow };
  });
  return routing.default === null ? entries : [...entries, { kind: 'default', flow: routing.default }];
}
