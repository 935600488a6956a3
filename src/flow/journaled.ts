import { Aborted, untilAborted } from '../lib/clock.js';
import type { Json } from '../lib/json.js';
import { asText } from './escape.js';
import type { AnswerSource } from './answers.js';
import type { JournalEvent } from './journal.js';
import { asJson, redact, shownCollect, shownCollectAnswer, shownPlay, shownWebhook, shownWebhookAnswer } from './masking.js';
import type { CollectAnswer, CollectRequest, Done, FlowPorts } from './ports.js';
import type { WidgetContext } from './widget.js';

/** The life of one step, to which every operation is bound. */
export interface StepScope {
  readonly step: number;
  /** Aborts the operations that are pending; none begins afterwards. */
  close(): void;
  readonly closed: boolean;
  /** Runs an operation that can be aborted. */
  track<A>(operation: (signal: AbortSignal) => Promise<A>): Promise<A>;
}

/** One question, with what the journal shows of it. */
interface Asked<A> {
  readonly op: string;
  readonly request: Json;
  readonly live: (signal: AbortSignal) => Promise<A>;
  readonly shown?: (answer: A) => Json;
  /** Told the answer before anybody else. */
  readonly noted?: (answer: A) => void;
  /** Goes on when the step or the call ends. */
  readonly detached?: true;
}

export interface InputOptions {
  readonly ports: FlowPorts;
  readonly answers: AnswerSource;
  readonly journal: (event: JournalEvent) => void;
  /** Masked values of the run so far. */
  readonly maskedTexts: () => readonly string[];
  readonly collected: (answer: CollectAnswer, request: CollectRequest) => void;
  readonly hungUp: () => void;
}

/**
 * Every contact of a run with the world (decision D3): asks, waits, and appends question and answer to the journal before the
 * widget sees the answer.
 */
export class Inputs {
  #asks = 0;
  #step = 0;
  /** `$call.*` as last journalled, as JSON text. */
  readonly #facts = new Map<string, string>();

  constructor(private readonly options: InputOptions) {}

  /** Reads of time, randomness and facts belong to this step from now on. */
  enter(step: number): void {
    this.#step = step;
  }

