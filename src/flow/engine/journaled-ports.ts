import { Aborted } from '../../lib/clock.js';
import type { Json } from '../../lib/json/json.js';
import { asText } from '../variables/escape.js';
import type { AnswerSource, Question } from './answer-source.js';
import type { JournalEvent } from '../../model/journal.js';
import { redact, shownAnswer, shownRequest } from '../journal/masking.js';
import {
  type BoundVerb,
  CALL,
  CLOCK,
  FACT,
  FUNCTION,
  isOfCall,
  type Operation,
  RANDOM,
  WEBHOOK,
} from '../../model/operations.js';
import type { FlowPorts } from '../ports.js';
import type { WebhookAnswer, WebhookCall } from '../../model/webhook.js';
import type { CollectAnswer, CollectLeft, CollectRequest, Done } from '../../model/call-verbs.js';
import { race } from './race.js';
import type { StepScope } from './step-scope.js';
import { CompletionOrder } from './completion-order.js';
import { failedPrompt, Unheard, type FailedPrompt } from '../journal/failed-prompt.js';
import type { Operations, WidgetContext } from '../widget.js';

/** Q.850 causes: the end of a flow, and an error nothing caught. */
export const NORMAL_CLEARING = 16;
export const TEMPORARY_FAILURE = 41;

/** How a question goes to the world, and who gets the answer. */
interface Live<A> {
  readonly live: (signal: AbortSignal) => Promise<A>;
  /** Told the answer before anybody else. */
  readonly noted?: (answer: A) => void;
  /** Called with each answer, also when no widget waits for it any more. */
  readonly returned?: (answer: A, question: Question) => void;
}

/** A verb of a port; without a request it takes the signal alone. */
type LiveVerb = (...args: readonly unknown[]) => Promise<object | null>;

export interface JournaledPortsOptions {
  readonly ports: FlowPorts;
  readonly answers: AnswerSource;
  readonly journal: (event: JournalEvent) => void;
  /** Masked values of the run so far. */
  readonly maskedTexts: () => readonly string[];
  readonly collected: (answer: CollectAnswer | CollectLeft, request: CollectRequest) => void;
  readonly hungUp: () => void;
  /** True while the caller is there. */
  readonly isUp: () => boolean;
  /** Called for each prompt that could not be played, after its answer is in the journal. */
  readonly promptFailed: (failed: FailedPrompt) => void;
  /** Says the goodbye before a hangup of the flow when what was to be heard last could not be played; absent: nothing is said. */
  readonly goodbye?: (scope: StepScope) => Promise<void>;
  /** Called with the error of an operation that no widget waits for any more. */
  readonly stray: (error: unknown) => void;
}

/**
 * Every contact of a run with the world (docs/decisions/0003-journal-first.md): asks, waits, and appends question and answer to
 * the journal before the widget sees the answer.
 */
export class JournaledPorts {
  #asks = 0;
  #step = 0;
  readonly #order = new CompletionOrder();
  readonly #unheard = new Unheard();
  /** `$call.*` as last journalled, as JSON text. */
  readonly #facts = new Map<string, string>();

  constructor(private readonly options: JournaledPortsOptions) {}

  /** True when the last thing that the caller was to hear could not be played. */
  get unheard(): boolean {
    return this.#unheard.last;
  }

  /** Reads of time, randomness and facts belong to this step from now on. */
  enter(step: number): void {
    this.#step = step;
  }

