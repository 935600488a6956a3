import type { ApiPorts } from '../api/ports.js';
import type { Admission } from '../call/admission.js';
import type { CallRegistry } from '../call/registry.js';
import { ENDINGS } from '../call/termination.js';
import { checkFlowText } from '../flow-files.js';
import type { Flow } from '../flow/document.js';
import { foldJournal } from '../flow/fold.js';
import { systemClock } from '../lib/clock.js';
import type { MediaEngine } from '../media/types.js';
import type { Signaling } from '../sip/types.js';
import type { Store } from '../store/store.js';
import type { Outbox } from '../webhooks/outbox.js';
import type { LiveFeed } from './live-feed.js';
import type { Site } from './site.js';

/** What of a runtime the API shows and moves. */
export interface ShownParts {
  readonly site: Pick<Site, 'check'>;
  readonly store: Store;
  readonly feed: LiveFeed;
  readonly outbox: Outbox;
  readonly media: MediaEngine;
  readonly flows: () => ReadonlyMap<string, Flow>;
  readonly signaling: Signaling;
  readonly registry: CallRegistry;
  readonly admission: Admission;
}

/** The API's ports over the parts of a runtime. */
export function apiPorts({ site, store, feed, outbox, media, flows, signaling, registry, admission }: ShownParts): ApiPorts {
  const shown = ({ id, name, version, document }: Flow) => ({ id, name, version, document });
  return {
    queries: store.queries,
    flows: {
      all: () => [...flows().values()].map(shown),
      find: (id) => {
        const flow = flows().get(id);
        return flow === undefined ? null : shown(flow);
      },
      check: (text) => checkFlowText(text, 'flow', site.check).problems,
    },
    feed: { subscribe: (listener) => feed.subscribe(listener) },
    status: {
      notReady() {
        const { reason } = store.health();
        return [
          ...(admission.draining ? ['draining'] : []),
          ...(signaling.healthy ? [] : ['the signalling server is not connected']),
          ...(reason === null ? [] : [reason]),
        ];
      },
      liveCalls: () => registry.size,
      storeBacklog: () => store.health().backlog,
      media: () => media.stats(),
    },
    hangup: (id) => {
      const call = registry.find(id);
      if (call === null) return false;
      void call.end(ENDINGS.admin());
      return true;
    },
    replay: async (id) => {
      const found = await store.deliveries.replay(id, systemClock.now());
      if (found) outbox.wake();
      return found;
    },
    foldJournal,
  };
}