  /** Wall-clock ms. */
  now(): number {
    return Number(this.#read('clock.now', () => this.options.ports.clock.now()));
  }

  uuid(): string {
    return asText(this.#read('random.uuid', () => this.options.ports.random.uuid()));
  }

  random(): number {
    return Number(this.#read('random.next', () => this.options.ports.random.next()));
  }

  /** A `$call.*` value; journalled when it is not what it was at the last read. */
  fact(name: string): Json | undefined {
    const ask = ++this.#asks;
    const value = this.options.answers.read({ ask, op: 'fact', request: name }, () =>
      factOf(this.options.ports.facts.read(), name),
    );
    const text = value === undefined ? '' : JSON.stringify(value);
    if ((this.#facts.get(name) ?? '') === text) return value;
    this.#facts.set(name, text);
    this.#journalAnswer(this.#step, { ask, op: 'fact' }, { name, value: value ?? null });
    return value;
  }

  /** What a widget may use, bound to one step. */
  bind(scope: StepScope): Pick<WidgetContext, 'call' | 'webhook' | 'clock' | 'random'> {
    const { call, webhook, clock } = this.options.ports;
    return {
      call: {
        answer: () => this.ask(scope, { op: 'call.answer', request: null, live: (signal) => call.answer(signal) }),
        play: (request) =>
          this.ask(scope, { op: 'call.play', request: shownPlay(request), live: (signal) => call.play(request, signal) }),
        collect: (request) =>
          this.ask(scope, {
            op: 'call.collect',
            request: shownCollect(request),
            live: (signal) => call.collect(request, signal),
            shown: (answer) => shownCollectAnswer(answer, request.mask),
            noted: (answer) => this.options.collected(answer, request),
          }),
        startMusic: (request) =>
          this.ask(scope, {
            op: 'call.startMusic',
            request: asJson(request),
            live: (signal) => call.startMusic(request, signal),
          }),
        stopMusic: () => this.ask(scope, { op: 'call.stopMusic', request: null, live: (signal) => call.stopMusic(signal) }),
        startRecording: (request) =>
          this.ask(scope, {
            op: 'call.startRecording',
            request: asJson(request),
            live: (signal) => call.startRecording(request, signal),
          }),
        stopRecording: (request) =>
          this.ask(scope, {
            op: 'call.stopRecording',
            request: asJson(request),
            live: (signal) => call.stopRecording(request, signal),
          }),
        hangup: (request) => this.hangup(scope, request.cause),
      },
      webhook: {
        request: (request) =>
          this.ask(scope, {
            op: 'webhook.request',
            request: shownWebhook(request),
            live: (signal) => webhook.request(request, signal),
            shown: (answer) => shownWebhookAnswer(answer, request),
          }),
        send: (request) =>
          this.ask(scope, {
            op: 'webhook.send',
            request: shownWebhook(request),
            live: () => webhook.send(request),
            detached: true,
          }),
      },
      clock: {
        now: () => this.now(),
        sleep: async (ms) => {
          await this.ask(scope, {
            op: 'clock.sleep',
            request: ms,
            live: async (signal) => {
              await clock.sleep(ms, signal);
              return null;
            },
          });
        },
      },
      random: { next: () => this.random(), uuid: () => this.uuid() },
    };
  }

  /** Ends the call. From here on the end of the call is the flow's own doing and aborts nothing the flow decided. */
  async hangup(scope: StepScope, cause: number): Promise<Done> {
    this.options.hungUp();
    const { call } = this.options.ports;
    const never = new AbortController();
    return this.ask(scope, {
      op: 'call.hangup',
      request: { cause },
      live: async () => {
        try {
          return await call.hangup({ cause }, never.signal);
        } catch (error) {
          // The call went away by itself meanwhile: it is over, which is what was asked.
          if (error instanceof Aborted) return { kind: 'done' };
          throw error;
        }
      },
      detached: true,
    });
  }

  /** Asks one question. Rejects with {@link Aborted} when the step ends first, or had ended before. */
  async ask<A extends object | null>(scope: StepScope, asked: Asked<A>): Promise<A> {
    if (scope.closed) throw new Aborted(`${asked.op}: the step is over`);
    const ask = ++this.#asks;
    const { op } = asked;
    const request = redact(asked.request, this.options.maskedTexts());
    const { step } = scope;
    this.options.journal({ type: 'ask', step, ask, op, request });
    const operation = (signal: AbortSignal): Promise<A> => this.options.answers.answer({ ask, op, request }, asked.live, signal);
    const answer = await (asked.detached === true ? operation(new AbortController().signal) : scope.track(operation));
    asked.noted?.(answer);
    this.#journalAnswer(step, { ask, op }, asked.shown?.(answer) ?? asJson(answer));
    return answer;
  }

  #read(op: string, live: () => Json): Json {
    const ask = ++this.#asks;
    const value = this.options.answers.read({ ask, op, request: null }, live) ?? null;
    this.#journalAnswer(this.#step, { ask, op }, value);
    return value;
  }

  #journalAnswer(step: number, question: { readonly ask: number; readonly op: string }, answer: Json): void {
    this.options.journal({ type: 'answer', step, ...question, answer: redact(answer, this.options.maskedTexts()) });
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

/** Opens the scope of a step. It closes with `signal`, or when the step is done. */
export function openScope(step: number, signal: AbortSignal): StepScope {
  const pending = new Set<AbortController>();
  let closed = signal.aborted;
  const close = (): void => {
    closed = true;
    signal.removeEventListener('abort', close);
    for (const controller of pending) controller.abort();
    pending.clear();
  };
  signal.addEventListener('abort', close, { once: true });
  return {
    step,
    close,
    get closed() {
      return closed;
    },
    async track(operation) {
      const controller = new AbortController();
      pending.add(controller);
      try {
        return await untilAborted(operation(controller.signal), controller.signal);
      } finally {
        pending.delete(controller);
      }
    },
  };
}
