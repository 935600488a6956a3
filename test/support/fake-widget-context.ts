import type { FunctionAnswer } from '../../src/model/function.js';
import type { WebhookAnswer } from '../../src/model/webhook.js';
import type {
  CallFailure,
  CollectAnswer,
  CollectRequest,
  KeyAnswer,
  PlayAnswer,
  PlayRequest,
} from '../../src/model/call-verbs.js';
import { race } from '../../src/flow/engine/race.js';
import { openScope, type StepScope } from '../../src/flow/engine/step-scope.js';
import { RunVariables, type VariableChange } from '../../src/flow/engine/run-variables.js';
import type { Contestants, Operations, WidgetContext, WidgetDefinition } from '../../src/flow/widget.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { silentLogger } from '../../src/lib/log/log.js';

/** What the far side does, in order. An operation without a script succeeds; a collect without one hears nothing. */
export interface Script {
  /** Wall clock, ISO 8601; Monday 2026-11-23 12:00 UTC when absent. */
  readonly now?: string;
  readonly timeZone?: string;
  readonly language?: string;
  /** The call that is replayed compares texts as numbers. */
  readonly textsAsNumbers?: true;
  readonly play?: readonly PlayAnswer[];
  readonly collect?: readonly (CollectAnswer | string)[];
  readonly answer?: CallFailure;
  readonly music?: readonly (CallFailure | 'done')[];
  /** In place of `music`. */
  readonly startMusic?: () => Promise<never>;
  readonly announce?: readonly PlayAnswer[];
  /** What the first wait for a key brings; nobody presses one when absent. */
  readonly key?: KeyAnswer;
  readonly startRecording?: CallFailure;
  readonly stopRecording?: CallFailure;
  readonly webhook?: readonly WebhookAnswer[];
  readonly functions?: readonly FunctionAnswer[];
  /** Exits the flow has wired. */
  readonly wired?: readonly string[];
  /** `$call.*` by name; `cli` is there without. */
  readonly facts?: JsonObject;
  /** Floats handed out by the random port. */
  readonly random?: readonly number[];
}

/** An operation that failed. */
export function failed(code: string): CallFailure {
  return { kind: 'failed', code, message: `${code} happened` };
}

const PRESSED_AT = 1_700_000_000_000;

/** Digits as `collect` reports them. */
function collected(digits: string, endedBy: 'max' | 'terminator' | 'timeout' = 'terminator'): CollectAnswer {
  return { kind: 'collected', digits, endedBy, keys: Array.from(digits, (key) => ({ key, at: PRESSED_AT })) };
}

/** A widget's whole world, scripted, with everything the widget did on record. */
export class FakeWidget {
  /** Operations asked of the ports, in order: `play`, `collect`, `startMusic`, `sleep`, … */
  readonly ops: { readonly op: string; readonly request: unknown }[] = [];
  readonly changes: VariableChange[] = [];
  readonly vars: RunVariables;
  readonly context: WidgetContext;
  result: JsonObject = {};
  resultMasked = false;
  persisted = false;
  #now: number;

  constructor(script: Script = {}) {
    this.#now = Date.parse(script.now ?? '2026-11-23T12:00:00Z');
    const flow = {
      language: script.language ?? 'en-US',
      timeZone: script.timeZone ?? 'UTC',
      ...(script.textsAsNumbers && { textsAsNumbers: script.textsAsNumbers }),
    };
    this.vars = new RunVariables({
      flow: { id: 'test', name: 'Test', version: 'v1', ...flow },
      now: () => this.#now,
      uuid: () => 'uuid',
      fact: (name) => script.facts?.[name] ?? (name === 'cli' ? '+4915100000' : undefined),
      changed: (change) => this.changes.push(change),
    });
    const next = <A, B>(op: string, request: unknown, answers: readonly A[] | undefined, otherwise: B): Promise<A | B> => {
      const turn = this.of(op).length;
      this.ops.push({ op, request });
      return Promise.resolve(answers?.[turn] ?? otherwise);
    };
    const done = { kind: 'done' } as const;
    const randoms = [...(script.random ?? [])];
    this.context = {
      id: 'w',
      wired: script.wired ?? [],
      vars: this.vars,
      flow,
      log: silentLogger,
      clock: {
        now: () => this.#now,
        sleep: (ms) => {
          this.#now += ms;
          return next('sleep', ms, undefined, undefined);
        },
      },
      random: { next: () => randoms.shift() ?? 0, uuid: () => 'uuid' },
      result: (value: { readonly [key: string]: Json }, options) => {
        this.result = { ...value };
        this.resultMasked = options?.masked ?? false;
        this.vars.setResult('w', this.result, this.resultMasked);
      },
      persist: () => {
        this.persisted = true;
      },
      call: {
        answer: () => next('answer', null, script.answer && [script.answer], done),
        play: (request) => next('play', request, script.play, { kind: 'done', ms: 1000 }),
        collect: (request) =>
          next(
            'collect',
            request,
            script.collect?.map((answer) => (typeof answer === 'string' ? collected(answer) : answer)),
            { kind: 'noInput' },
          ),
        startMusic: (request) =>
          script.startMusic?.() ??
          next(
            'startMusic',
            request,
            script.music?.map((answer) => (answer === 'done' ? done : answer)),
            done,
          ),
        stopMusic: () => next('stopMusic', null, undefined, done),
        announce: (request) => next('announce', request, script.announce, { kind: 'done', ms: 1000 }),
        awaitKey: async (request) => {
          const answer = await next('awaitKey', request, script.key && [script.key], null);
          return answer ?? new Promise<never>(() => undefined);
        },
        startRecording: (request) =>
          next('startRecording', request, script.startRecording && [script.startRecording], { kind: 'started', id: 'rec-1' }),
        stopRecording: (request) =>
          next('stopRecording', request, script.stopRecording && [script.stopRecording], {
            kind: 'stopped',
            recording: { id: 'rec-1', name: request.name ?? 'recording', ms: 1234, bytes: 9999, format: 'wav' },
          }),
        hangup: (request) => next('hangup', request, undefined, done),
      },
      webhook: {
        request: (request) => next('webhook', request, script.webhook, noAnswer(request.timeoutMs)),
        send: (request) => next('send', request, undefined, done),
        requestAside: (request) => void next('requestAside', request, undefined, done),
      },
      functions: {
        call: (request) => next('function', request, script.functions, noFunction()),
        send: (request) => next('sendFunction', request, undefined, done),
      },
      race: <T>(contestants: Contestants<T>) => this.#race(openScope(1, new AbortController().signal), contestants),
    };
  }

