import { hostname } from 'node:os';
import { join } from 'node:path';
import { createApi, type Api } from './api/api.js';
import { Admission } from './call/admission.js';
import { drainCalls } from './call/drain.js';
import { acceptCalls } from './call/inbound.js';
import { CallRegistry } from './call/registry.js';
import { createRoutes, type RouteEntry } from './call/routing.js';
import { ENDINGS } from './call/termination.js';
import type { Config } from './config.js';
import type { EndingServices } from './runtime/ending.js';
import { checkFlowText, watchFlows } from './flow-files.js';
import type { Flow } from './flow/document.js';
import { foldJournal } from './flow/fold.js';
import type { FlowClock } from './flow/ports.js';
import { sleep, systemClock } from './lib/clock.js';
import { systemRandom } from './lib/ids.js';
import type { Logger } from './lib/log.js';
import { CODES, type Code } from './lib/codes.js';
import type { Problem } from './lib/problem.js';
import { err, ok, type Result } from './lib/result.js';
import { lastSignOfLife, startHeartbeat } from './runtime/heartbeat.js';
import { LiveFeed } from './runtime/live-feed.js';
import { startMediaEngine } from './media/engine.js';
import type { PromptLibrary } from './media/prompts/types.js';
import type { MediaEngine } from './media/types.js';
import { makeFolders } from './runtime/folders.js';
import { prerender } from './runtime/prerender.js';
import { openPrompts } from './runtime/prompts.js';
import { recoverCalls } from './runtime/recovery.js';
import { runSession, type SessionServices } from './runtime/session.js';
import { signingKey } from './runtime/signing-key.js';
import { openSipEdge, type SipEdge } from './runtime/sip-edge.js';
import type { Site } from './runtime/site.js';
import { openStore, type Store } from './store/store.js';
import { startUpkeep } from './runtime/upkeep.js';
import { VERSION } from './runtime/version.js';
import { CLIENT_DEFAULTS, HttpClient } from './webhooks/client.js';
import { DELIVERY_POLICY, type DeliveryPolicy } from './webhooks/delivery.js';
import { Outbox } from './webhooks/outbox.js';
import { createWebhookPort, WEBHOOK_LIMITS, type Webhooks } from './webhooks/webhook.js';

/*
 * The composition root: builds every service and joins them. Nothing else builds one.
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

export interface RuntimeOptions {
  readonly log: Logger;
  /** Something without which no call can be served is gone for good. */
  readonly onFatal: (reason: string) => void;
}

/** How long the last steps of ended calls and the last deliveries may take at a stop, ms. */
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
  const http = openHttp(site, store, log, opened);
  const [prompts, media] = await Promise.all([
    openPrompts(config, http.client, log),
    startMediaEngine({
      bindAddress: config.media.address,
      advertisedAddress: config.media.advertisedAddress,
      ports: config.media.ports,
      codecs: config.media.codecs,
      workers: config.media.workers,
      mediaTimeoutMs: config.media.timeoutSeconds * 1000,
      log,
    }),
  ]);
  if (media.ok) opened.add(() => media.value.close());
  if (prompts.ok) opened.add(() => prompts.value.close());
  if (!prompts.ok) return prompts;
  if (!media.ok) return err(startProblem('MEDIA_START_FAILED', '$.media', media.error));
  const flows = followFlows(site, prompts.value, log, opened);

  const edge = await openSipEdge({ sip: config.sip, clock, log, onFatal });
  if (!edge.ok) return edge;
  opened.add(() => edge.value.close());

  const registry = new CallRegistry();
  const admission = new Admission({ maxCalls: config.limits.calls, maxCallsPerSecond: config.limits.callsPerSecond }, clock);
  const parts: Parts = {
    site,
    store,
    feed,
    http,
    prompts: prompts.value,
    media: media.value,
    flows,
    edge: edge.value,
    registry,
    admission,
    log,
  };
  const api = openApi(parts, opened);
  const ending = endingServices(parts, api);
  const listening = await api.listen();
  if (!listening.ok) return listening;

  const recovered = await recover(parts, ending, sign);
  opened.add(startHeartbeat(config.data.dir, clock, log));
  http.outbox.start();
  opened.add(startUpkeep({ store, config, clock, log }));
  takeCalls(parts, api, sessionServices(parts, ending));

  return ok({
    site,
    listening: edge.value.signaling.listening,
    sipServer: edge.value.server,
    apiUrl: listening.value.url,
    media: media.value,
    feed,
    recovered,
    async stop() {
      await drain(parts);
      await opened.close(log);
    },
  });
}

/** Refuses new calls, lets the running ones end, and sends what is due. */
async function drain({ site, edge, admission, registry, http, log }: Parts): Promise<void> {
  const waitMs = site.config.drainSeconds * 1000;
  const clean = await drainCalls({ signaling: edge, admission, registry, clock: systemClock, log, waitMs, finishMs: FINISH_MS });
  if (!clean) log.error({}, 'some calls did not finish in time; they are ended at the next start');
  await within(FINISH_MS, http.webhooks.idle());
  await within(FINISH_MS, http.outbox.flush());
}

function startProblem(code: Code, path: string, message: string): Problem {
  return { code, severity: 'error', file: 'offhook.json', path, message, advice: CODES[code].advice };
}

/** Everything that is built, for the functions that join it. */
interface Parts {
  readonly site: Site;
  readonly store: Store;
  readonly feed: LiveFeed;
  readonly http: OutboundHttp;
  readonly prompts: PromptLibrary;
  readonly media: MediaEngine;
  readonly flows: () => ReadonlyMap<string, Flow>;
  readonly edge: SipEdge;
  readonly registry: CallRegistry;
  readonly admission: Admission;
  readonly log: Logger;
}

