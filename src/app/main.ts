import { hostname } from 'node:os';
import type { Api } from '../api/api.js';
import { CallRegistry } from '../call/registry.js';
import type { FlowCheck } from '../site/flows/flows.js';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import type { Problem } from '../lib/problem.js';
import { ok, type Result } from '../lib/result.js';
import type { MediaEngine } from '../media/types.js';
import { startProcessClock, type Heartbeat, startHeartbeat } from '../runs/heartbeat.js';
import { followFlows, type LiveFlows } from '../site/flows/follow.js';
import { followFiles, judgeAgain } from '../site/follow-all.js';
import type { Site } from '../site/site.js';
import type { Outbox } from '../webhooks/deliveries/outbox.js';
import { drain } from './drain.js';
import { Late } from './late-port.js';
import { LiveFeed } from './live-feed.js';
import { openAdmission } from './open-admission.js';
import { openApi } from './open-api.js';
import { openData } from './open-data.js';
import { openFunctions } from './open-functions.js';
import { openOutboundHttp } from './open-outbound.js';
import { openIntegrations } from './open-integrations.js';
import { openMedia } from './open-media.js';
import { openPrompts } from './open-prompts.js';
import { openSipEdge } from './open-sip.js';
import type { Services } from './services.js';
import { recordingUrl } from './recording-url.js';
import { endServices, recoverInterruptedCalls, liveRunServices, serveCalls } from './serve-calls.js';
import { Shutdown } from './shutdown.js';
import { signingKey } from './signing-key.js';
import { startCleanup } from './cleanup.js';

/*
 * The story of a start: every service is built after what it needs, and joined to it; then calls and requests are let in. Nothing
 * here is used before it is declared (a lint rule holds it): what a service needs of one that is built later is a `Late` port.
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

/** What a runtime needs from the program that starts it. */
export interface RuntimeOptions {
  readonly log: Logger;
  /** Something without which no call can be served is gone for good. */
  readonly onFatal: (reason: string) => void;
}

/** Everything that is built, nothing of it open to the world yet. */
interface Built {
  readonly services: Services;
  readonly api: Api;
  /** When an earlier process was last seen alive. */
  readonly heartbeat: Heartbeat | null;
}

/** Builds every service. What has to be closed again is noted in `shutdown`. */
async function build(site: Site, { log, onFatal }: RuntimeOptions, shutdown: Shutdown): Promise<Result<Built, Problem>> {
  const { config } = site;
  const clock = systemClock;
  const later = { outbox: new Late<Outbox>('outbox'), flows: new Late<LiveFlows>('flows'), api: new Late<Api>('api') };
  const reached = {
    recordingUrl: (id: string) => recordingUrl(later.api.get(), id),
    publicUrl: () => later.api.get().url(),
  };
  const data = await openData(config, log, shutdown);
  if (!data.ok) return data;
  const { store, databaseFile, heartbeat } = data.value;

  const feed = new LiveFeed(log);
  const files = followFiles(site, log);
  shutdown.add(files.close);
  const { webhooks } = files;
  const registry = new CallRegistry();
  // Before what they are joined to: flows are judged by integrations, and deliveries go to them.
  const integrations = await openIntegrations({ site, store, registry, later, ...reached, log });
  const key = signingKey(config.data.dir);
  const outbound = { config, identity: site.identity, webhooks: webhooks.all, target: integrations.target, signingKey: key };
  const http = openOutboundHttp(outbound, store.deliveries, log);
  later.outbox.bind(http.outbox);
  shutdown.add(() => http.close());
  const [prompts, media] = await Promise.all([openPrompts(config, http.client, log), openMedia(config, log)]);
  if (media.ok) shutdown.add(() => media.value.close());
  if (prompts.ok) shutdown.add(() => prompts.value.close());
  if (!prompts.ok) return prompts;
  if (!media.ok) return media;
  const check: FlowCheck = (document, file) => site.checkWith(webhooks.all(), integrations.isActive)(document, file);
  const flows = later.flows.bind(followFlows(site, check, prompts.value, log));
  shutdown.add(flows.close);
  integrations.follow(flows);
  judgeAgain(files, flows, http.forgetTokens);

  const edge = await openSipEdge({ sip: config.sip, clock, log, onFatal });
  if (!edge.ok) return edge;
  shutdown.add(() => edge.value.close());

  const door = openAdmission(config, media.value, clock, log);
  shutdown.add(() => door.close());
  // Links that functions make are reached by the API, which calls functions for others.
  const ending = { recordingUrl: reached.recordingUrl, host: hostname() };
  const functions = openFunctions({ config, store, http, webhooks: webhooks.all, ending, publicUrl: reached.publicUrl, log });
  const services: Services = {
    functions,
    integrations,
    site,
    store,
    databaseFile,
    feed,
    ownProcess: startProcessClock(clock),
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
    ...door,
    log,
    signingKey: key,
  };
  const api = later.api.bind(openApi(services, reached.publicUrl));
  shutdown.add(() => api.close());
  return ok({ services, api, heartbeat });
}

/** Opens what is built to the world: the API, what an earlier process left, deliveries, calls. */
async function serve({ services, api, heartbeat }: Built, shutdown: Shutdown): Promise<Result<Runtime, Problem>> {
  const { site, store, http, integrations, ownProcess, edge, media, feed, log } = services;
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

  return ok({
    site,
    listening: edge.signaling.listening,
    sipServer: edge.server,
    apiUrl,
    recovered,
    media,
    feed,
    async stop() {
      await drain(services);
      await shutdown.run(log);
    },
  });
}

/** Builds and starts everything. Nothing stays open when it fails. */
export async function startRuntime(site: Site, options: RuntimeOptions): Promise<Result<Runtime, Problem>> {
  const shutdown = new Shutdown();
  try {
    const built = await build(site, options, shutdown);
    const started = built.ok ? await serve(built.value, shutdown) : built;
    if (!started.ok) await shutdown.run(options.log);
    return started;
  } catch (error) {
    await shutdown.run(options.log);
    throw error;
  }
}
