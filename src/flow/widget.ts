import type { z } from 'zod';
import type { WIDGET_CHECK_CODES } from '../lib/codes/widget-checks.js';
import type { Json } from '../lib/json/json.js';
import type { Logger } from '../lib/log/log.js';
import type { Result } from '../lib/result.js';
import type { Namespace } from './namespace.js';
import type { CallPort, FunctionPort, WebhookPort } from './ports.js';
import type { SecretText, WebhookAnswer, WebhookCall } from '../model/webhook.js';
import type { RequestRules } from '../model/request-rules.js';
import type { CollectLeft } from '../model/call-verbs.js';
import type { Segment } from '../model/segment.js';
import type { Prompt } from './prompt.js';

/** What an exit means and where the flow goes when nobody wired it. */
export interface ExitDoc {
  readonly summary: string;
  /** Taken instead when this exit is not wired, e.g. `interrupted` → `done`. */
  readonly fallback?: string;
  /** An error exit: when not wired it goes to the widget's `onError`, the flow's `onError`, then a polite goodbye. */
  readonly error?: true;
}

/** How variable values are escaped when they are put into a text. */
export type TemplateMode = 'text' | 'url' | 'json' | 'xml' | 'form' | 'cookie';

/** A template with its variables put in. */
export interface Resolved<T> {
  readonly value: T;
  /** Tokens that had no value, e.g. `$flow.key.order`; they were replaced by empty text. */
  readonly missing: readonly string[];
  /** True when a masked value went in: whatever is made from it is masked too. */
  readonly masked: boolean;
  /** Mode `url` only: why no request may go there, as a sentence part that holds no value; absent when one may. */
  readonly refused?: string;
}

/** The variables of a run, read and written by widgets (docs/behaviour.md#namespaces). */
export interface Variables {
  /** Puts variables into a text. `$secret.*` is not legal here (the checker refuses it) and resolves to nothing. */
  text(template: string, mode?: TemplateMode): Resolved<string>;
  /** The same for the fields where secrets are legal: secrets stay references. */
  secretText(template: string, mode?: TemplateMode): Resolved<SecretText>;
  /** A template that is exactly one token yields the typed value (null when it has none); any other yields text. */
  typed(template: string): Resolved<Json>;
  /** The value of one variable named with its namespace (`$flow.key.order`), or undefined. */
  get(name: string): Json | undefined;
  /** Every variable of a namespace that flows write, in the order of first setting, by full name. */
  all(namespace: Namespace): readonly { readonly name: string; readonly value: Json; readonly masked: boolean }[];
  /** Sets a writable variable; journalled. `masked` values are journalled as `***`. */
  set(name: string, value: Json, options?: { readonly masked?: boolean }): void;
  /** Forgets a variable's value; journalled. */
  clear(name: string): void;
  /** Evaluates an expression (CEL; variables as `flow.key.x`, `call.x`, `user.key.x`, `sys.x`, `widget.id.x`, `param.NAME`). */
  evaluate(expression: string): Result<Resolved<Json>, string>;
  /** Puts variables into a prompt and gives the segments to play. */
  segments(prompt: Prompt): Resolved<readonly Segment[]>;
}

/** Signal-free faces of the ports: the engine binds each operation to the run's `AbortSignal` and to the journal. */
type Bound<P> = {
  readonly [K in keyof P]: P[K] extends (request: infer R, signal: AbortSignal) => infer A
    ? R extends AbortSignal
      ? () => A
      : (request: R) => Answered<A>
    : P[K];
};

/** What the journal alone is told is no answer to a widget. */
type Answered<A> = A extends Promise<infer V> ? Promise<Exclude<V, CollectLeft>> : A;

/** What takes time. */
export interface Operations {
  readonly call: Bound<CallPort>;
  readonly webhook: Pick<Bound<WebhookPort>, 'request' | 'send'>;
  readonly functions: Bound<FunctionPort>;
  /** `sleep` is bound to the run. */
  readonly clock: { now(): number; sleep(ms: number): Promise<void> };
  /**
   * Does several things at once and ends the losers, e.g. a request, the prompts of the wait and a key that leaves it. The contestants
   * start in their order. The first that resolves with anything but null wins; null steps aside and leaves the race to the others.
   * Whatever the losers are waiting for is aborted, and their ports take nothing more. Music they started plays on until it is stopped.
   * A contestant may hold a race of its own.
   *
   * Rejects as soon as a contestant does, with `Aborted` when the call ends, and when all have stepped aside.
   */
  readonly race: <T>(contestants: Contestants<T>) => Promise<T>;
}

