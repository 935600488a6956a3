import { z } from 'zod';

/* Fields of inputs. A caller keys in figures, a variable holds text: each field reads what was meant. */

const scalar = z
  .union([z.string(), z.number(), z.boolean()], 'must be a text, a number or true/false')
  .transform((value) => String(value).trim());

/** A text of at most `max` characters; numbers and booleans are read as text. */
export function textInput(max: number) {
  return scalar.pipe(z.string().min(1, 'must not be empty').max(max, `must have at most ${max} characters`));
}

/** A whole number, also as text. */
export function wholeInput(min: number, max: number) {
  const range = `must be a whole number from ${min} to ${max}`;
  return scalar
    .pipe(z.string().regex(/^[+-]?\d{1,9}$/u, range))
    .transform(Number)
    .pipe(z.number().min(min, range).max(max, range));
}

/** One of some words, in any case. */
export function wordInput<const W extends readonly [string, ...string[]]>(words: W) {
  return scalar.transform((text, context): W[number] => {
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: `must be one of ${words.join(', ')}` });
    return z.NEVER;
  });
}

/** Phone number as calls have it: figures with an optional `+`, or whatever a SIP address carries. */
export const contactInput = textInput(128);

/** Accepted so that flows made for other platforms work; read by nobody. */
export const ignoredInput = textInput(256).optional();
