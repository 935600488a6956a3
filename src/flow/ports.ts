import type { Json, JsonObject } from '../lib/json/json.js';
import type { Done } from '../model/call-verbs.js';
import type { CALL, PortOf } from '../model/operations.js';
import type { WebhookCall, WebhookAnswer } from '../model/webhook.js';
import type { FunctionCall, FunctionAnswer } from '../model/function.js';

/*
 * The ports a flow run needs, declared here by their consumer; `call`, `webhooks`, `functions` and `store` implement them and
 * `app` joins them. The values in them are declared in `model`. Every answer is a recorded input
 * (docs/decisions/0003-journal-first.md): it is appended to the call's journal before the widget sees it. Answers are therefore
 * plain JSON, and requests carry no functions.
 *
 * Cancellation: every operation takes the run's `AbortSignal`. When it aborts (the caller hung up, the call reached its limit,
 * the process drains) a pending operation stops what it is doing and rejects with `Aborted`. Everything else that can go wrong
 * is a value in the answer. The signal is that of the operation alone: it says nothing about what an operation started (music,
 * a recording), which lives on until it is stopped or the call ends.
 */

/**
 * What a flow can ask of the call it runs on, by the table of operations. An unanswered call is answered by the first operation that needs
 * the caller's ear.
 */
export type CallPort = PortOf<typeof CALL>;

export interface WebhookPort {
  /** Sends now and waits for the whole answer, at most `timeoutMs`. */
  request(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer>;
  /** Sends without waiting (docs/behaviour.md#not-waiting); resolves once accepted for sending. The request outlives the call. */
  send(call: WebhookCall): Promise<Done>;
  /**
   * Sends as {@link send} does, and resolves with the answer, for code that still uses it then
   * (docs/behaviour.md#late-answers). Never rejects with `Aborted`.
   */
  requestAside(call: WebhookCall): Promise<WebhookAnswer>;
}

export interface FunctionPort {
  /** Calls a function and waits, at most `timeoutMs`. */
  call(request: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer>;
  /**
   * Calls one without waiting; resolves once it is on its way. It outlives the call (docs/behaviour.md#requests-outlive-calls).
   */
  send(request: FunctionCall): Promise<Done>;
}

/** Variables stored per contact: `$user.key.*` (docs/behaviour.md#stored-variables). */
export interface UserVariablesPort {
  load(contact: string): Promise<JsonObject>;
  save(contact: string, name: string, value: Json): Promise<Done>;
}

/** Time as a flow sees it. */
export interface FlowClock {
  /** Wall-clock ms. */
  now(): number;
  /** Resolves after `ms`; rejects with `Aborted`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * The `$call.*` values at this moment (docs/behaviour.md#call-variables). Keys without the `$call.` prefix; absent when not known
 * yet.
 */
export interface CallFactsPort {
  read(): JsonObject;
}

/**
 * Everything a run needs from outside: the call, webhooks, functions, variables of users, clock, facts of the call, randomness. The flow room
 * declares these ports; call, webhooks, functions and store fit them by shape, and `src/app` joins them. A run journals each request and
 * answer, so a replay gives the same widgets the answers of before through the same ports.
 *
 * @example
 * // A run in a test: only the ports that its widgets use do something.
 * const run = createFlowRun({ flow, ports: { ...silentPorts, webhook: fakeWebhook }, journal, log, limits, signal });
 */
export interface FlowPorts {
  readonly call: CallPort;
  readonly webhook: WebhookPort;
  readonly functions: FunctionPort;
  readonly users: UserVariablesPort;
  readonly clock: FlowClock;
  readonly facts: CallFactsPort;
  readonly random: { next(): number; uuid(): string };
}
