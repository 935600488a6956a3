import { createApi } from '../../src/api/api.js';
import type { ApiPorts } from '../../src/api/ports.js';
import { systemClock } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { VERSION } from '../../src/app/version.js';

/** What is asked of webhooks that are not there. */
const nothing = { ok: false, error: { code: 'API_NOT_FOUND', message: 'nobody', problems: [] } } as const;

/** Nothing behind the API: it describes itself without asking anybody. */
const nobody: ApiPorts = {
  queries: {
    calls: () => Promise.resolve({ items: [], next: null }),
    call: () => Promise.resolve(null),
    journal: () => Promise.resolve([]),
    recordings: () => Promise.resolve([]),
    recording: () => Promise.resolve(null),
    deliveries: () => Promise.resolve({ items: [], next: null }),
    delivery: () => Promise.resolve(null),
    deliveryCounts: () => Promise.resolve({ pending: 0, dead: 0 }),
  },
  flows: {
    all: () => [],
    broken: () => [],
    missing: () => ({ code: 'API_NOT_FOUND', message: '' }),
    find: () => null,
    check: () => [],
  },
  feed: { subscribe: () => () => undefined },
  status: {
    notReady: () => [],
    liveCalls: () => 0,
    sipRefusals: () => Promise.resolve({}),
    storeBacklog: () => 0,
    refusedFiles: () => [],
    webhooks: () => ({ openCircuits: 0, waitingForHost: 0, awaitingLater: 0 }),
    media: () => ({ addresses: [], sessions: 0, portsFree: 0, keysMissed: 0, workers: [] }),
  },
  resumes: { find: () => 'unknown', take: () => 'unknown' },
  functions: {
    all: () => [],
    answer: () => Promise.resolve({ ok: true, keys: [] }),
    pauses: () => Promise.resolve([]),
  },
  links: {
    make: () => Promise.resolve({ ok: false, error: 'nobody' }),
    follow: () => Promise.resolve({ kind: 'unknown' }),
    list: () => Promise.resolve({ items: [], next: null }),
    remove: () => Promise.resolve(false),
  },
  webhooks: {
    list: () => nothing,
    find: () => nothing,
    add: () => Promise.resolve(nothing),
    change: () => Promise.resolve(nothing),
    remove: () => Promise.resolve(nothing),
    disabled: () => Promise.resolve([]),
    enable: () => Promise.resolve(false),
    report: () => Promise.resolve(nothing),
    testWidget: () => Promise.resolve(nothing),
    testReport: () => Promise.resolve(nothing),
    fromCurl: () => nothing,
    egress: () => Promise.resolve({ proxy: null, addresses: [] }),
  },
  integrations: {
    list: () => [],
    find: () => nothing,
    create: () => Promise.resolve(nothing),
    change: () => Promise.resolve(nothing),
    remove: () => Promise.resolve(nothing),
    start: () => Promise.resolve(nothing),
    stop: () => Promise.resolve(nothing),
    rotate: () => Promise.resolve(nothing),
    flows: () => nothing,
    details: () => nothing,
    isToken: () => false,
    send: () => nothing,
  },
  hangup: () => false,
  replay: () => Promise.resolve(false),
  targetsAt: () => [],
  replayAll: () => Promise.resolve(0),
  foldJournal: () => {
    throw new Error('nobody asks for a call');
  },
};

/** The OpenAPI document, as the API itself serves it. */
export async function openApiText(): Promise<string> {
  const api = createApi(nobody, {
    host: '127.0.0.1',
    port: 0,
    keys: [],
    publicUrl: null,
    recordingsUrl: null,
    recordingsDir: '.',
    linkLifeMs: 1000,
    signingKey: new Uint8Array(32),
    version: VERSION,
    clock: systemClock,
    log: silentLogger,
  });
  try {
    const listening = await api.listen();
    if (!listening.ok) throw new Error(listening.error.message);
    const answer = await fetch(new URL('/openapi.json', listening.value.url));
    if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
    return await answer.text();
  } finally {
    await api.close();
  }
}
