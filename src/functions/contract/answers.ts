import { jsonText } from '../../lib/json/json-text.js';
import { seconds, statusTypeOf } from '../../webhooks/answer/outcome.js';
import type { FunctionFailure, FunctionFailureCode } from './function.js';
import type { FunctionAnswer, FunctionKey } from '../../model/function.js';

/* Answers of our own functions, in the form that one from an HTTP service has. */

const STATUS: Readonly<Record<FunctionFailureCode, number>> = {
  FUNCTION_UNKNOWN: 404,
  FUNCTION_UNKNOWN_SERVICE: 404,
  FUNCTION_BAD_INPUT: 422,
  FUNCTION_NOT_AVAILABLE: 501,
  FUNCTION_NOT_CONFIGURED: 501,
  FUNCTION_FAILED: 502,
  FUNCTION_BUSY: 503,
};

/** The answer of a function that did its work. */
export function succeeded(keys: readonly FunctionKey[], ms: number): FunctionAnswer {
  const base = { duration: seconds(ms), attempts: 1, reason: null, detail: null, code: null, url: '' };
  return { ...base, status: 200, statusType: 'SUCCESSFUL', raw: jsonText({ keys }), keys };
}

/** The answer of one that could not, with the status it has over HTTP. */
export function failed({ code, detail }: FunctionFailure, ms = 0): FunctionAnswer {
  const status = STATUS[code];
  const statusType = statusTypeOf(status);
  const base = { duration: seconds(ms), attempts: ms === 0 ? 0 : 1, raw: null, keys: [], url: '' };
  return { ...base, status, statusType, reason: statusType, detail, code };
}

/** The answer of one that took too long. */
export function timedOut(name: string, ms: number): FunctionAnswer {
  const nothing = { status: null, statusType: null, raw: null, keys: [], code: null, attempts: 1, url: '' };
  return { ...nothing, duration: seconds(ms), reason: 'TIMEOUT', detail: `${name} gave no answer within ${seconds(ms)} s` };
}
