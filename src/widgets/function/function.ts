import { asText } from '../../flow/variables/escape.js';
import type { FunctionAnswer, FunctionCall } from '../../model/function.js';
import { defineWidget, type ExitDoc, type WidgetContext } from '../../flow/widget.js';
import { functionProblems } from './check.js';
import { type FunctionConfig, functionConfig } from './config.js';
import { gatherKeys, type GatheredKeys } from './keys.js';
import { HOLD_URL_FIELDS, holdExits, holdPrompts, holdsCaller } from '../hold/hold.js';
import {
  clearResults,
  givenUp,
  leaveBy,
  missingVariables,
  refusedRequest,
  RESULT_VARIABLES,
  WIDGET_RESULTS,
  writeResults,
} from '../shared/request-result.js';
import { waitHolding } from '../hold/wait.js';

/** Calls an internal function (docs/behaviour.md#functions). */
export const functionWidget = defineWidget<FunctionConfig>({
  type: 'function',
  version: 1,
  summary: 'Calls an internal function: one of Offhook, or one of your own service.',
  docs: `Offhook brings functions for dates, stored variables of the contact, short links, languages and reports; [functions.md](../functions.md)
lists them with their inputs and outputs. Your own functions are an HTTP service that is configured in \`webhooks.json\` with
\`"kind": "functions"\`; name it as \`service\`.

**Inputs.** \`keys\` passes single variables under their own names, or values under names of your choice; \`groups\` passes all variables of a
kind. A masked value is passed only when \`keys\` names it. A variable without a value is left out, unless its row is \`mandatory\`: then
the function is not called and the widget leaves by \`failed\` with \`INVALID_FLOW_VAR\`.

**Outputs.** There is nothing to map: a function sets the variables it documents, \`$flow.key.*\` and \`$user.key.*\` only. An answer that would
set anything else sets nothing and leaves by \`failed\` with \`INVALID_RESPONSE\`. On failure no output is set.

**Waiting.** Music, prompts and the escape key are those of [webhook](#webhook). With \`wait: false\` the flow goes on at once and nothing is set.

**Results.** The variables \`$flow.key.response_*\` and \`$flow.key.error_reason\` of [webhook](#webhook) are written after every run, also for our own
functions, which answer like a service: 200, 422 for inputs that are missing or wrong, 501 for what is not configured.
\`$widget.<id>.error_detail\` explains a failure in a sentence, \`$widget.<id>.code\` is its stable code if it has one, e.g. \`FUNCTION_BAD_INPUT\`.`,
  example: {
    type: 'function',
    function: 'ValidateDateAndTime',
    keys: [
      { name: 'inputDate', value: '$call.dtmf', mandatory: true },
      { name: 'type', value: 'callback' },
      { name: 'validMAxDays', value: 30 },
    ],
    exits: { success: 'judge', failed: 'sorry' },
  },
  config: functionConfig,
  exits: functionExits,
  results: [...WIDGET_RESULTS, 'code'],
  services: ({ service }) => (typeof service === 'string' ? [service] : []),
  test: { shows: 'call', fits: (fields) => 'function' in fields },
  audio: (config) => config.wait && holdsCaller(config),
  waits: true,
  urlFields: HOLD_URL_FIELDS,
  literalFields: ['keys.*.name', 'outputs.*'],
  writes: ({ function: name, service, outputs }, requests) => [
    ...RESULT_VARIABLES,
    ...outputs,
    ...(service === undefined ? (requests?.functions?.builtIn.get(name)?.outputs ?? []).filter(isSingle) : []),
  ],
  prompts: holdPrompts,
  check: functionProblems,
  async run(config, context) {
    // What an earlier run left may be passed; then it is forgotten (docs/behaviour.md#stale-results).
    const gathered = gatherKeys(config, context.vars);
    clearResults({}, context);
    if (config.persist) context.persist();
    if (gathered.missing.length > 0) {
      const outcome = missingVariables(gathered.missing);
      writeResults(outcome, {}, context, false);
      return leaveBy(outcome, context, false);
    }
    if (gathered.refused !== null) {
      const outcome = refusedRequest(gathered.refused);
      writeResults(outcome, {}, context, false);
      return leaveBy(outcome, context, false);
    }
    const call = callOf(config, gathered, context);
    if (config.wait) return waitForAnswer(call, config, context);
    await context.functions.send(call);
    return 'success';
  },
});

/** `$user.key.*` stands for whatever a contact has. */
function isSingle(output: string): boolean {
  return !output.endsWith('*');
}

function functionExits(config: FunctionConfig): Record<string, ExitDoc> {
  const failed: ExitDoc = {
    summary: 'Not called, or without the answer it should give; `$widget.<id>.error_detail` says why.',
    error: true,
  };
  if (!config.wait) return { success: { summary: 'The call is on its way.' }, failed };
  return {
    success: { summary: 'The function answered; its outputs are set.' },
    timeout: { summary: 'No answer in time.', fallback: 'failed', error: true },
    ...holdExits(config),
    failed,
  };
}

function callOf(config: FunctionConfig, { keys, leftOut, masked }: GatheredKeys, { vars, flow }: WidgetContext): FunctionCall {
  const caller = asText(vars.get('$call.cli') ?? null);
  return {
    function: config.function,
    service: config.service ?? null,
    keys,
    timeoutMs: config.timeout * 1000,
    timeZone: flow.timeZone,
    language: flow.language,
    caller: caller === '' ? null : caller,
    ...(leftOut.length > 0 && { leftOut }),
    ...(masked && { masked }),
  };
}

async function waitForAnswer(call: FunctionCall, config: FunctionConfig, context: WidgetContext): Promise<string> {
  const wait = { hold: config, limitMs: call.timeoutMs };
  const waited = await waitHolding<FunctionAnswer>({ ...wait, ask: ({ functions }) => functions.call(call) }, context);
  const masked = call.masked === true;
  if (waited.kind === 'escaped') {
    writeResults(givenUp(waited), {}, context, masked);
    return 'escape';
  }
  for (const { name, value } of waited.answer.keys) context.vars.set(name, value);
  writeResults(waited.answer, {}, context, masked);
  return leaveBy(waited.answer, context, masked);
}
