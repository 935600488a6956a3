import { CODES, type Code } from './codes.js';

/**
 * One thing wrong with something the user wrote (configuration, flow, webhook list, API input).
 * Checkers collect all of them; nothing stops at the first.
 */
export interface Problem {
  /** Stable code, documented in `docs/errors.md`, e.g. `FLOW_UNKNOWN_EXIT`. */
  readonly code: Code;
  /** `error` refuses the document, `warning` is printed and accepted. */
  readonly severity: 'error' | 'warning';
  /** File the problem is in, relative to the configuration folder where known. */
  readonly file?: string;
  /** JSON path inside the document, e.g. `$.widgets.ask.exits.collected`. */
  readonly path: string;
  /** What is wrong, one sentence. */
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly advice: string;
}

/** An error with the advice of its code; `more` says otherwise. */
export function problem(code: Code, at: Pick<Problem, 'file' | 'path' | 'message'>, more: Partial<Problem> = {}): Problem {
  return { code, severity: 'error', advice: CODES[code].advice, ...at, ...more };
}
