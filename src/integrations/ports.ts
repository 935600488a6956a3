import type { StoredIntegration, FlowLink, Removal, Unfinished } from '../model/integration.js';

/* What integrations need from outside. `store` fits it by shape. */

export interface IntegrationStore {
  /** Oldest first. */
  all(): Promise<readonly StoredIntegration[]>;
  /** Adds it, or puts it in the place of the one of its id. Resolves when that is durable. */
  save(integration: StoredIntegration): Promise<void>;
  /** Deletes it, unless something is left that is not to be given up; answers what was left. Decided and done in one write. */
  remove(removal: Removal): Promise<Unfinished>;
  links(): Promise<readonly FlowLink[]>;
  /** Puts these in the place of all links there are. */
  setLinks(links: readonly FlowLink[]): Promise<void>;
}
