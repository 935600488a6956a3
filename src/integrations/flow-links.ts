import type { Flow } from '../flow/document/document.js';
import type { Clock } from '../lib/clock.js';
import type { IntegrationStore } from './ports.js';
import type { FlowLink } from '../model/integration.js';

/** A flow that names an integration (docs/behaviour.md#linked-flows). */
export interface LinkedFlow {
  readonly id: string;
  readonly name: string;
  /** When it was first seen to do so, wall-clock ms. */
  readonly since: number;
}

export interface FlowLinksOptions {
  readonly store: Pick<IntegrationStore, 'links' | 'setLinks'>;
  readonly flows: () => ReadonlyMap<string, Flow>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Which flows name which integration, and since when. */
export class FlowLinks {
  #since = new Map<string, FlowLink>();

  constructor(private readonly options: FlowLinksOptions) {}

  async load(): Promise<void> {
    this.#since = new Map((await this.options.store.links()).map((link) => [keyOf(link), link]));
  }

  /** The flows that name it now, by id. */
  of(integration: string): readonly LinkedFlow[] {
    const now = this.options.clock.now();
    return [...this.options.flows().values()]
      .filter(({ document }) => document.integration === integration)
      .map(({ id, name }) => ({ id, name, since: this.#since.get(keyOf({ integration, flow: id }))?.since ?? now }));
  }

  /** Remembers since when the flows of now are linked, and forgets those that are not any more. */
  async sync(): Promise<void> {
    const since = this.options.clock.now();
    const links = [...this.options.flows().values()].flatMap(({ id: flow, document: { integration } }): FlowLink[] => {
      if (integration === undefined) return [];
      return [this.#since.get(keyOf({ integration, flow })) ?? { integration, flow, since }];
    });
    const same = links.length === this.#since.size && links.every((link) => this.#since.get(keyOf(link)) === link);
    if (same) return;
    this.#since = new Map(links.map((link) => [keyOf(link), link]));
    await this.options.store.setLinks(links);
  }
}

function keyOf({ integration, flow }: Pick<FlowLink, 'integration' | 'flow'>): string {
  return `${integration}/${flow}`;
}
