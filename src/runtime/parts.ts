import type { Admission } from '../call/admission.js';
import type { LoadRefusals } from '../call/load-refusals.js';
import type { CallRegistry } from '../call/registry.js';
import type { Flow } from '../flow/document.js';
import type { FlowCheck } from '../flow-files.js';
import type { Logger } from '../lib/log.js';
import type { PromptLibrary } from '../media/prompts/types.js';
import type { MediaEngine } from '../media/types.js';
import type { Presence } from '../store/presence.js';
import type { Store } from '../store/store.js';
import type { SiteFunctions } from './functions.js';
import type { OwnLife } from './heartbeat.js';
import type { SiteIntegrations } from './integrations/open.js';
import type { LiveFeed } from './live-feed.js';
import type { LiveFiles } from './live-files.js';
import type { LiveFlows } from './live-flows.js';
import type { LiveWebhooks } from './live-webhooks.js';
import type { OutboundHttp } from './outbound-http.js';
import type { SipEdge } from './sip-edge.js';
import type { Site } from './site.js';

/** Everything that is built, for what joins it. */
export interface Parts {
  readonly site: Site;
  readonly store: Store;
  readonly presence: Presence;
  readonly feed: LiveFeed;
  readonly life: OwnLife;
  readonly http: OutboundHttp;
  readonly functions: SiteFunctions;
  readonly integrations: SiteIntegrations;
  readonly prompts: PromptLibrary;
  readonly media: MediaEngine;
  readonly flows: () => ReadonlyMap<string, Flow>;
  readonly brokenFlows: LiveFlows['broken'];
  readonly refusedFiles: LiveFiles['refused'];
  /** Judges a flow by what the site is now. */
  readonly check: FlowCheck;
  readonly webhooks: LiveWebhooks;
  readonly lookAtFlows: () => void;
  readonly edge: SipEdge;
  readonly registry: CallRegistry;
  readonly admission: Admission;
  readonly loadRefusals: LoadRefusals;
  readonly log: Logger;
  /** Of links to recordings and resume URLs. */
  readonly signingKey: Uint8Array;
}
