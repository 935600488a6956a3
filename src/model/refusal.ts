import { CODES, type Code } from '../lib/codes.js';
import type { Problem } from '../lib/problem.js';

/** Why something was not done; nothing was changed. */
export interface Refusal {
  readonly code: Code;
  readonly message: string;
  /** What is wrong with what was given, place by place; often empty. */
  readonly problems: readonly Problem[];
}

/** A refusal with a message of its own, else with what its code means. */
export function refusal(code: Code, message: string = CODES[code].meaning, problems: readonly Problem[] = []): Refusal {
  return { code, message, problems };
}
