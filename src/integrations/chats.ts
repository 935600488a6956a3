import type { JournalSink } from '../model/journal.js';
import { background } from '../lib/log/background.js';
import type { NewDelivery } from '../model/delivery.js';
import { chatDelivery, type ChatEvent, type EventOwner } from './event.js';
import type { IntegrationDocument } from './document.js';
import { type DeliveryQueue, queueDeliveries } from '../webhooks/deliveries/queue.js';
import { ChatReader, type ChatSurroundings } from './chat-reader.js';
import { type JournalReaders, JournalState } from '../flow/journal/state.js';

/*
 * The chats of integrations: what a call's journal says to the integration the call belongs to
 * (docs/behaviour.md#integration-events). Told as it happens, and once more with the end of the call, in its transaction, so that
 * no END is lost; ids see to it that each event is one delivery.
 */

/** What both tellers need. */
export interface ChatServices extends ChatSurroundings {
  /** An integration by id, active or not: a call that has begun with it ends with it (docs/behaviour.md#integration-life). */
  readonly integration: (id: string) => (EventOwner & { readonly document: IntegrationDocument }) | undefined;
}

/** What a journal says to the integration its call belongs to; nothing is read when it belongs to none. */
export function chatReaders(services: ChatServices): JournalReaders<NewDelivery> {
  return {
    open(state) {
      if (state.call?.integration === undefined) return null;
      const chat = new ChatReader(services, state);
      return { read: (entry) => deliveriesOf(services, chat, chat.read(entry)) };
    },
  };
}

/** Made before the journal is read on: they hold the variables of their moment. */
function deliveriesOf({ integration }: ChatServices, chat: ChatReader, events: readonly ChatEvent[]): readonly NewDelivery[] {
  if (events.length === 0 || chat.integration === null) return [];
  const owner = integration(chat.integration);
  if (owner === undefined) return [];
  return events
    .filter(({ event }) => event !== 'START' || owner.document.start)
    .map((event) => chatDelivery(owner, event, (name) => chat.value(name)));
}

export type ChatsOptions = ChatServices & DeliveryQueue;

/** Tells the events of live calls, all but the END; knows which integration each belongs to. */
export class Chats implements JournalSink {
  readonly #live = new Map<string, { readonly state: JournalState; readonly chat: ChatReader }>();

  constructor(private readonly options: ChatsOptions) {}

  /** Id of the integration a live call belongs to, or null. */
  integrationOf(callId: string): string | null {
    return this.#live.get(callId)?.chat.integration ?? null;
  }

  /** How many live calls belong to an integration. */
  liveOf(integration: string): number {
    return [...this.#live.values()].filter(({ chat }) => chat.integration === integration).length;
  }

  append: JournalSink['append'] = (callId, entry) => {
    if (entry.type === 'call' && entry.integration !== undefined) {
      const state = new JournalState();
      this.#live.set(callId, { state, chat: new ChatReader(this.options, state) });
    }
    const live = this.#live.get(callId);
    if (live === undefined) return;
    if (entry.type === 'end') {
      // With the end of the call everything is told, in its transaction.
      this.#live.delete(callId);
      return;
    }
    live.state.add(entry);
    const deliveries = deliveriesOf(this.options, live.chat, live.chat.read(entry));
    background('queueing events of an integration', this.options.log, () =>
      queueDeliveries(this.options, callId, 'events of an integration', deliveries),
    );
  };
}