  /** Wall-clock ms. */
  now(): number {
    return Number(this.#read(CLOCK.now.name, () => this.options.ports.clock.now()));
  }

  uuid(): string {
    return asText(this.#read(RANDOM.uuid.name, () => this.options.ports.random.uuid()));
  }

  random(): number {
    return Number(this.#read(RANDOM.next.name, () => this.options.ports.random.next()));
  }

  /** A `$call.*` value; journalled when it is not what it was at the last read. */
  fact(name: string): Json | undefined {
    const ask = ++this.#asks;
    const value = this.options.answers.read({ ask, op: FACT.name, request: name }, () =>
      factOf(this.options.ports.facts.read(), name),
    );
    const text = value === undefined ? '' : JSON.stringify(value);
    if ((this.#facts.get(name) ?? '') === text) return value;
    this.#facts.set(name, text);
    this.#journalAnswer(this.#step, { ask, op: FACT.name }, { name, value: value ?? null });
    return value;
  }

  /** What a widget may use, bound to one step. */
  bind(scope: StepScope): Operations & Pick<WidgetContext, 'random'> {
    const { call, webhook, functions } = this.options.ports;
    return {
      call: {
        ...this.#bound(scope, CALL, call),
        collect: (request) => this.#collect(scope, request),
        hangup: (request) => this.#hangupHeard(scope, request.cause),
      },
      webhook: this.#bound(scope, { request: WEBHOOK.request, send: WEBHOOK.send }, webhook),
      functions: this.#bound(scope, FUNCTION, functions),
      clock: { now: () => this.now(), sleep: (ms) => this.#sleep(scope, ms) },
      random: { next: () => this.random(), uuid: () => this.uuid() },
      race: (contestants) => race(scope, contestants, (inner) => this.bind(inner), this.options.stray),
    };
  }

  /**
   * Sends a request that the flow does not wait for, and gives its answer; null when the call ended first. Only an answer that is given
   * is an input: nothing else of it is journalled after the question.
   */
  async requestAside(step: number, call: WebhookCall): Promise<WebhookAnswer | null> {
    const { answers, ports, isUp } = this.options;
    const question = this.#journalAsk(step, WEBHOOK.requestAside, call);
    const never = new AbortController().signal;
    try {
      const answer = await answers.answer(question, () => ports.webhook.requestAside(call), never);
      await this.#enter(question.ask);
      if (!isUp()) return null;
      this.#journalAnswer(step, question, shownAnswer(WEBHOOK.requestAside, answer, call));
      return answer;
    } catch (error) {
      this.options.stray(error);
      return null;
    } finally {
      this.#order.dropped(question.ask);
    }
  }

  /** The verbs of a port, bound to a step: what is asked and answered goes through the journal as the table says. */
  #bound<G extends Readonly<Record<string, object>>>(
    scope: StepScope,
    rows: G,
    port: { readonly [V in keyof G]: (...args: never) => Promise<unknown> },
  ): { readonly [V in keyof G]: BoundVerb<G[V]> } {
    const bound = Object.entries(rows).map(([verb, row]) => {
      const operation = row as Operation<string, unknown, object | null>;
      const ask = (request?: unknown): Promise<object | null> =>
        this.ask(scope, operation, request ?? null, {
          live: async (signal) => {
            const live = port[verb] as LiveVerb;
            const answer = request === undefined ? live.call(port, signal) : live.call(port, request, signal);
            return (await answer) ?? null;
          },
        });
      return [verb, ask];
    });
    return Object.fromEntries(bound) as { readonly [V in keyof G]: BoundVerb<G[V]> };
  }

  async #collect(scope: StepScope, request: CollectRequest): Promise<CollectAnswer> {
    const collected = await this.ask(scope, CALL.collect, request, {
      live: (signal) => this.options.ports.call.collect(request, signal),
      noted: (given) => this.options.collected(given, request),
      returned: (given, { ask }) => {
        if (!('keys' in given) || !scope.ended.aborted) return;
        const left = { kind: 'left', digits: given.digits, keys: given.keys } as const;
        this.options.collected(left, request);
        const answer = redact(shownAnswer(CALL.collect, left, request), this.options.maskedTexts());
        this.options.journal({ type: 'collect.left', step: scope.step, ask, answer });
      },
    });
    if (collected.kind === 'left') throw new Aborted(`${CALL.collect.name}: the step is over`);
    return collected;
  }

  async #sleep(scope: StepScope, ms: number): Promise<void> {
    await this.ask(scope, CLOCK.sleep, ms, {
      live: async (signal) => {
        await this.options.ports.clock.sleep(ms, signal);
        return null;
      },
    });
  }

  /** Ends the call for a widget. A caller who was left in silence hears the goodbye first; a cause of the flow's own says it all. */
  async #hangupHeard(scope: StepScope, cause: number): Promise<Done> {
    const { goodbye } = this.options;
    if (!this.unheard || cause !== NORMAL_CLEARING || goodbye === undefined) return this.hangup(scope, cause);
    await goodbye(scope);
    if (scope.ended.aborted) throw new Aborted(`${CALL.hangup.name}: the call is over`);
    return this.hangup(scope, TEMPORARY_FAILURE, 'prompt-failed');
  }

  /** Ends the call. From here on the end of the call is the flow's own doing and aborts nothing the flow decided. */
  async hangup(scope: StepScope, cause: number, reason?: 'prompt-failed'): Promise<Done> {
    const request = { cause, ...(reason && { reason }) };
    this.options.hungUp();
    const { call } = this.options.ports;
    const never = new AbortController();
    return this.ask(scope, CALL.hangup, request, {
      live: async () => {
        try {
          return await call.hangup(request, never.signal);
        } catch (error) {
          // The call went away by itself meanwhile: it is over, which is what was asked.
          if (error instanceof Aborted) return { kind: 'done' };
          throw error;
        }
      },
    });
  }

  /** Asks one question. Rejects with {@link Aborted} when the step ends first, or had ended before. */
  async ask<R, A extends object | null>(
    scope: StepScope,
    operation: Operation<string, R, A>,
    request: R,
    { live, noted, returned }: Live<A>,
  ): Promise<A> {
    const { name, detached = false } = operation;
    if (scope.closed) throw new Aborted(`${name}: the step is over`);
    const { step } = scope;
    const question = this.#journalAsk(step, operation, request);
    const run = async (signal: AbortSignal): Promise<A> => {
      const answer = await this.options.answers.answer(question, live, signal);
      returned?.(answer, question);
      return answer;
    };
    try {
      const answer = await (detached ? run(new AbortController().signal) : scope.track(run));
      await this.#enter(question.ask);
      if (scope.ended.aborted && !detached) throw new Aborted(`${name}: answered after the end of the step`);
      noted?.(answer);
      this.#journalAnswer(step, question, shownAnswer(operation, answer, request));
      this.#noteHeard(operation, request, answer);
      return answer;
    } finally {
      this.#order.dropped(question.ask);
    }
  }

  #noteHeard<R, A extends object | null>(operation: Operation<string, R, A>, request: R, answer: A): void {
    const failed = isOfCall(operation) ? failedPrompt(answer) : null;
    if (operation.speaks?.(request) === true || failed !== null) this.#unheard.note(operation, failed);
    if (failed !== null) this.options.promptFailed(failed);
  }

  #journalAsk<R, A>(step: number, operation: Operation<string, R, A>, given: R): Question {
    const ask = ++this.#asks;
    const op = operation.name;
    const request = redact(shownRequest(operation, given), this.options.maskedTexts());
    this.options.journal({ type: 'ask', step, ask, op, request });
    this.#order.asked(ask);
    return { ask, op, request };
  }

  /** Waits until the answer may come in. Waits for nothing while there is one thing going on. */
  async #enter(ask: number): Promise<void> {
    for (let wait = this.#order.enter(ask, this.#asks); wait !== null; wait = this.#order.enter(ask, this.#asks)) await wait;
  }

  #read(op: string, live: () => Json): Json {
    const ask = ++this.#asks;
    const value = this.options.answers.read({ ask, op, request: null }, live) ?? null;
    this.#journalAnswer(this.#step, { ask, op }, value);
    return value;
  }

  #journalAnswer(step: number, { ask, op }: { readonly ask: number; readonly op: string }, answer: Json): void {
    this.options.journal({ type: 'answer', step, ask, op, answer: redact(answer, this.options.maskedTexts()) });
  }
}

/** A fact by name; the names of SIP headers match in any case (RFC 3261 section 7.3.1). */
function factOf(facts: { readonly [key: string]: Json }, name: string): Json | undefined {
  if (Object.hasOwn(facts, name)) return facts[name];
  if (!name.startsWith('sipheader.')) return undefined;
  const wanted = name.toLowerCase();
  const found = Object.keys(facts).find((key) => key.toLowerCase() === wanted);
  return found === undefined ? undefined : facts[found];
}
