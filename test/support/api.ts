import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request, type Dispatcher } from 'undici';
import { createApi, type Api, type ApiOptions } from '../../src/api/api.js';
import type { ApiIntegrations } from '../../src/api/resources/integration-ports.js';
import type { FeedEvent } from '../../src/api/ports.js';
import type { ApiPorts } from '../../src/api/resources/index.js';
import type { ShownBrokenFlow, ShownFlow } from '../../src/api/resources/flows.js';
import type { ApiWebhooks } from '../../src/api/resources/webhook-ports.js';
import { summarizeJournal } from '../../src/flow/journal/summary.js';
import { systemClock } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { noFlow } from '../../src/site/flows/no-flow.js';
import { ResumeUrls } from '../../src/webhooks/deferred/resume-urls.js';
import { ok } from '../../src/lib/result.js';
import { functionCatalogue } from '../../src/functions/catalogue.js';
import { serveFunction, shownFunctions } from '../../src/functions/contract/http.js';
import { followLink, linkMaker } from '../../src/functions/contract/links.js';
import { createFunctionPort } from '../../src/functions/contract/function-port.js';
import { createFakeStore } from './fake-store.js';
import { fakeServices } from './functions.js';
import { temporaryFolder } from './stores.js';

export const KEY = 'key-0123456789abcdef';
export const OTHER_KEY = 'other-0123456789abcdef';
/** Of links and resume URLs. */
export const SIGNING_KEY = Buffer.alloc(32, 7);

/** A fresh API over fakes, listening on a free port of loopback. */
export async function startApi(
  more: Partial<ApiOptions> = {},
  webhooks = { disabled: () => Promise.resolve([]) } as Partial<ApiWebhooks> as ApiWebhooks,
  integrations = { isToken: () => false } as Partial<ApiIntegrations> as ApiIntegrations,
) {
  const temporary = temporaryFolder();
  const recordingsDir = join(temporary.folder, 'recordings');
  mkdirSync(recordingsDir);
  writeFileSync(join(temporary.folder, 'secret.wav'), 'outside');
  writeFileSync(join(recordingsDir, 'r1.wav'), '0123456789');
  writeFileSync(join(recordingsDir, 'notes.txt'), 'not a recording');
  symlinkSync(join(temporary.folder, 'secret.wav'), join(recordingsDir, 'link.wav'));

  const store = createFakeStore();
  const listeners = new Set<(event: FeedEvent) => void>();
  const live = new Set<string>();
  const resumes = new ResumeUrls(SIGNING_KEY, silentLogger);
  const state = {
    now: Date.now(),
    reasons: [] as string[],
    overload: [] as { reason: string; text: string; count: number }[],
    flows: [] as ShownFlow[],
    broken: [] as ShownBrokenFlow[],
    checked: [] as string[],
  };
  const makeLink = linkMaker({ store: store.links, now: () => state.now, publicUrl: () => 'https://ivr.example' });
  const functions = createFunctionPort({
    catalogue: functionCatalogue,
    services: fakeServices(systemClock, { pauses: store.pauses, makeLink }),
    clock: systemClock,
    log: silentLogger,
    webhooks: () => [],
    request: () => Promise.reject(new Error('this test has no services')),
  });
  const ports: ApiPorts = {
    queries: store.queries,
    flows: {
      all: () => state.flows,
      broken: () => state.broken,
      missing: (id) => noFlow(id, new Map(state.broken.map((found) => [found.id, found]))),
      find: (id) => state.flows.find((flow) => flow.id === id) ?? null,
      check(text) {
        state.checked.push(text);
        const found = { severity: 'error', path: '$', message: 'bad', advice: 'do' } as const;
        return text.includes('bad') ? [{ code: 'FLOW_INVALID', ...found }] : [];
      },
    },
    feed: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    status: {
      notReady: () => state.reasons,
      loadRefusals: () => state.overload,
      callLimits: () => ({ calls: 50, gaveWay: 6 }),
      liveCalls: () => live.size,
      sipRefusals: () => Promise.resolve({ 'not-allowed': 7, draining: 0 }),
      storeBacklog: () => 3,
      refusedFiles: () => ['credentials.json'],
      webhooks: () => ({ openCircuits: 1, waitingForHost: 4, awaitingLater: resumes.size }),
      media: () => ({
        addresses: ['192.0.2.1', '2001:db8::1'],
        sessions: 2,
        portsFree: 98,
        keysMissed: 3,
        workers: [{ sessions: 2, lateP99Ms: 1.5, cpuShare: 0.1 }],
      }),
    },
    resumes,
    functions: {
      all: () => shownFunctions(functionCatalogue),
      answer: (body) => serveFunction(body, functions),
      pauses: () => store.pauses.list(),
    },
    links: {
      make: async (text, days) => {
        const made = await makeLink(text, days);
        return made.ok ? ok(made.value.shortUrl) : made;
      },
      follow: (code, { count }) => followLink(store.links, code, { now: state.now, count }),
      list: (page) => store.links.list(page),
      remove: (code) => store.links.remove(code),
    },
    hangup: (id) => live.delete(id),
    targetsAt: (host) => (host === 'crm.example' ? ['main'] : []),
    replayAll: (selection) => store.deliveries.replayAll(selection, state.now),
    replay: (id) => store.deliveries.replay(id, state.now),
    summarizeJournal,
    webhooks,
    integrations,
  };
  const api: Api = createApi(ports, {
    host: '127.0.0.1',
    port: 0,
    keys: [KEY, OTHER_KEY],
    publicUrl: null,
    recordingsUrl: null,
    recordingsDir,
    linkLifeMs: 3_600_000,
    signingKey: SIGNING_KEY,
    version: '1.2.3',
    clock: { ...systemClock, now: () => state.now },
    log: silentLogger,
    ...more,
  });
  const listening = await api.listen();
  if (!listening.ok) throw new Error(listening.error.message);
  const { url } = listening.value;
  resumes.reachableAt(url);

  /** Sends a request, with the right key unless told otherwise. */
  async function call(
    method: Dispatcher.HttpMethod,
    path: string,
    options: { headers?: Record<string, string>; body?: string } = {},
  ) {
    const headers = options.headers ?? { authorization: `Bearer ${KEY}` };
    const response = await request(url + path, { method, headers, ...(options.body !== undefined && { body: options.body }) });
    const text = await response.body.text();
    const isJson = String(response.headers['content-type']).includes('json');
    return { status: response.statusCode, headers: response.headers, text, body: (isJson ? JSON.parse(text) : null) as never };
  }

  return {
    api,
    url,
    store,
    state,
    live,
    resumes,
    call,
    get: (path: string, headers?: Record<string, string>) => call('GET', path, headers ? { headers } : {}),
    emit: (event: FeedEvent) => listeners.forEach((listener) => listener(event)),
    listeners,
    async close() {
      await api.close();
      temporary.remove();
    },
  };
}

export type TestApi = Awaited<ReturnType<typeof startApi>>;
