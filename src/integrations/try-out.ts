import type { Call } from '../call/call.js';
import { END_REASONS } from '../call/termination.js';
import { background } from '../lib/log/background.js';
import type { Logger } from '../lib/log/log.js';
import { err, ok, type Result } from '../lib/result.js';
import type { ChatInput } from '../model/integration.js';
import type { Segment } from '../model/segment.js';
import type { Guard } from '../http/guard.js';
import { type IntegrationRefusal, integrationRefusal } from './book.js';

/** A live call, as far as it is spoken into. */
export type ChatCall = Pick<Call, 'id' | 'answeredAt' | 'announce' | 'events' | 'end'>;

export interface TryOutOptions {
  /** A live call by id; null when there is none. */
  readonly call: (id: string) => ChatCall | null;
  /** Id of the integration a live call belongs to, or null. */
  readonly integrationOf: (callId: string) => string | null;
  /** Whether an integration is active; null: there is none. */
  readonly isActive: (id: string) => boolean | null;
  readonly guard: Pick<Guard, 'url'>;
  readonly log: Logger;
}

/** Events one caller has waiting at most, the one that sounds included. */
const MOST_WAITING = 20;

/** What a call has waiting. */
interface Queue {
  waiting: number;
  ending: boolean;
  /** Resolves once everything queued has been heard, or cannot be. */
  heard: Promise<unknown>;
}

/** Takes events into live calls: spoken and played in the order they came, the end behind them all. */
export class TryOut {
  readonly #queues = new WeakMap<ChatCall, Queue>();

  constructor(private readonly options: TryOutOptions) {}

  /** Queues an event; answers how many wait, this one included. */
  send(integration: string, chatId: string, event: ChatInput): Result<{ readonly waiting: number }, IntegrationRefusal> {
    const active = this.options.isActive(integration);
    if (active === null) return err(integrationRefusal('INTEGRATION_UNKNOWN'));
    if (!active) return err(integrationRefusal('INTEGRATION_INACTIVE'));
    const call = this.options.integrationOf(chatId) === integration ? this.options.call(chatId) : null;
    if (call === null) return err(integrationRefusal('INTEGRATION_CHAT_UNKNOWN'));
    if (call.answeredAt === null) return err(integrationRefusal('INTEGRATION_CHAT_NOT_ANSWERED'));
    const queue = this.#queueOf(call);
    if (queue.ending) return err(integrationRefusal('INTEGRATION_CHAT_ENDING'));
    if (event.type === 'end') {
      this.#end(call, queue);
      return ok({ waiting: queue.waiting });
    }
    if (queue.waiting >= MOST_WAITING) return err(integrationRefusal('INTEGRATION_QUEUE_FULL'));
    const segment = this.#segmentOf(event);
    if (!segment.ok) return segment;
    this.#say(call, queue, segment.value);
    return ok({ waiting: queue.waiting });
  }

  #segmentOf(event: Exclude<ChatInput, { readonly type: 'end' }>): Result<Segment, IntegrationRefusal> {
    if (event.type === 'text') return ok({ kind: 'say', text: event.text });
    const { url } = event.multimedia;
    const verdict = this.options.guard.url(url);
    if (!verdict.ok) return err(integrationRefusal('INTEGRATION_EVENT_INVALID', `multimedia.url: ${verdict.error}.`));
    return ok({ kind: 'url', url });
  }

  #say(call: ChatCall, queue: Queue, segment: Segment): void {
    queue.waiting += 1;
    const said = call
      .announce({ segments: [segment], level: 0 })
      .then((answer) => {
        if (answer.kind !== 'failed') return;
        call.events.emit({ type: 'note', text: `INTEGRATION: an event could not be heard: ${answer.code}: ${answer.message}` });
      })
      .catch((error: unknown) => {
        this.options.log.error(
          { code: 'BACKGROUND_JOB_FAILED', job: 'playing a tried-out event', call: call.id, error: String(error) },
          'an event of an integration could not be played',
        );
      })
      .finally(() => {
        queue.waiting -= 1;
      });
    queue.heard = Promise.all([queue.heard, said]);
  }

  #end(call: ChatCall, queue: Queue): void {
    queue.ending = true;
    background('ending a tried-out chat', this.options.log, async () => {
      await queue.heard;
      await call.end(END_REASONS.admin());
    });
  }

  #queueOf(call: ChatCall): Queue {
    const queue = this.#queues.get(call) ?? { waiting: 0, ending: false, heard: Promise.resolve() };
    this.#queues.set(call, queue);
    return queue;
  }
}
