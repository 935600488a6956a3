import type { ApiIntegrations } from '../api/resources/integration-ports.js';
import type { Site } from '../site/site.js';
import type { Flow } from '../flow/document/document.js';
import { background } from '../lib/log/background.js';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';
import { err, ok } from '../lib/result.js';
import type { Store } from '../store/store.js';
import { Guard } from '../http/guard.js';
import { integrationDetails } from '../integrations/details.js';
import type { DeliveryTarget } from '../webhooks/ports.js';
import type { Outbox } from '../webhooks/deliveries/outbox.js';
import type { Late } from './late-port.js';
import type { LiveFlows } from '../site/flows/follow.js';
import { IntegrationBook, integrationRefusal } from '../integrations/book.js';
import { Chats, type ChatServices } from '../integrations/chats.js';
import { widgetCatalogue } from '../widgets/index.js';
import { sentResults, unsendable } from '../integrations/sendable.js';
import { type ChatCall, TryOut } from '../integrations/try-out.js';

/** What integrations are made of. */
export interface IntegrationParts {
  readonly site: Pick<Site, 'config' | 'identity'>;
  readonly store: Pick<Store, 'integrations' | 'deliveries'>;
  readonly registry: { find(callId: string): ChatCall | null };
  /** Built after them. */
  readonly later: {
    readonly flows: Late<Pick<LiveFlows, 'all'>>;
    readonly outbox: Late<Pick<Outbox, 'wake' | 'enable'>>;
  };
  readonly recordingUrl: (id: string) => string;
  /** What others reach our API by. */
  readonly publicUrl: () => string;
  readonly log: Logger;
}

/** The integrations of this site, for calls, deliveries, flows and API. */
export interface SiteIntegrations {
  /** Id of the integration a new call belongs to, or null. */
  readonly of: IntegrationBook['of'];
  /** The results of widgets that its events send, fields by widget. */
  readonly results: (id: string) => ReadonlyMap<string, ReadonlySet<string>>;
  readonly target: (name: string) => DeliveryTarget | undefined;
  readonly isActive: (id: string) => boolean | null;
  /** What the end of a call needs. */
  readonly services: ChatServices;
  /** Is given every journal entry of every call. */
  readonly chats: Chats;
  readonly api: ApiIntegrations;
  /** Keeps up with the flows that name integrations, and says which of those are of no use. */
  readonly follow: (flows: LiveFlows) => void;
  /** Holds changes back until what it answers is called. */
  readonly hold: () => () => void;
}

/** Reads the integrations of the store and joins them to everything they touch. */
export async function openIntegrations(parts: IntegrationParts): Promise<SiteIntegrations> {
  const { site, store, registry, later, log } = parts;
  const { config, identity } = site;
  const flows = (): ReadonlyMap<string, Flow> => later.flows.get().all();
  const guard = new Guard(config.webhooks);
  const book = await IntegrationBook.open({
    store: store.integrations,
    checks: { guard, secrets: config.secret, identity, variable: unsendable },
    flows,
    clock: systemClock,
    random: systemRandom,
    log,
    live: (id) => chats.liveOf(id),
    revived(target) {
      background('enabling the target of an integration', log, () => later.outbox.get().enable(target));
    },
  });
  const services: ChatServices = {
    recordingUrl: parts.recordingUrl,
    widgets: widgetCatalogue,
    recordingWaitMs: config.reports.recordingWaitSeconds * 1000,
    flow(id) {
      const flow = flows().get(id);
      return flow === undefined ? undefined : { name: flow.name, language: flow.document.language };
    },
    integration: (id) => book.get(id),
  };
  const chats = new Chats({
    ...services,
    store: store.deliveries,
    wake: () => later.outbox.get().wake(),
    clock: systemClock,
    log,
  });
  const isActive = (id: string): boolean | null => book.isActive(id);
  const integrationOf = (callId: string): string | null => chats.integrationOf(callId);
  const tryOut = new TryOut({ call: (id) => registry.find(id), integrationOf, isActive, guard, log });
  return {
    of: (flow, did) => book.of(flow, did),
    results(id) {
      const found = book.get(id);
      return found === undefined ? new Map() : sentResults(found.document);
    },
    target: (name) => book.target(name),
    isActive,
    services,
    chats,
    api: apiIntegrations(book, tryOut, parts.publicUrl),
    follow: (live) => followFlows(book, live, log),
    hold: () => book.hold(),
  };
}

/** What the API does with integrations. */
export function apiIntegrations(book: IntegrationBook, tryOut: TryOut, publicUrl: () => string): ApiIntegrations {
  return {
    list: () => book.list(),
    find: (id) => book.find(id),
    create: (id, fields) => book.create(id, fields),
    change: (id, fields, version) => book.change(id, fields, version),
    remove: (id, force) => book.remove(id, force),
    start: (id) => book.start(id),
    stop: (id) => book.stop(id),
    rotate: (id) => book.rotate(id),
    flows: (id) => book.linkedFlows(id),
    details(id) {
      const found = book.get(id);
      return found === undefined ? err(integrationRefusal('INTEGRATION_UNKNOWN')) : ok(integrationDetails(found, publicUrl()));
    },
    isToken: (id, token) => book.isToken(id, token),
    send: (id, chat, event) => tryOut.send(id, chat, event),
  };
}

function followFlows(book: IntegrationBook, live: LiveFlows, log: Logger): void {
  const changed = (): void => {
    background('keeping the flows that name integrations', log, () => book.flowsChanged());
  };
  // The flows of the start were checked before the store was open.
  for (const { id: flow, document } of live.all().values()) {
    const { integration } = document;
    const active = integration === undefined ? true : book.isActive(integration);
    if (active === true) continue;
    const code = active === null ? 'FLOW_INTEGRATION_UNKNOWN' : 'FLOW_INTEGRATION_INACTIVE';
    log.warn({ code, flow, integration }, 'the calls of this flow are sent to no integration');
  }
  changed();
  live.onChange(changed);
}
