import { background } from '../../lib/log/background.js';
import { Aborted } from '../../lib/clock.js';
import type { Code } from '../../lib/codes.js';
import { errorMessage } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import type { Flow, FlowWidget } from '../document/document.js';
import { crashExit, exitsOf, wayOut } from '../document/exits.js';
import { FlowFault } from '../fault.js';
import type { JournalEvent } from '../../model/journal.js';
import type { JournaledPorts } from './journaled-ports.js';
import { redactText, shownError } from '../journal/masking.js';
import type { WebhookAnswer, WebhookCall } from '../../model/webhook.js';
import { openScope, type StepScope } from './step-scope.js';
import type { FailedPrompt } from '../journal/failed-prompt.js';
import type { RunVariables } from './run-variables.js';
import type { WidgetContext } from '../widget.js';

/** The branch of a flow a step belongs to. */
export type Branch = (JournalEvent & { type: 'enter' })['anchor'];

/** How a branch ended. */
export type BranchEnd =
  | { readonly kind: 'completed' }
  /** The call ended, or the time for an anchor was up. */
  | { readonly kind: 'aborted' }
  /** Nothing caught an error. */
  | { readonly kind: 'faulted'; readonly code: Code; readonly message: string };

type Faulted = BranchEnd & { readonly kind: 'faulted' };

/** What the engine needs of its run. */
export interface EngineOptions {
  readonly flow: Flow;
  readonly inputs: JournaledPorts;
  readonly variables: RunVariables;
  readonly journal: (event: JournalEvent) => void;
  readonly log: Logger;
  readonly maxSteps: number;
  /** As in the options of a run. */
  readonly textsAsNumbers: boolean;
}

/** Whose doing something is. */
interface Place {
  readonly widget: string;
  readonly step: number;
}

/** What a step came to. */
type StepEnd =
  | { readonly kind: 'exit'; readonly exit: string }
  | { readonly kind: 'crashed'; readonly end: Faulted }
  | { readonly kind: 'aborted' };

/** Walks a flow: enter a widget, run it, take its exit, go on. The only place that decides what comes next. */
export class Engine {
  #step = 0;
  #hungUp = false;
  /** True once the call's own walk is done and an anchor runs. */
  #afterCall = false;
  #persisted = false;
  #lastWidget: string | null = null;

  constructor(private readonly options: EngineOptions) {}

  /** Id of the widget entered last. */
  get lastWidget(): string | null {
    return this.#lastWidget;
  }

  /** Number of the step entered last; 0 before the first. */
  get step(): number {
    return this.#step;
  }

  /** True once the flow has ended the call itself. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** The flow ends the call: what follows is no abort. */
  noteHangup(): void {
    this.#hungUp = true;
  }

