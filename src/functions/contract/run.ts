import { Aborted, type Clock, untilAborted } from '../../lib/clock.js';
import { errorTrace } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import { closestMatch } from '../../lib/closest-match.js';
import { failed, succeeded, timedOut } from './answers.js';
import type { FunctionCatalogue, FunctionContext, FunctionDefinition, FunctionOutcome } from './function.js';
import { keyName, readInputs } from './keys.js';
import type { FunctionServices } from './ports.js';
import type { FunctionAnswer, FunctionCall } from '../../model/function.js';

/** What running functions needs. */
export interface FunctionRuntime {
  readonly catalogue: FunctionCatalogue;
  readonly services: FunctionServices;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Runs one of our functions. Every way it can fail is in the answer: unknown name, missing input, its own failures, a defect (which
 * is logged with its trace), no answer in time. Rejects with `Aborted` only.
 */
export async function runFunction(call: FunctionCall, runtime: FunctionRuntime, signal: AbortSignal): Promise<FunctionAnswer> {
  const definition = runtime.catalogue.get(call.function);
  if (definition === undefined)
    return failed({ code: 'FUNCTION_UNKNOWN', detail: unknownFunction(call.function, runtime.catalogue) });
  const { name } = definition;
  const inputs = readInputs(definition, call.keys);
  if (!inputs.ok) return failed({ code: 'FUNCTION_BAD_INPUT', detail: `${name}: ${inputs.error}` });
  const { clock } = runtime;
  const start = clock.monotonic();
  const outcome = await inTime(definition, inputs.value, { call, runtime, signal });
  const ms = Math.max(1, clock.monotonic() - start);
  if (outcome === null) return timedOut(name, call.timeoutMs);
  if (!outcome.ok) return failed({ code: outcome.error.code, detail: `${name}: ${outcome.error.detail}` }, ms);
  return succeeded(
    Object.entries(outcome.value).map(([key, value]) => ({ name: key, value })),
    ms,
  );
}

/** The sentence for a name that nobody knows. */
export function unknownFunction(name: string, catalogue: ReadonlyMap<string, unknown>): string {
  const meant = closestMatch(name, catalogue.keys());
  return `there is no function '${name.slice(0, 80)}'${meant === null ? '' : `; did you mean ${meant}?`}`;
}

interface Running {
  readonly call: FunctionCall;
  readonly runtime: FunctionRuntime;
  readonly signal: AbortSignal;
}

/** The outcome; null when the time was up first. */
async function inTime(definition: FunctionDefinition, inputs: object, running: Running): Promise<FunctionOutcome | null> {
  const { call, runtime, signal } = running;
  const stop = new AbortController();
  const onAbort = (): void => {
    stop.abort();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) stop.abort();
  const cancel = runtime.clock.after(call.timeoutMs, onAbort);
  try {
    return await untilAborted(safely(definition, inputs, contextOf(running, stop.signal), runtime.log), stop.signal);
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    if (signal.aborted) throw error;
    return null;
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

/** A defect, or a store that takes nothing, costs the flow its function and nothing more. */
async function safely(
  definition: FunctionDefinition,
  inputs: object,
  context: FunctionContext,
  log: Logger,
): Promise<FunctionOutcome> {
  try {
    return await definition.run(inputs as never, context);
  } catch (error) {
    if (error instanceof Aborted) throw error;
    log.error({ function: definition.name, code: 'FUNCTION_FAILED', error: errorTrace(error) }, 'a function failed unexpectedly');
    return { ok: false, error: { code: 'FUNCTION_FAILED', detail: 'it failed unexpectedly; the log has the cause' } };
  }
}

function contextOf({ call, runtime }: Running, signal: AbortSignal): FunctionContext {
  const { timeZone, language, keys, timeoutMs } = call;
  return {
    now: () => runtime.clock.now(),
    timeZone,
    language,
    caller: call.caller ?? callerAmong(keys),
    keys,
    services: runtime.services,
    timeoutMs,
    signal,
  };
}

/** The number in `$call.cli`, for functions called over HTTP. */
function callerAmong(keys: FunctionCall['keys']): string | null {
  const found = keys.find(({ name }) => {
    const key = keyName(name);
    return key?.namespace === 'call' && key.name === 'cli';
  });
  return typeof found?.value === 'string' && found.value !== '' ? found.value : null;
}
