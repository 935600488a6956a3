import type { Admission } from '../call/inbound/admission.js';
import type { LoadRefusalCounts } from '../call/inbound/load-refusal-counts.js';
import type { CallRegistry } from '../call/registry.js';
import type { Flow } from '../flow/document/document.js';
import type { FlowCheck } from '../site/flows/flows.js';
import type { Logger } from '../lib/log/log.js';
import type { PromptLibrary } from '../speech/types.js';
import type { MediaEngine } from '../media/types.js';
import type { DatabaseFileWatch } from '../store/sqlite/file-watch.js';
import type { Store } from '../store/store.js';
import type { SiteFunctions } from './open-functions.js';
import type { OwnProcess } from '../runs/heartbeat.js';
import type { SiteIntegrations } from './open-integrations.js';
import type { LiveFeed } from './live-feed.js';
import type { LiveFiles } from '../site/follow-all.js';
import type { LiveFlows } from '../site/flows/follow.js';
import type { LiveWebhooks } from '../site/webhooks/follow.js';
import type { OutboundHttp } from './open-outbound.js';
import type { SipEdge } from './open-sip.js';
import type { Site } from '../site/site.js';

/** All services of a runtime, as `main.ts` builds them; the other files of this folder join them. */
export interface Services {
  readonly site: Site;
  readonly store: Store;
  readonly databaseFile: DatabaseFileWatch;
  readonly feed: LiveFeed;
  readonly ownProcess: OwnProcess;
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
  readonly recheckFlows: () => void;
  readonly edge: SipEdge;
  readonly registry: CallRegistry;
  readonly admission: Admission;
  readonly loadRefusals: LoadRefusalCounts;
  readonly log: Logger;
  /** Of links to recordings and resume URLs. */
  readonly signingKey: Uint8Array;
}
