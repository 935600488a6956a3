import { z } from 'zod';
import type { Namespace } from '../../flow/namespace.js';
import { isValidName } from '../../flow/variables/names.js';
import { parseName } from '../../flow/variables/scanner.js';
import { holdFields } from '../hold/hold.js';

/* The fields of the function widget. */

/** What can be passed to a function. */
const PASSED: ReadonlySet<Namespace> = new Set<Namespace>(['flow.key', 'flow.syskey', 'user.key', 'user.syskey', 'call']);

/** A name without namespace; it stands for `$flow.key.<name>`. */
const SHORT_NAME = /^[A-Za-z0-9_-]{1,128}$/u;

function isPassed(text: string): boolean {
  const variable = parseName(text);
  return variable !== null && PASSED.has(variable.namespace) && isValidName(variable);
}

const variableKey = z
  .string()
  .max(200)
  .refine(isPassed, 'must be one variable of $flow.key, $flow.syskey, $user.key, $user.syskey or $call')
  .describe('A variable, passed under its own name.');

const valueKey = z.strictObject({
  name: z
    .string()
    .max(200)
    .refine(
      (text) => SHORT_NAME.test(text) || isPassed(text),
      'must be a name such as inputDate, or one with its namespace such as $flow.syskey.apiVersion',
    )
    .describe('Name of the input; without namespace it is `$flow.key.<name>`.'),
  value: z
    .union([z.string().max(8192), z.number(), z.boolean()])
    .describe('Its value; variables allowed, one that stands alone keeps its type.'),
  mandatory: z
    .boolean()
    .default(false)
    .describe('true: the widget fails if the input has no value at run time. false: the input is left out.'),
});

export const functionConfig = z.strictObject({
  function: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,128}$/u, 'must be the name of a function: letters, digits, `_`, `.` or `-`')
    .describe('Name of the function, written exactly as it is listed.'),
  service: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/u, 'must be the name of a configured webhook')
    .optional()
    .describe('Service of the function: a configured webhook of kind `functions`. Absent: a function of Offhook itself.'),
  groups: z
    .array(z.enum(['call', 'flow', 'user']))
    .max(3)
    .default([])
    .describe('Whole groups of variables to pass: `call`, `flow` (with `$flow.syskey`), `user` (with `$user.syskey`).'),
  keys: z
    .array(
      z.union([variableKey, valueKey]),
      'must be a list, e.g. ["$flow.key.order", {"name": "inputDate", "value": "$call.dtmf"}]',
    )
    .max(200)
    .default([])
    .describe('Single variables and inputs to pass; they win over the groups.'),
  outputs: z
    .array(
      z.string().refine((text) => {
        const variable = parseName(text);
        return variable?.namespace === 'flow.key' && isValidName(variable);
      }, 'must be a variable such as $flow.key.score'),
    )
    .max(200)
    .default([])
    .describe(
      'Variables that a function of a service sets, so that the flow may use them. Offhook knows those of its own functions.',
    ),
  timeout: z.number().int().min(1).max(60).default(10).describe('Maximum time for the answer of the function, seconds.'),
  wait: z
    .boolean()
    .default(true)
    .describe('true: the flow waits for the answer. false: the flow goes on at once, and the function sets nothing.'),
  ...holdFields,
  persist: z.boolean().default(false).describe('Keep the flow’s variables queryable after the call.'),
});

export type FunctionConfig = z.infer<typeof functionConfig>;
export type FunctionKeyField = FunctionConfig['keys'][number];

/** The full name under which a key is passed. */
export function keyNameOf(key: FunctionKeyField): string {
  if (typeof key === 'string') return key;
  return key.name.startsWith('$') ? key.name : `$flow.key.${SAFE_NAME.test(key.name) ? key.name : `{${key.name}}`}`;
}

/** A short name that needs no braces. */
const SAFE_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/u;