  /** A real race on the scripted ports, which take nothing more once it is over. */
  #race<T>(scope: StepScope, contestants: Contestants<T>): Promise<T> {
    const fail = (error: unknown): void => {
      throw error;
    };
    return race(scope, contestants, (inner) => this.#until(inner), fail);
  }

  #until(scope: StepScope): Operations {
    const { call, webhook, functions, clock } = this.context;
    const bound = <P extends object>(port: P): P =>
      new Proxy(port, {
        get: (target, name) => {
          const verb = Reflect.get(target, name) as (request: unknown) => unknown;
          return (request: unknown) => {
            const answer = scope.closed ? new Promise(() => undefined) : verb(request);
            return answer instanceof Promise ? scope.track(() => answer) : answer;
          };
        },
      });
    return {
      call: bound(call),
      webhook: bound(webhook),
      functions: bound(functions),
      clock: bound(clock),
      race: (contestants) => this.#race(openScope(scope.step, scope.ended), contestants),
    };
  }

  /** Requests of one operation, in order. */
  of(op: string): readonly unknown[] {
    return this.ops.filter((entry) => entry.op === op).map((entry) => entry.request);
  }

  get plays(): readonly PlayRequest[] {
    return this.of('play') as PlayRequest[];
  }

  get collects(): readonly CollectRequest[] {
    return this.of('collect') as CollectRequest[];
  }

  /** The spoken text of each collect, its segments joined by ` | `. */
  get asked(): readonly string[] {
    return this.collects.map(({ prompt }) => spoken(prompt));
  }

  /** Parses a configuration as the checker does and runs the widget; gives the exit. */
  run<C>(definition: WidgetDefinition<C>, config: object): Promise<string> {
    return definition.run(definition.config.parse(config), this.context);
  }
}

/** What segments say, joined by ` | `. */
export function spoken(segments: PlayRequest['segments']): string {
  return segments.map((segment) => (segment.kind === 'say' ? segment.text : `<${segment.kind}>`)).join(' | ');
}

function noAnswer(timeoutMs: number): WebhookAnswer {
  return {
    status: null,
    statusType: null,
    duration: timeoutMs / 1000,
    raw: null,
    reason: 'TIMEOUT',
    detail: 'no answer',
    mapped: [],
    url: '',
    attempts: 1,
  };
}

function noFunction(): FunctionAnswer {
  const { status, statusType, duration, raw, reason, detail, attempts, url } = noAnswer(1000);
  return { status, statusType, duration, raw, reason, detail, attempts, url, keys: [], code: null };
}

/** Problems of a configuration, as `path: message`; empty when it is fine. */
export function problemsOf<C>(definition: WidgetDefinition<C>, config: object): readonly string[] {
  const parsed = definition.config.safeParse(config);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return (definition.check?.(parsed.data) ?? []).map(({ path, message }) => `${path}: ${message}`);
}

/** Exits a configuration has, in order. */
export function exitsOf<C>(definition: WidgetDefinition<C>, config: object): readonly string[] {
  return Object.keys(definition.exits(definition.config.parse(config), []));
}
