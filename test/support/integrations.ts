import type { FlowDocument, Flow } from '../../src/flow/document/document.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { IntegrationBook } from '../../src/integrations/book.js';
import { unsendable } from '../../src/integrations/sendable.js';
import { Guard } from '../../src/http/guard.js';
import type { IntegrationChecks } from '../../src/integrations/check.js';
import type { IntegrationStore } from '../../src/integrations/ports.js';
import { NO_IDENTITY } from '../../src/webhooks/auth/identity.js';
import { fakeIntegrations } from './fake-integrations.js';

/** What integrations are checked by: https only, one secret. */
export const CHECKS: IntegrationChecks = {
  guard: new Guard({ allowHttp: false, allowNetworks: [], allowHosts: [] }),
  secrets: (name) => (name === 'crm' ? 'hush-hush' : undefined),
  identity: NO_IDENTITY,
  variable: unsendable,
};

/** The fields an integration cannot be without. */
export const PLAIN = { alias: 'Orders', url: 'https://crm.example/chat' };

/** A flow, as far as integrations look at it. */
export function namingFlow(id: string, integration?: string): Flow {
  const document = { id, name: `Flow ${id}`, ...(integration !== undefined && { integration }) } as FlowDocument;
  return { id, name: `Flow ${id}`, version: 'v', document, widgets: new Map() };
}

/** A book over a store; `flows` may be changed, time goes by with `at`. */
export async function openBook(store: IntegrationStore = fakeIntegrations(), checks: IntegrationChecks = CHECKS) {
  const flows = new Map<string, Flow>();
  const revived: string[] = [];
  const clock = { at: 1000 };
  /** How many calls of each live in this process. */
  const live = new Map<string, number>();
  let made = 0;
  const book = await IntegrationBook.open({
    store,
    checks,
    flows: () => flows,
    clock: { now: () => clock.at },
    random: { uuid: () => `made-${String(++made)}` },
    log: silentLogger,
    live: (id) => live.get(id) ?? 0,
    revived: (target) => revived.push(target),
  });
  return { book, store, flows, revived, clock, live };
}