/** One side of a race. It touches the world through its own ports only: those of the widget would outlive it. */
export type Contestant<T> = (ports: Operations) => Promise<T | null>;

export type Contestants<T> = readonly [Contestant<T>, ...Contestant<T>[]];

/**
 * Everything a widget may touch while it runs: the operations of the call, webhooks, functions and clock, and its variables, randomness and
 * log. There is nothing else: no wall clock, no I/O, no telephony. Each operation is journaled and ends with the call (`Aborted`), so a
 * widget needs no clean-up of its own and behaves the same in a replay.
 *
 * @example
 * async run({ prompt }, context) {
 *   const segments = context.vars.segments(prompt).value;
 *   const played = await context.call.play({ segments, loop: 1, level: 0, bargeIn: false, stopKeys: '' });
 *   return played.kind === 'failed' ? 'error' : 'done';
 * }
 */
export interface WidgetContext extends Operations {
  /** The widget's id in its flow. */
  readonly id: string;
  readonly vars: Variables;
  readonly webhook: Operations['webhook'] & {
    /**
     * Sends without keeping the flow (docs/behaviour.md#not-waiting). When the answer comes while the call is up, `apply` is
     * given it, between two steps of the flow or in the middle of one; after the end of the call never. The request outlives the
     * call.
     */
    requestAside(call: WebhookCall, apply: (answer: WebhookAnswer) => void): void;
  };
  readonly random: { next(): number; uuid(): string };
  readonly log: Logger;
  /** Names of the exits the flow wires for this widget. */
  readonly wired: readonly string[];
  /** Stores the result shown as `$widget.<id>.*`. `masked`: it was made from masked digits. */
  result(value: { readonly [key: string]: Json }, options?: { readonly masked?: boolean }): void;
  /** Keeps the flow's variables queryable after the call (docs/behaviour.md#persist). */
  persist(): void;
  /**
   * Language and time zone of the flow. `textsAsNumbers`: the call that is replayed began when texts written as numbers were compared as
   * numbers.
   */
  readonly flow: { readonly language: string; readonly timeZone: string; readonly textsAsNumbers?: true };
}

/** What a widget's own check may find: kinds of its own, and those that have their code because other places find them too. */
export type WidgetProblemCode =
  | keyof typeof WIDGET_CHECK_CODES
  | 'FLOW_INVALID'
  | 'CREDENTIAL_UNKNOWN'
  | 'SIGNER_UNKNOWN'
  | 'SIGNATURE_MOVED'
  | 'FUNCTION_UNKNOWN'
  | 'FUNCTION_UNKNOWN_SERVICE'
  | 'FUNCTION_NOT_AVAILABLE'
  | 'FUNCTION_BAD_INPUT';

