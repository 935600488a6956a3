import { USERS } from '../../model/operations.js';
import { DEFAULT_GOODBYE } from '../../lib/goodbye.js';
import type { Json, JsonObject } from '../../lib/json/json.js';
import type { Logger } from '../../lib/log/log.js';
import { MASK } from '../../lib/mask.js';
import { liveAnswers, type AnswerSource } from './answer-source.js';
import type { Flow } from '../document/document.js';
import { asText } from '../variables/escape.js';
import { Engine, type Branch, type BranchEnd } from './engine.js';
import type { JournalEvent } from '../../model/journal.js';
import { readsResult } from '../document/reads-result.js';
import { speakGoodbye, type Goodbye } from './goodbye.js';
import { JournaledPorts, NORMAL_CLEARING, TEMPORARY_FAILURE } from './journaled-ports.js';
import { asJson, redact, shownError } from '../journal/masking.js';
import { declaredBy, formatName, isValidName, isWritable } from '../variables/names.js';
import type { FlowPorts } from '../ports.js';
import { parseName } from '../variables/scanner.js';
import { openScope, type StepScope } from './step-scope.js';
import type { Stored } from '../variables/store.js';
import { mayBeginUrl } from '../variables/url-beginning.js';
import { RunVariables, type VariableChange } from './run-variables.js';

export type { Goodbye };

/** How long stored variables of the contact may keep the caller waiting, ms. */
const USER_VARIABLES_TIMEOUT_MS = 2000;

export interface FlowRunOptions {
  readonly flow: Flow;
  readonly ports: FlowPorts;
  /** Told every entry in order, synchronously. */
  readonly journal: (event: JournalEvent) => void;
  readonly log: Logger;
  /** `maxSteps`: widgets one call may run when the flow does not say. */
  readonly limits: { readonly maxSteps: number };
  /** Whose `$user.key.*` these are, usually the caller's number; null when unknown. */
  readonly contact: string | null;
  /** Aborts when the call is over. */
  readonly signal: AbortSignal;
  /** Values set before the first widget, over those of the flow: `$flow.key.x` or the short names of a flow's `variables`. */
  readonly initial?: JsonObject;
  readonly goodbye?: Goodbye;
  /** Whether the site lets the variable of that name be the beginning of a URL; none may when absent. */
  readonly urlVariable?: (name: string) => boolean;
  /** Results that go into the journal: the fields wanted of each widget; none when absent. */
  readonly results?: ReadonlyMap<string, ReadonlySet<string>>;
  /** The world, unless a journal is replayed. */
  readonly answers?: AnswerSource;
  /** Texts written as numbers are compared as numbers, as in calls of before; a replay alone asks for it. */
  readonly textsAsNumbers?: boolean;
  /** A flow that ends when its last prompt failed just ends, and the goodbye has no stand-in, as in calls of before; a replay alone asks for it. */
  readonly quietPromptFailures?: boolean;
}

/** How a run ended. `lastWidget` is the widget entered last, null when there was none. */
export type RunOutcome = BranchEnd & { readonly lastWidget: string | null };

/** One call's walk through a flow. */
export interface FlowRun {
  /** From `start` to the end. Afterwards the call has been hung up, unless it was over before. Resolves in every case. */
  main(): Promise<RunOutcome>;
  /**
   * Runs an anchor's branch after `main` has ended (docs/behaviour.md#order-at-the-end); completes at once when the flow has
   * none.
   */
  anchor(name: 'onRemoteHangup' | 'onFlowComplete', signal: AbortSignal): Promise<RunOutcome>;
  /** Variables set so far by full name, masked ones as `***`. */
  variables(): ReadonlyMap<string, Stored>;
}

/** Prepares a run. Nothing happens before `main()`. */
export function createFlowRun(options: FlowRunOptions): FlowRun {
  return new Run(options);
}

class Run implements FlowRun {
  readonly #options: FlowRunOptions;
  readonly #engine: Engine;
  readonly #inputs: JournaledPorts;
  readonly #variables: RunVariables;
  /** The last save of a stored variable: they go one after the other, and the run ends when they are done. */
  #saved: Promise<void> = Promise.resolve();
  #ended: Promise<RunOutcome> | null = null;

