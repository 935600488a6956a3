import { z } from 'zod';
import { isValidName, isWritable } from '../../flow/variables/names.js';
import { checkPattern } from '../../flow/expression/pattern.js';
import { parseName } from '../../flow/variables/scanner.js';

/* Fields that mean the same in several widgets, declared once so that they are documented and limited alike. */

/**
 * A variable a widget may write (docs/behaviour.md#namespaces): `$flow.key.*`, `$user.key.*`, their `syskey` forms, or a
 * parameter `$NAME`.
 */
export const variableField = z
  .string()
  .refine((text) => {
    const variable = parseName(text);
    return variable !== null && isValidName(variable) && isWritable(variable);
  }, 'must name a variable that can be written: $flow.key.<name>, $user.key.<name> or $NAME in capitals')
  .describe('Variable that takes the result, e.g. `$flow.key.order`.');

/** Keys of a phone keypad, each at most once. */
export const keysField = z.string().regex(/^(?:([0-9*#A-D])(?!.*\1)){0,16}$/, 'must be different keys out of 0-9, *, #, A-D');

/** One key of a phone keypad. */
export const keyField = z.string().regex(/^[0-9*#]$/, 'must be one of 0-9, *, #');

/** Loudness of a prompt: −1 … 1; one step is 6 dB. */
export const levelField = z.number().min(-1).max(1).default(0).describe('Louder or softer: −1 is half as loud, 1 twice as loud.');

/** A regular expression that matches in linear time; see `flow/pattern.ts`. */
export const patternField = z
  .string()
  .min(1)
  .superRefine((source, context) => {
    const checked = checkPattern(source);
    if (!checked.ok) context.addIssue({ code: 'custom', message: checked.error });
  });

/** Name of a counter. */
export const counterNameField = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,64}$/, 'must have only letters, digits and "_"')
  .describe('Name of the counter; the count is in `$flow.key.<name>`.');

/** The variable a counter keeps its count in. */
export function counterVariable(name: string): string {
  return `$flow.key.${name}`;
}

/** Name of a recording. */
export const recordingNameField = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must have only letters, digits, "_" and "-"')
  .describe('Name of the recording, as the report shows it.');