/** Something wrong with a widget's configuration. */
export interface WidgetProblem {
  /** The kind of problem. */
  readonly code: WidgetProblemCode;
  /** Inside the widget, e.g. `digits.min`. */
  readonly path: string;
  readonly message: string;
  /** Default: that of the code. */
  readonly advice?: string | undefined;
  /** An error refuses the flow; a warning tells the author of something that has no effect. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

/** What a row of a mapping reads of an answer, and the variable that takes it. */
export type MappedRow = { readonly saveIn: string } & (
  { readonly path: string } | { readonly header: string } | { readonly status: true }
);

/** How a widget is tested without a call (docs/behaviour.md#test-requests). */
export interface WidgetTest<C = unknown> {
  /** What the result shows: `request` an HTTP request with its answer and mapping, `call` the call of a function. */
  readonly shows: 'request' | 'call';
  /** Whether fields without a type are those of such a widget. Of several the first in the catalogue counts. */
  fits(fields: Readonly<Record<string, unknown>>): boolean;
  /** Rows of its mapping, in their order; none when absent. */
  mapping?(config: C): readonly MappedRow[];
}

/**
 * One widget type: documentation, schema, exits and behaviour in one declaration
 * (docs/decisions/0009-a-widget-is-declared-once.md). Checker, reference, JSON schema and engine read this declaration; no other
 * file knows a widget by its name. Write it with {@link defineWidget}, in a file or folder of `src/widgets/`, and add it to the index
 * (docs/contributing/widget.md).
 *
 * @example
 * export const hangup = defineWidget({
 *   type: 'hangup',
 *   version: 1,
 *   summary: 'Ends the call.',
 *   docs: '…',
 *   example: { type: 'hangup' },
 *   config: z.strictObject({ cause: z.number().int().min(1).max(127).default(16) }),
 *   exits: () => ({}),
 *   audio: false,
 *   waits: false,
 *   async run({ cause }, context) {
 *     await context.call.hangup({ cause });
 *     return 'end';
 *   },
 * });
 */
export interface WidgetDefinition<C = unknown> {
  /** The word in a flow's `type`. */
  readonly type: string;
  readonly version: number;
  /** One line for lists. */
  readonly summary: string;
  /** Markdown for the reference page; starts at heading level 3 if it needs headings. */
  readonly docs: string;
  /** A flow snippet that passes the checker, shown on the reference page. */
  readonly example: { readonly [key: string]: Json };
  /** Strict object schema of the widget's own fields (without id, type, label, notes, exits, onError). */
  readonly config: z.ZodType<C>;
  /**
   * Exits of this configuration; a menu's depend on its keys. A widget without exits ends the flow (its `run` returns `end`).
   * `wired` names the exits the flow wires: a webhook has a status exit for every status that is wired
   * (docs/behaviour.md#status-exits).
   */
  exits(config: C, wired: readonly string[]): Readonly<Record<string, ExitDoc>>;
  /** What an author may have meant who wires an exit that this widget has not, as a sentence; null when nobody can tell. */
  exitAdvice?(exit: string, config: C): string | null;
  /** Needs the caller's ear: refused in anchors. */
  readonly audio: boolean | ((config: C) => boolean);
  /** Waits for something outside (caller, time, HTTP): breaks a cycle. So does a counter's limit. */
  readonly waits: boolean;
  /** Variables this configuration writes, with namespace; they count as declared. */
  writes?(config: C, requests?: RequestRules): readonly string[];
  /** Variables it reads that no text of its configuration names; they have to exist like those that are named. */
  reads?(config: C): readonly { readonly path: string; readonly variable: string }[];
  /** Fields of `$widget.<id>.*` that it may leave, besides `error` and `message`. Any field is taken for one when absent. */
  readonly results?: readonly string[];
  /**
   * What the caller answered, as text, when this widget left by `exit` having last set a variable to `saved`; null: nothing. Absent: it
   * asks the caller nothing.
   */
  callersAnswer?(exit: string, saved: Json | null): string | null;
  /** Configured services whose functions it calls, read from its fields as their author wrote them, fit to run or not. */
  services?(written: Readonly<Record<string, unknown>>): readonly string[];
  /** How a test request runs it without a call; absent: it cannot be tested. */
  readonly test?: WidgetTest<C>;
  /** Prompts of this configuration, so that those without variables are rendered when the flow is loaded. */
  prompts?(config: C): readonly Prompt[];
  /**
   * Fields where `$secret.NAME` is legal because they go through `secretText` (docs/decisions/0014-secrets-by-name.md): dotted
   * paths inside the configuration, `*` for any index or key, e.g. `url`, `headers.*.value`, `auth.password`. The checker refuses
   * it elsewhere.
   */
  readonly secretFields?: readonly string[];
  /**
   * Fields that hold the address of a request, same patterns; plain http is refused where the site does not allow it
   * (docs/behaviour.md#plain-http).
   */
  readonly urlFields?: readonly string[];
  /** Fields that hold an expression for `evaluate`, same patterns; parsed and type-checked when the flow is loaded. */
  readonly expressionFields?: readonly string[];
  /** Fields whose `$` is not a variable, same patterns, e.g. a path into an answer (`$[0].id`) or a regular expression. */
  readonly literalFields?: readonly string[];
  /**
   * Problems that the schema cannot see, e.g. two conditions of one name, or a value that fails whatever the variables hold.
   *
   * @param requests what the webhook room knows of requests; absent where a flow is checked without it
   */
  check?(config: C, requests?: RequestRules): readonly WidgetProblem[];
  /** Does the work and names the exit. May throw `Aborted` (call over) or a bug; expected failures are exits. */
  run(config: C, context: WidgetContext): Promise<string>;
}

/** Identity with types: the one way to declare a widget. */
export function defineWidget<C>(definition: WidgetDefinition<C>): WidgetDefinition<C> {
  return definition;
}

/** The widget types a runtime knows, by type. */
export type WidgetCatalogue = ReadonlyMap<string, WidgetDefinition>;