  constructor(options: FlowRunOptions) {
    const { flow, ports, journal, log } = options;
    this.#options = options;
    this.#inputs = new JournaledPorts({
      ports,
      journal,
      answers: options.answers ?? liveAnswers,
      maskedTexts: () => this.#variables.maskedTexts(),
      collected: (answer, request) => {
        if ('digits' in answer) this.#variables.setDigits(answer.digits, request.mask);
      },
      hungUp: () => this.#engine.noteHangup(),
      isUp: () => this.#isUp(),
      promptFailed: (failed) => this.#engine.promptFailed(failed),
      ...(options.quietPromptFailures !== true && { goodbye: (scope) => this.#speakGoodbye(scope) }),
      stray: (error) => {
        log.error(
          { code: 'FLOW_WIDGET_CRASHED', ...this.#shown(error), step: this.#engine.step },
          'an operation that nobody waits for any more failed',
        );
      },
    });
    const { language, timeZone } = flow.document;
    this.#variables = new RunVariables({
      flow: { id: flow.id, name: flow.name, version: flow.version, language, timeZone },
      fact: (name) => this.#inputs.fact(name),
      now: () => this.#inputs.now(),
      uuid: () => this.#inputs.uuid(),
      changed: (change) => this.#changed(change),
      result: (widget, value, masked) => this.#resulted(widget, value, masked),
      reads: (widget, field) => readsResult(flow.document, widget, field),
      beginsUrl: (variable, value) => mayBeginUrl(variable, value, { flow, isListed: options.urlVariable ?? (() => false) }),
    });
    const maxSteps = flow.document.maxSteps ?? options.limits.maxSteps;
    const textsAsNumbers = options.textsAsNumbers ?? false;
    this.#engine = new Engine({ flow, inputs: this.#inputs, variables: this.#variables, journal, log, maxSteps, textsAsNumbers });
  }

  variables(): ReadonlyMap<string, Stored> {
    return this.#variables.snapshot();
  }

  main(): Promise<RunOutcome> {
    this.#ended ??= this.#main();
    return this.#ended;
  }

  async anchor(name: 'onRemoteHangup' | 'onFlowComplete', signal: AbortSignal): Promise<RunOutcome> {
    await this.#ended;
    const start = this.#options.flow.document[name];
    const end: BranchEnd = start === null ? { kind: 'completed' } : await this.#walk(start, name, signal);
    await this.#saved;
    return { ...end, lastWidget: this.#engine.lastWidget };
  }

  async #main(): Promise<RunOutcome> {
    const { flow, signal } = this.#options;
    this.#setInitial(flow.document.variables);
    this.#setInitial(this.#options.initial ?? {});
    await this.#loadUserVariables();
    const end = await this.#walk(flow.document.start, 'start', signal);
    if (end.kind === 'faulted' || (end.kind === 'completed' && this.#leftInSilence)) await this.#sayGoodbye();
    else if (end.kind === 'completed') await this.#hangUp(NORMAL_CLEARING);
    await this.#saved;
    return { ...end, lastWidget: this.#engine.lastWidget };
  }

  /** A defect of the engine itself ends the branch like any other error that nothing caught. */
  async #walk(start: string, branch: Branch, signal: AbortSignal): Promise<BranchEnd> {
    try {
      return await this.#engine.walk(start, branch, signal);
    } catch (error) {
      return this.#engine.crash(error);
    }
  }

  /** Null declares a name without giving it a value. */
  #setInitial(values: JsonObject): void {
    for (const [key, value] of Object.entries(values)) {
      if (value === null) continue;
      const variable = key.startsWith('$') ? parseName(key) : declaredBy(key);
      if (variable !== null && isWritable(variable) && isValidName(variable)) this.#variables.set(formatName(variable), value);
      else
        this.#options.journal({
          type: 'note',
          text: `The initial value of ${key} was ignored: no variable of that name can be written.`,
        });
    }
  }

  /** Loads `$user.key.*` when the flow uses any. A store that fails or is slow costs the variables, not the call. */
  async #loadUserVariables(): Promise<void> {
    const { contact, flow, ports, signal } = this.#options;
    if (contact === null || !usesUserVariables(flow)) return;
    const scope = openScope(0, signal);
    try {
      const loaded = await this.#inputs.ask(scope, USERS.load, contact, {
        live: async (ended) => {
          const late = new AbortController();
          ended.addEventListener('abort', () => late.abort());
          const timeout = ports.clock.sleep(USER_VARIABLES_TIMEOUT_MS, late.signal).then(
            () => null,
            () => null,
          );
          try {
            return await Promise.race([ports.users.load(contact), timeout]);
          } finally {
            late.abort();
          }
        },
      });
      if (loaded === null) this.#userVariablesFailed(new Error(`no answer within ${USER_VARIABLES_TIMEOUT_MS} ms`));
      else this.#variables.loadUser(loaded);
    } catch (error) {
      if (this.#isUp()) this.#userVariablesFailed(error);
    } finally {
      scope.close();
    }
  }

  #userVariablesFailed(error: unknown): void {
    const shown = this.#shown(error);
    this.#options.log.error({ ...shown, code: 'FLOW_USER_VARIABLES' }, 'stored variables of the contact not available');
    const message = shown.error;
    const widget = this.#engine.lastWidget ?? '';
    this.#options.journal({ type: 'fault', step: this.#engine.step, widget, code: 'FLOW_USER_VARIABLES', message });
  }

  /** Journals a change of a variable, and stores what belongs to the contact. Masked values never leave the run. */
  #changed(change: VariableChange): void {
    const { journal } = this.#options;
    const step = this.#engine.step;
    const name = formatName(change.variable);
    if (change.kind === 'clear') {
      journal({ type: 'clear', step, name });
      if (change.variable.namespace === 'user.key') this.#save(change.variable.name, null);
      return;
    }
    const { value, masked, variable } = change;
    if (masked) journal({ type: 'set', step, name, value: MASK, masked: true });
    else journal({ type: 'set', step, name, value: redact(value, this.#variables.maskedTexts()) });
    if (variable.namespace === 'user.key' && !masked) this.#save(variable.name, value);
  }

  /** Journals what is wanted of a widget's result. */
  #resulted(widget: string, result: JsonObject, masked: boolean): void {
    const { results, journal } = this.#options;
    const wanted = results?.get(widget);
    if (wanted === undefined) return;
    const hidden = this.#variables.maskedTexts();
    const fields = Object.entries<Json>(result).filter(([field]) => wanted.has(field));
    const value = Object.fromEntries(fields.map(([field, given]) => [field, masked ? MASK : cut(redact(given, hidden))]));
    journal({ type: 'result', step: this.#engine.step, widget, value });
  }

  #save(name: string, value: Json): void {
    const { contact, ports } = this.#options;
    if (contact === null) return;
    const scope = openScope(this.#engine.step, new AbortController().signal);
    const before = this.#saved;
    this.#saved = this.#inputs
      .ask(
        scope,
        USERS.save,
        { name, value },
        {
          live: async () => {
            await before;
            return ports.users.save(contact, name, value);
          },
        },
      )
      .then(
        () => undefined,
        (error: unknown) => this.#userVariablesFailed(error),
      );
  }

  /**
   * Nothing caught an error: the caller hears why it ends, then it ends. Never silence
   * (docs/decisions/0012-expected-outcomes-are-values.md).
   */
  async #sayGoodbye(): Promise<void> {
    if (!this.#isUp()) return;
    const unheard = this.#leftInSilence;
    const scope = openScope(this.#engine.step, this.#options.signal);
    try {
      await this.#speakGoodbye(scope);
    } finally {
      scope.close();
    }
    await this.#hangUp(TEMPORARY_FAILURE, unheard ? 'prompt-failed' : undefined);
  }

  /** True when the flow ends and what the caller was to hear last could not be played. */
  get #leftInSilence(): boolean {
    return this.#inputs.unheard && this.#options.quietPromptFailures !== true;
  }

  async #speakGoodbye(scope: StepScope): Promise<void> {
    const { log, goodbye = DEFAULT_GOODBYE, quietPromptFailures: quiet = false } = this.#options;
    const told = 'the goodbye could not be played';
    try {
      const failure = await speakGoodbye(this.#inputs.bind(scope).call, goodbye, { lastResort: !quiet });
      if (failure !== null && this.#isUp()) {
        log.error({ code: 'FLOW_GOODBYE_FAILED', error: `${failure.code}: ${failure.message}` }, told);
      }
    } catch (error) {
      if (this.#isUp()) log.error({ code: 'FLOW_GOODBYE_FAILED', ...this.#shown(error) }, told);
    }
  }

  /** Errors of ports may repeat what they were given: masked digits must not reach the log that way. */
  #shown(error: unknown): ReturnType<typeof shownError> {
    return shownError(error, this.#variables.maskedTexts());
  }

  /** True while the caller is there. */
  #isUp(): boolean {
    return !this.#options.signal.aborted && !this.#engine.hungUp;
  }

  async #hangUp(cause: number, reason?: 'prompt-failed'): Promise<void> {
    if (!this.#isUp()) return;
    const scope = openScope(this.#engine.step, this.#options.signal);
    try {
      await this.#inputs.hangup(scope, cause, reason);
    } catch (error) {
      this.#options.log.error({ code: 'CALL_FAILED', ...this.#shown(error) }, 'the call could not be hung up');
    } finally {
      scope.close();
    }
  }
}

/** The most that the journal keeps of one field of a result, characters: more of it is never sent. */
const MAX_RESULT_CHARS = 65_536;

/** The value, or the beginning of its text when that is too long. */
function cut(value: Json): Json {
  const text = asText(value);
  return text.length <= MAX_RESULT_CHARS ? value : text.slice(0, MAX_RESULT_CHARS);
}

const usage = new WeakMap<Flow, boolean>();

/** True when a flow names a variable of the contact anywhere, in a text or an expression. */
function usesUserVariables(flow: Flow): boolean {
  const known = usage.get(flow);
  if (known !== undefined) return known;
  const uses = JSON.stringify(asJson(flow.document)).includes('user.key');
  usage.set(flow, uses);
  return uses;
}
