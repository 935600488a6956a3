import type { FlowLink, IntegrationStore, StoredIntegration } from '../../src/webhooks/integrations/ports.js';

/** Integrations in memory. */
export function fakeIntegrations(): IntegrationStore {
  const kept = new Map<string, StoredIntegration>();
  let links: readonly FlowLink[] = [];
  return {
    all: () => Promise.resolve(structuredClone([...kept.values()])),
    save(integration) {
      kept.set(integration.id, structuredClone(integration));
      return Promise.resolve();
    },
    remove(id) {
      kept.delete(id);
      return Promise.resolve();
    },
    links: () => Promise.resolve(structuredClone(links)),
    setLinks(all) {
      links = structuredClone(all);
      return Promise.resolve();
    },
  };
}
