import { hiddenAnswer } from '../../flow/journal/masking.js';
import type { FunctionPort, WebhookPort } from '../../flow/ports.js';
import type { FunctionAnswer, FunctionCall, FunctionKey } from '../../model/function.js';
import type { Json } from '../../lib/json/json.js';
import { MASK } from '../../lib/mask.js';
import { type AnswerPath, answerPaths, MAX_ANSWER_PATHS } from '../../webhooks/answer/answer-paths.js';
import { type ExchangeLog, MAX_SHOWN, type SeenExchange } from './exchange-log.js';
import type { WatchedSecrets } from '../../webhooks/secrets/secrets.js';
import { RecordedFunctions } from './recorded-functions.js';
import { RecordedPort } from './recorded-port.js';
import { runWidget, type WidgetRun, type WidgetRunOptions } from './run-widget.js';

/** A place in an output. */
export interface OutputPath extends AnswerPath {
  /** The variable that holds the output. `path` is one that the operation `jsonGet` takes; `$`: the variable itself. */
  readonly variable: string;
}

/** The answer as the flow sees it; its keys are shown as outputs. */
export type ShownFunctionAnswer = Omit<FunctionAnswer, 'keys'>;

/** What a test of a function came to (docs/behaviour.md#test-requests). Nothing secret is in it. */
export interface FunctionTestResult extends WidgetRun {
  /** As it was called; null when it was not. */
  readonly call: { readonly function: string; readonly service: string | null; readonly keys: readonly FunctionKey[] } | null;
  /** What went over the wire, in order; none for a function of Offhook that asks nobody. */
  readonly exchanges: readonly SeenExchange[];
  /** Null when there was no call. */
  readonly answer: ShownFunctionAnswer | null;
  /** What it answered; `set`: the flow has it. */
  readonly outputs: readonly { readonly name: string; readonly value: Json; readonly set: boolean }[];
  /** The places of the outputs. */
  readonly paths: readonly OutputPath[];
  /** There are more than are listed. */
  readonly morePaths: boolean;
  /** Sentences: what the function would have changed, and was spared. */
  readonly notes: readonly string[];
}

/** The functions of one test. */
export interface TestFunctions {
  readonly port: Pick<FunctionPort, 'call'>;
  readonly notes: readonly string[];
}

export interface FunctionTestOptions extends WidgetRunOptions {
  /** The port of calls, watched by `exchanges`. */
  readonly port: WebhookPort;
  /** The functions of calls, services asked by `request`; they change nothing here. */
  readonly functions: (request: WebhookPort['request']) => TestFunctions;
  readonly exchanges: ExchangeLog;
  readonly secrets: WatchedSecrets;
}

/** Runs a function widget and shows what it calls, the answer, and what the flow has of it. */
export async function testFunction(options: FunctionTestOptions): Promise<FunctionTestResult> {
  const webhook = new RecordedPort(options.port, options.secrets);
  const { port, notes } = options.functions((call, signal) => webhook.request(call, signal));
  const functions = new RecordedFunctions(port);
  const run = await runWidget(options, { webhook, functions, settled: () => functions.settled() });
  const { request, answer } = functions;
  const outputs = (answer?.keys ?? []).map(({ name, value }) => ({ name, value, set: Object.hasOwn(run.variables, name) }));
  const { paths, more } = outputPaths(outputs);
  return {
    ...run,
    call: request === null ? null : shownCall(request),
    exchanges: options.exchanges.seen,
    answer: answer === null ? null : shownAnswer(request?.masked === true ? hiddenAnswer(answer) : answer),
    outputs,
    paths,
    morePaths: more,
    notes,
  };
}

function shownCall({ function: name, service, keys, masked }: FunctionCall): NonNullable<FunctionTestResult['call']> {
  return { function: name, service, keys: masked === true ? keys.map((key) => ({ ...key, value: MASK })) : keys };
}

function shownAnswer({
  status,
  statusType,
  duration,
  raw,
  reason,
  detail,
  attempts,
  url,
  code,
}: FunctionAnswer): ShownFunctionAnswer {
  return { status, statusType, duration, raw: raw?.slice(0, MAX_SHOWN) ?? null, reason, detail, attempts, url, code };
}

/** The places of all outputs, as many as are listed of one answer. */
function outputPaths(outputs: FunctionTestResult['outputs']): { readonly paths: readonly OutputPath[]; readonly more: boolean } {
  const places = outputs.map(({ name: variable, value }) => ({ variable, ...answerPaths(value, 'document') }));
  const paths = places.flatMap(({ variable, paths: inOne }) => inOne.map((place) => ({ variable, ...place })));
  return { paths: paths.slice(0, MAX_ANSWER_PATHS), more: paths.length > MAX_ANSWER_PATHS || places.some(({ more }) => more) };
}
