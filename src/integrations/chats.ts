import type { JournalEntry, JournalSink } from '../model/journal.js';
import { background } from '../lib/log/background.js';
import type { NewDelivery } from '../model/delivery.js';
import { chatDelivery, type ChatEvent, type EventOwner } from './event.js';
import type { IntegrationDocument } from './document.js';
import { type DeliveryQueue, queueDeliveries } from '../webhooks/deliveries/queue.js';
import { ChatFold, type ChatSurroundings } from './chat-fold.js';

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

/** The deliveries of all events in a journal, whole or cut off; none when the call belongs to no integration. */
export function journalChatDeliveries(services: ChatServices, entries: readonly JournalEntry[]): readonly NewDelivery[] {
  const began = entries.find((entry) => entry.type === 'call');
  if (began?.integration === undefined) return [];
  const fold = new ChatFold(services);
  return entries.flatMap((entry) => deliveriesOf(services, fold, fold.add(entry)));
}

/** Made before the fold goes on: they hold the variables of their moment. */
function deliveriesOf({ integration }: ChatServices, fold: ChatFold, events: readonly ChatEvent[]): readonly NewDelivery[] {
  if (events.length === 0 || fold.integration === null) return [];
  const owner = integration(fold.integration);
  if (owner === undefined) return [];
  return events
    .filter(({ event }) => event !== 'START' || owner.document.start)
    .map((event) => chatDelivery(owner, event, (name) => fold.value(name)));
}

export type ChatsOptions = ChatServices & DeliveryQueue;

/** Tells the events of live calls, all but the END; knows which integration each belongs to. */
export class Chats implements JournalSink {
  readonly #live = new Map<string, ChatFold>();

  constructor(private readonly options: ChatsOptions) {}

  /** Id of the integration a live call belongs to, or null. */
  integrationOf(callId: string): string | null {
    return this.#live.get(callId)?.integration ?? null;
  }

  /** How many live calls belong to an integration. */
  liveOf(integration: string): number {
    return [...this.#live.values()].filter((fold) => fold.integration === integration).length;
  }

  append: JournalSink['append'] = (callId, entry) => {
    if (entry.type === 'call' && entry.integration !== undefined) this.#live.set(callId, new ChatFold(this.options));
    const fold = this.#live.get(callId);
    if (fold === undefined) return;
    if (entry.type === 'end') {
      // With the end of the call everything is told, in its transaction.
      this.#live.delete(callId);
      return;
    }
    const deliveries = deliveriesOf(this.options, fold, fold.add(entry));
    background('queueing events of an integration', this.options.log, () =>
      queueDeliveries(this.options, callId, 'events of an integration', deliveries),
    );
  };
}
