import { MASK } from '../../lib/mask.js';
import type { Json } from '../../lib/json/json.js';
import { webhookAuth } from '../../webhooks/auth/webhook-auth.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import { secretParts } from '../../webhooks/secrets/secrets.js';
import { requestOptions, type WebhookAnswer, type WebhookCall } from '../../model/webhook.js';
import type { FunctionAnswer, FunctionCall } from '../../model/function.js';
import { readAnswer, requestText } from './wire.js';

/*
 * A user's own functions: an HTTP service that is configured as a webhook of kind `functions`
 * (docs/behaviour.md#function-services), asked by the wire format of functions.
 */

/** Largest answer of a service, bytes. */
const MAX_ANSWER_BYTES = 262_144;

/** The request to a service. Not tried again: a function may have done half of its work. */
export function serviceRequest(call: FunctionCall, service: ConfiguredWebhook): WebhookCall {
  return {
    method: 'POST',
    url: secretParts(service.url),
    headers: [],
    query: [],
    auth: webhookAuth(service.auth),
    ...requestOptions(service),
    body: { contentType: 'application/json; charset=utf-8', text: requestText({ method: call.function, keys: call.keys }) },
    timeoutMs: call.timeoutMs,
    maxResponseBytes: MAX_ANSWER_BYTES,
    redirects: 0,
    responseType: 'json',
    pathRoot: 'document',
    xmlPaths: 'dotted',
    mapping: [{ path: '$', required: false }],
    ...(call.masked === true && { masked: true }),
  };
}

/** The answer of a service, checked: keys it may set, or why it failed. Without a body it sets nothing. */
export function serviceAnswer(answer: WebhookAnswer): FunctionAnswer {
  const { status, statusType, duration, raw, reason, detail, attempts, url } = answer;
  const base = { status, statusType, duration, raw, attempts, url, keys: [], code: null };
  const [document] = answer.mapped;
  const body = document?.found === true ? document.value : null;
  if (reason !== null) {
    const own = ownError(body);
    return { ...base, reason, detail: own.message === null ? detail : `${detail ?? reason}: ${own.message}`, code: own.code };
  }
  if (raw === null) return { ...base, reason: null, detail: null };
  const keys = readAnswer(body);
  if (!keys.ok) return { ...base, reason: 'INVALID_RESPONSE', detail: keys.error };
  return { ...base, reason: null, detail: null, keys: keys.value };
}

/** `{"error": {"code", "message"}}`, as we answer ourselves; a service may do the same. */
function ownError(body: Json): { readonly code: string | null; readonly message: string | null } {
  const error = field(body, 'error');
  const [code, message] = [field(error, 'code'), field(error, 'message')];
  return {
    code: typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/u.test(code) ? code : null,
    message: typeof message === 'string' && message !== '' && message !== MASK ? message.slice(0, 300) : null,
  };
}

function field(value: Json, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return null;
  return (value as { readonly [key: string]: Json })[name] ?? null;
}
