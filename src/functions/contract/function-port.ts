import { Aborted } from '../../lib/clock.js';
import { errorTrace } from '../../lib/error-message.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import type { WebhookAnswer, WebhookCall } from '../../model/webhook.js';
import { failed } from './answers.js';
import { type FunctionRuntime, runFunction } from './run.js';
import { serviceAnswer, serviceRequest } from './service.js';
import type { FunctionAnswer, FunctionCall } from '../../model/function.js';

export interface FunctionPortOptions extends FunctionRuntime {
  /** The configured webhooks as they are now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  /** Sends the requests to services, as those of any webhook. */
  readonly request: (call: WebhookCall, signal: AbortSignal) => Promise<WebhookAnswer>;
  /** Calls that nobody waits for, at one time. */
  readonly maxUnawaited?: number;
}

/** Fits the flow's `FunctionPort`, and lets a shutdown wait for the calls that nobody else waits for. */
export interface Functions {
  call(request: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer>;
  send(request: FunctionCall): Promise<{ readonly kind: 'done' }>;
  /** Resolves when none is under way; each ends within its own time. */
  idle(): Promise<void>;
}

const MAX_UNAWAITED = 200;

/** The function port: our own functions in process, a user's by HTTP. Rejects with `Aborted` only. */
export function createFunctionPort(options: FunctionPortOptions): Functions {
  const unawaited = new Set<Promise<void>>();
  const never = new AbortController().signal;

  const call = async (request: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer> => {
    if (request.service === null) return runFunction(request, options, signal);
    const service = options.webhooks().find(({ name, kind }) => name === request.service && kind === 'functions');
    if (service === undefined) {
      const detail = `there is no webhook '${request.service}' of kind functions`;
      return failed({ code: 'FUNCTION_UNKNOWN_SERVICE', detail });
    }
    return serviceAnswer(await options.request(serviceRequest(request, service), signal));
  };

  const callAndLog = async (request: FunctionCall): Promise<void> => {
    const about = { function: request.function, service: request.service };
    try {
      const { reason, code, detail } = await call(request, never);
      // Its values have nowhere to go; that it failed must not go unnoticed.
      if (reason !== null) options.log.warn({ ...about, reason, code, detail }, 'unawaited function failed');
    } catch (error) {
      if (!(error instanceof Aborted))
        options.log.error({ code: 'UNEXPECTED_ERROR', ...about, error: errorTrace(error) }, 'unawaited function broke');
    }
  };

  return {
    call,
    send(request) {
      if (unawaited.size >= (options.maxUnawaited ?? MAX_UNAWAITED)) {
        const about = { function: request.function, service: request.service };
        options.log.error({ ...about, code: 'FUNCTION_BUSY' }, 'too many unawaited functions under way; this one is not called');
      } else {
        const sent = callAndLog(request).finally(() => unawaited.delete(sent));
        unawaited.add(sent);
      }
      return Promise.resolve({ kind: 'done' });
    },
    async idle() {
      while (unawaited.size > 0) await Promise.all(unawaited);
    },
  };
}
