import { isPromptCode, type PromptCode } from '../../lib/codes/prompts.js';
import type { Json } from '../../lib/json/json.js';
import { jsonField } from '../../lib/json/json-field.js';

/** A prompt that could not be played. */
export interface FailedPrompt {
  readonly code: PromptCode;
  readonly message: string;
}

/** The prompt that failed, by the answer of a port; null for any other answer. */
export function failedPrompt(answer: object | null): FailedPrompt | null {
  // Ports promise plain data (see `ports.ts`).
  const given = answer as Json;
  const [kind, code, message] = ['kind', 'code', 'message'].map((name) => jsonField(given, name));
  if (kind !== 'failed' || typeof code !== 'string' || !isPromptCode(code)) return null;
  return { code, message: typeof message === 'string' ? message : '' };
}

/**
 * Whether the last thing that a caller was to hear could not be played. A flow that ends then has left its caller in silence, whatever
 * exits it took.
 */
export class Unheard {
  #last = false;

  get last(): boolean {
    return this.#last;
  }

  /** Told the answer to an operation that had something to play. */
  note({ heardAlone }: { readonly heardAlone?: true }, failed: FailedPrompt | null): void {
    if (heardAlone === true) this.#last = failed !== null;
  }
}
