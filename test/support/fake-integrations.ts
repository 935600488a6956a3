import type { IntegrationStore } from '../../src/integrations/ports.js';
import type { FlowLink, Removal, StoredIntegration, Unfinished } from '../../src/model/integration.js';

/** Integrations in memory; `left` says what of one is not told yet, and gives it up. */
export function fakeIntegrations(left: (removal: Removal) => Unfinished = () => ({ live: 0, waiting: 0 })): IntegrationStore {
  const kept = new Map<string, StoredIntegration>();
  let links: readonly FlowLink[] = [];
  return {
    all: () => Promise.resolve(structuredClone([...kept.values()])),
    save(integration) {
      kept.set(integration.id, structuredClone(integration));
      return Promise.resolve();
    },
    remove(removal) {
      const unfinished = left(removal);
      if (removal.giveUp !== null || unfinished.live + unfinished.waiting === 0) kept.delete(removal.id);
      return Promise.resolve(unfinished);
    },
    links: () => Promise.resolve(structuredClone(links)),
    setLinks(all) {
      links = structuredClone(all);
      return Promise.resolve();
    },
  };
}
