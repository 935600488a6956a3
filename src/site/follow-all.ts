import type { Logger } from '../lib/log/log.js';
import { CREDENTIALS_FILE } from './credentials/identity.js';
import type { LiveFlows } from './flows/follow.js';
import { followIdentity, type LiveIdentity } from './credentials/follow.js';
import { followWebhooks, type LiveWebhooks, WEBHOOKS_FILE } from './webhooks/follow.js';
import type { Site } from './site.js';

/** What a running process follows beside the flows. */
export interface LiveFiles {
  readonly webhooks: LiveWebhooks;
  readonly proofs: LiveIdentity;
  /** Names of the files that say something unfit: what was good before stays in use. */
  readonly refused: () => readonly string[];
  readonly close: () => void;
}

/** Follows webhooks, and the credentials and secrets they name. */
export function followFiles(site: Site, log: Logger): LiveFiles {
  const webhooks = followWebhooks(site, log);
  const proofs = followIdentity({ config: site.config, identity: site.identity, webhooks: webhooks.all, log });
  const close = (): void => {
    proofs.close();
    webhooks.close();
  };
  const refused = (): string[] => [
    ...(webhooks.refused() ? [WEBHOOKS_FILE] : []),
    ...(proofs.refused() ? [CREDENTIALS_FILE] : []),
  ];
  return { webhooks, proofs, refused, close };
}

/**
 * Has what was refused judged again when what it is judged by changes: a webhook waits for its credential, a credential goes when no
 * webhook names it any more, a flow waits for its default webhook, and that can go without a flow.
 *
 * @param renewed called first with new credentials and secrets
 */
export function judgeAgain({ webhooks, proofs }: LiveFiles, flows: LiveFlows, renewed: () => void): void {
  webhooks.onChange(() => {
    proofs.look('refused');
    flows.look('refused');
  });
  flows.onChange(() => {
    webhooks.look('refused');
    proofs.look('refused');
  });
  proofs.onChange(() => {
    renewed();
    webhooks.look('refused');
    flows.look('refused');
  });
}
