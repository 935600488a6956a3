import { err, ok, type Result } from '../lib/result.js';
import { KEYS } from '../media/rtp/telephone-event.js';

/** One step of a digit script. */
export type DigitStep =
  | { readonly kind: 'press'; readonly key: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'prompt-end' };

const HALF_SECOND_MS = 500;
const SECOND_MS = 1000;
const MAX_STEPS = 1000;

/**
 * Reads a digit script, which says what to key in and when, from the answer on:
 *
 * - `0`–`9`, `*`, `#`, `A`–`D`: press the key (100 ms, then 100 ms pause)
 * - `w`: wait half a second; `W`: wait a second
 * - `~`: wait until the prompt has ended: until the far end has said something since the last key (or the answer) and has then been
 *   silent for 0.7 s; given up after a minute
 * - blanks and `,` mean nothing; they are there for the eye
 *
 * `~1~1234#` presses 1 after the first prompt and 1234# after the next; `w1` presses 1 after half a second, into the prompt.
 * The error names the character that means nothing.
 */
export function parseDigitScript(script: string): Result<readonly DigitStep[], string> {
  const steps: DigitStep[] = [];
  for (const character of script) {
    const key = character.toUpperCase();
    if (character === 'w') steps.push({ kind: 'wait', ms: HALF_SECOND_MS });
    else if (character === 'W') steps.push({ kind: 'wait', ms: SECOND_MS });
    else if (character === '~') steps.push({ kind: 'prompt-end' });
    else if (KEYS.includes(key)) steps.push({ kind: 'press', key });
    else if (!/[\s,]/.test(character)) return err(`"${character}" is neither a key nor a pause; use 0-9 * # A-D, w, W or ~`);
  }
  return steps.length > MAX_STEPS ? err(`the script has ${steps.length} steps; the maximum is ${MAX_STEPS}`) : ok(steps);
}
