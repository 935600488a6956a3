import type { ApiPorts } from '../api/resources/index.js';
import type { Config } from '../site/config/config.js';
import { summarizeJournal } from '../flow/journal/summary.js';
import { systemClock } from '../lib/clock.js';
import type { JsonObject } from '../lib/json/json.js';
import type { Logger } from '../lib/log/log.js';
import { ok } from '../lib/result.js';
import type { Store } from '../store/store.js';
import { functionCatalogue } from '../functions/catalogue.js';
import { serveFunction, shownFunctions } from '../functions/contract/http.js';
import { followLink, linkMaker } from '../functions/contract/links.js';
import { createFunctionPort, type Functions } from '../functions/contract/function-port.js';
import type { CallHistory, UserPreferences } from '../functions/contract/ports.js';
import { translator } from '../functions/contract/translate.js';
import type { ConfiguredWebhook } from '../webhooks/configured/schema.js';
import { nativeReport } from '../webhooks/report/native.js';
import { contactOf } from '../model/contact.js';
import { endedCall, type EndServices } from '../runs/end.js';
import type { OutboundHttp } from './open-outbound.js';
import type { FunctionReads } from '../runs/test/dry-services.js';

/** What internal functions are made of. */
export interface FunctionParts {
  readonly config: Pick<Config, 'functions'>;
  readonly store: Pick<Store, 'users' | 'links' | 'pauses' | 'queries'>;
  readonly http: Pick<OutboundHttp, 'client' | 'webhooks'>;
  /** The webhooks as configured now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  /** For reports of the past. */
  readonly ending: Pick<EndServices, 'recordingUrl' | 'host'>;
  /** What others reach our API by. */
  readonly publicUrl: () => string;
  readonly log: Logger;
}

/** The functions of this site: those of Offhook in process, those of configured services by HTTP; and what the API shows of them. */
export interface SiteFunctions extends Functions {
  readonly api: Pick<ApiPorts, 'functions' | 'links'>;
  /** What tests of functions look at. */
  readonly reads: FunctionReads;
}

/** Joins the functions to the store, the guarded client and the reports. */
export function openFunctions({ config, store, http, webhooks, ending, publicUrl, log }: FunctionParts): SiteFunctions {
  const { linkDays, publicUrl: linkUrl, translation } = config.functions;
  const now = (): number => systemClock.now();
  const makeLink = linkMaker({ store: store.links, now, publicUrl: () => linkUrl ?? publicUrl(), alsoAt: () => [publicUrl()] });
  const days = linkDays === 0 ? null : linkDays;
  const reads = { users: preferences(store.users), pauses: store.pauses, calls: callHistory(store.queries, ending) };
  const port = createFunctionPort({
    catalogue: functionCatalogue,
    services: {
      ...reads,
      makeLink,
      linkDays: days,
      translate: translation === null ? null : translator(http.client, translation),
    },
    clock: systemClock,
    log,
    webhooks,
    request: (call, signal) => http.webhooks.request(call, signal),
  });
  return {
    ...port,
    reads,
    api: {
      functions: {
        all: () => shownFunctions(functionCatalogue),
        answer: (body) => serveFunction(body, port),
        pauses: () => store.pauses.list(),
      },
      links: {
        async make(longUrl, wanted) {
          const made = await makeLink(longUrl, wanted ?? days);
          return made.ok ? ok(made.value.shortUrl) : made;
        },
        follow: (code, { count }) => followLink(store.links, code, { now: now(), count }),
        list: (page) => store.links.list(page),
        remove: (code) => store.links.remove(code),
      },
    },
  };
}

/** Stored variables as functions see them: callers who withhold their number have none, as in flows. */
function preferences(users: Store['users']): UserPreferences {
  return {
    load: (number) => {
      const contact = contactOf(number);
      return contact === null ? Promise.resolve(null) : users.load(contact);
    },
    async save(number, values) {
      const contact = contactOf(number);
      if (contact === null) return false;
      for (const [name, value] of Object.entries(values)) await users.save(contact, name, value);
      return true;
    },
  };
}

function callHistory(queries: Store['queries'], ending: FunctionParts['ending']): CallHistory {
  return {
    async report(callId) {
      const found = await queries.call(callId);
      return found === null ? null : reportOf(found.call, queries, ending);
    },
    async variables(callId) {
      return (await queries.call(callId))?.variables ?? null;
    },
    async lastCallOf(contact) {
      const { items } = await queries.calls({ cli: contact, live: false }, { limit: 1, after: null });
      return items[0]?.id ?? null;
    },
    counts: (period) => queries.callCounts(period),
  };
}

/** The native report, made again from the journal; null while the call lives, and when its journal was forgotten. */
async function reportOf(
  {
    id,
    direction,
    endedAt,
  }: { readonly id: string; readonly direction: 'inbound' | 'outbound'; readonly endedAt: number | null },
  queries: Store['queries'],
  ending: FunctionParts['ending'],
): Promise<JsonObject | null> {
  if (endedAt === null) return null;
  const summary = summarizeJournal(await queries.journal(id));
  const { termination } = summary;
  return termination === null ? null : nativeReport(endedCall(ending, { callId: id, direction, endedAt, termination }, summary));
}