interface OutboundHttp {
  readonly client: HttpClient;
  readonly webhooks: Webhooks;
  readonly outbox: Outbox;
}

/** Everything that goes to users' URLs: one client, the webhooks of flows, the outbox. */
function openHttp({ config, webhooks: configured }: Site, store: Store, log: Logger, opened: Opened): OutboundHttp {
  const { maxResponseBytes, ...reach } = config.webhooks;
  const clock = systemClock;
  const client = new HttpClient({ ...CLIENT_DEFAULTS, ...reach }, clock);
  opened.add(() => client.close());
  const secrets = config.secret;
  const limits = { ...WEBHOOK_LIMITS, maxResponseBytes };
  const webhooks = createWebhookPort({ client, secrets, clock, log, limits });
  const policy = deliveryPolicy(config);
  const outbox = new Outbox({
    store: store.deliveries,
    client,
    webhooks: () => configured,
    secrets,
    clock,
    random: systemRandom,
    log,
    policy,
  });
  // What it waits for may be a database that takes nothing any more.
  opened.add(() => within(FINISH_MS, outbox.stop()));
  return { client, webhooks, outbox };
}

function deliveryPolicy({ reports }: Config): DeliveryPolicy {
  const timeoutMs = reports.timeoutSeconds * 1000;
  return {
    ...DELIVERY_POLICY,
    timeoutMs,
    retryAfterMs: reports.retrySeconds.map((seconds) => seconds * 1000),
    perHost: reports.concurrencyPerHost,
    leaseMs: Math.max(DELIVERY_POLICY.leaseMs, timeoutMs * 2),
  };
}

/** The flows for new calls, kept up to date with their files; prompts without variables are rendered ahead. */
function followFlows(site: Site, prompts: PromptLibrary, log: Logger, opened: Opened): () => ReadonlyMap<string, Flow> {
  let current = site.flows;
  void prerender([...current.values()], prompts, log);
  const stop = watchFlows(site.config.flowsDir, {
    flows: site.flows,
    check: site.check,
    clock: systemClock,
    log,
    onChange: ({ flows, changed, removed, problems }) => {
      current = flows;
      if (changed.length + removed.length > 0) log.info({ changed, removed }, 'flows changed; running calls keep theirs');
      for (const problem of problems) log[problem.severity === 'error' ? 'error' : 'warn']({ problem }, 'flow file');
      void prerender(
        changed.flatMap((id) => flows.get(id) ?? []),
        prompts,
        log,
      );
    },
  });
  opened.add(stop);
  return () => current;
}

function openApi(parts: Parts, opened: Opened): Api {
  const { site, store, feed, http, media, flows, edge, registry, admission, log } = parts;
  const { config } = site;
  const shown = ({ id, name, version, document }: Flow) => ({ id, name, version, document });
  const api = createApi(
    {
      queries: store.queries,
      flows: {
        all: () => [...flows().values()].map(shown),
        find: (id) => {
          const flow = flows().get(id);
          return flow === undefined ? null : shown(flow);
        },
        check: (text) => checkFlowText(text, 'flow', site.check).problems,
      },
      feed: { subscribe: (listener) => feed.subscribe(listener) },
      status: {
        notReady: () => [
          ...(admission.draining ? ['draining'] : []),
          ...(edge.signaling.healthy ? [] : ['the signalling server is not connected']),
          ...(store.health().reason === null ? [] : [store.health().reason ?? '']),
        ],
        liveCalls: () => registry.size,
        storeBacklog: () => store.health().backlog,
        media: () => media.stats(),
      },
      hangup: (id) => {
        const call = registry.find(id);
        if (call === null) return false;
        void call.end(ENDINGS.admin());
        return true;
      },
      replay: async (id) => {
        const found = await store.deliveries.replay(id, systemClock.now());
        if (found) http.outbox.wake();
        return found;
      },
      foldJournal,
    },
    {
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
      log,
    },
  );
  opened.add(() => api.close());
  return api;
}

const flowClock: FlowClock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => sleep(systemClock, ms, signal),
};

function endingServices({ site, store, http }: Parts, api: Api): EndingServices {
  return {
    calls: store.calls,
    webhooks: () => site.webhooks,
    wake: () => http.outbox.wake(),
    recordingUrl: (id) => api.links.make(`${id}.wav`),
    random: systemRandom,
    host: hostname(),
  };
}

/** Ends the calls an earlier process left, which was last seen alive at `sign`; how many there were. */
function recover({ site, store, flows, log }: Parts, ending: EndingServices, sign: number | null): Promise<number> {
  return recoverCalls({
    calls: store.calls,
    journalOf: (id) => store.queries.journal(id),
    journal: store.journal,
    ending,
    recordingsDir: site.config.recordings.dir,
    flow: (id) => flows().get(id),
    lastSignOfLife: sign,
    log,
  });
}

function sessionServices({ site, store, feed, http, flows, log }: Parts, ending: EndingServices): SessionServices {
  const { limits, goodbye, goodbyeLanguage } = site.config;
  return {
    flows,
    calls: store.calls,
    users: store.users,
    webhook: http.webhooks,
    sinks: [store.journal, feed],
    ending,
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
    prompts: prompts,
    routes,
    admission,
    registry,
    limits: { maxCallMs: config.limits.callMinutes * 60_000, mediaTimeoutMs: config.media.timeoutSeconds * 1000 },
    recordings: {
      path: (file) => join(config.recordings.dir, file),
      url: (id) => api.links.make(`${id}.wav`),
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

/** Waits for `work`, at most `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  await Promise.race([work, sleep(systemClock, ms, stop.signal).catch(() => undefined)]);
  stop.abort();
}