  /** Runs the widgets from `start` on until an exit leads nowhere, the signal aborts or an error is caught by nobody. */
  async walk(start: string, branch: Branch, signal: AbortSignal): Promise<BranchEnd> {
    const { flow, maxSteps } = this.options;
    this.#afterCall = branch !== 'start';
    let at: Branch = branch;
    let next: string | null = start;
    for (let steps = 0; next !== null; steps++) {
      if (this.#isOver(signal)) return { kind: 'aborted' };
      // Whatever a flow wants to do after it hung up belongs to its anchors.
      if (this.#hungUp && !this.#afterCall) return { kind: 'completed' };
      const widget: FlowWidget | undefined = flow.widgets.get(next);
      if (widget === undefined) throw new Error(`flow ${flow.id} leads to ${next}, which it does not have`);
      if (steps >= maxSteps) {
        return this.#fault(new FlowFault('FLOW_STEP_LIMIT', `The flow ran ${maxSteps} widgets; the next would be ${next}.`));
      }
      const end = await this.#runWidget(widget, at, signal);
      if (end.kind === 'aborted') return end;
      const after = this.#leave(widget, at, end);
      if (after.kind === 'faulted') return after;
      next = after.next;
      at = after.branch;
    }
    return { kind: 'completed' };
  }

  /** Journals the exit and says where it leads. */
  #leave(
    widget: FlowWidget,
    branch: Branch,
    end: Exclude<StepEnd, { kind: 'aborted' }>,
  ): { readonly kind: 'next'; readonly next: string | null; readonly branch: Branch } | Faulted {
    const exit = end.kind === 'exit' ? end.exit : crashExit(widget);
    const step = this.#step;
    const terminal = end.kind === 'exit' && Object.keys(exitsOf(widget)).length === 0;
    // `onError` catches once: an error in its own branch must not lead back to it.
    const way = terminal ? ({ kind: 'wired', next: null } as const) : wayOut(this.options.flow, widget, exit, branch !== 'start');
    const next = way.kind === 'wired' || way.kind === 'flowOnError' ? way.next : null;
    this.options.journal({ type: 'exit', step, widget: widget.id, exit, next });
    if (way.kind !== 'unhandled') return { kind: 'next', next, branch: way.kind === 'flowOnError' ? 'onError' : branch };
    if (end.kind === 'crashed') return end.end;
    return this.#fault(new FlowFault('FLOW_NO_ERROR_EXIT', `${widget.id} left by '${exit}', which leads nowhere.`));
  }

  async #runWidget(widget: FlowWidget, branch: Branch, signal: AbortSignal): Promise<StepEnd> {
    const { definition, label } = widget;
    const step = ++this.#step;
    this.#lastWidget = widget.id;
    this.options.inputs.enter(step);
    this.options.journal({ type: 'enter', step, widget: widget.id, widgetType: definition.type, label, anchor: branch });
    const scope = openScope(step, signal);
    try {
      const exit = await this.#untilOver(definition.run(widget.config, this.#context(widget, scope)), signal);
      if (this.#isOver(signal)) return { kind: 'aborted' };
      const exits = exitsOf(widget);
      if (exits[exit] === undefined && Object.keys(exits).length > 0) {
        throw new FlowFault('FLOW_BAD_EXIT', `${widget.id} (${definition.type}) left by '${exit}', which it does not have.`);
      }
      return { kind: 'exit', exit };
    } catch (error) {
      // When the call is over, no exit is taken, whatever the widget made of it (docs/behaviour.md#caller-hangs-up).
      if (this.#isOver(signal)) return this.#abortedBy(error);
      const end = this.#pin(error);
      this.options.variables.setResult(widget.id, { error: end.code, message: end.message }, false);
      return { kind: 'crashed', end };
    } finally {
      scope.close();
    }
  }

  #abortedBy(error: unknown): StepEnd {
    if (!(error instanceof Aborted)) this.#pin(error);
    return { kind: 'aborted' };
  }

  /** Waits no longer than the call lasts, even for a widget that waits for something else than its ports. */
  async #untilOver(run: Promise<string>, signal: AbortSignal): Promise<string> {
    let stop: () => void = () => undefined;
    const over = new Promise<never>((_resolve, reject) => {
      stop = () => {
        if (this.#isOver(signal)) reject(new Aborted('the call is over'));
      };
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([run, over]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Ends a branch over a defect. */
  crash(error: unknown): BranchEnd {
    return this.#pin(error);
  }

  /** A prompt could not be played: pinned like an error, though the widget has an exit for it. */
  promptFailed({ code, message }: FailedPrompt): void {
    const { widget, step } = this.#place;
    const shown = redactText(message, this.options.variables.maskedTexts());
    this.options.log.error({ code, widget, step, problem: shown }, 'a prompt could not be played');
    this.#fault(new FlowFault(code, message));
  }

  /** Hands over an answer that comes late; nobody waits for it, so whatever is wrong with it is pinned here and the flow goes on. */
  async #requestAside(place: Place, call: WebhookCall, apply: (answer: WebhookAnswer) => void): Promise<void> {
    try {
      const answer = await this.options.inputs.requestAside(place.step, call);
      if (answer !== null) apply(answer);
    } catch (error) {
      this.#pin(error, place);
    }
  }

  /** Where the walk is. */
  get #place(): Place {
    return { widget: this.#lastWidget ?? '', step: this.#step };
  }

  /** Pins an error to widget and call: in the journal by its code, in the log with its stack. */
  #pin(error: unknown, place = this.#place): Faulted {
    const { widget, step } = place;
    const fault = error instanceof FlowFault ? error : new FlowFault('FLOW_WIDGET_CRASHED', `${widget}: ${errorMessage(error)}`);
    const shown = shownError(error, this.options.variables.maskedTexts());
    this.options.log.error({ widget, step, code: fault.code, ...shown }, 'a widget failed unexpectedly');
    return this.#fault(fault, place);
  }

  #fault(fault: FlowFault, { widget, step } = this.#place): Faulted {
    const { code } = fault;
    const message = redactText(fault.message, this.options.variables.maskedTexts());
    this.options.journal({ type: 'fault', step, widget, code, message });
    return { kind: 'faulted', code, message };
  }

  /** True when the call ended without the flow having ended it, or the time of an anchor is up. */
  #isOver(signal: AbortSignal): boolean {
    return signal.aborted && (this.#afterCall || !this.#hungUp);
  }

  #context(widget: FlowWidget, scope: StepScope): WidgetContext {
    const { inputs, variables, flow, journal, log, textsAsNumbers } = this.options;
    const { language, timeZone } = flow.document;
    const operations = inputs.bind(scope);
    return {
      id: widget.id,
      vars: variables,
      ...operations,
      webhook: {
        ...operations.webhook,
        requestAside: (call, apply) => {
          const place = { widget: widget.id, step: scope.step };
          background('handing over a late answer', log, () => this.#requestAside(place, call, apply));
        },
      },
      log: log.child({ widget: widget.id }),
      wired: [...widget.exits.keys()],
      result: (value, options = {}) => variables.setResult(widget.id, value, options.masked ?? false),
      persist: () => {
        if (!this.#persisted) journal({ type: 'persist', step: scope.step });
        this.#persisted = true;
      },
      flow: { language, timeZone, ...(textsAsNumbers && { textsAsNumbers }) },
    };
  }
}
