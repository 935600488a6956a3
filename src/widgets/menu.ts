import { z } from 'zod';
import { defineWidget, type ExitDoc } from '../flow/widget.js';
import { ask, attemptFields, attemptPrompts, attemptUrlFields } from './shared/attempts.js';
import { keyField, variableField } from './shared/fields.js';

/** Exits that are no key. */
const NO_ANSWER: ReadonlySet<string> = new Set(['noInput', 'invalid', 'failed']);

/** A choice by one key (docs/behaviour.md#widget-menu). */
export const menu = defineWidget({
  type: 'menu',
  version: 1,
  summary: 'Offers a choice by one key; every key has its own exit.',
  docs: `\`keys\` names the choices; each key is an exit of that name. The widget waits \`timeout\` seconds after its prompt for a key and
asks again up to \`retries\` times.

**Prompts per try.** After no key the next try begins with the matching prompt of \`noInputPrompts\`, after a key that is not offered
with that of \`invalidPrompts\`; the main \`prompt\` follows unless \`repeatPrompt\` is false. When there are fewer prompts than retries
the last one is used again. After the last try the widget leaves at once by the exit of what happened last.

**Keys pressed early.** With \`bargeIn\` (the default) a key cuts the prompt, and a key pressed during an earlier interruptible prompt
counts at once. A retry never takes keys from before it began.

\`$widget.<id>.key\` is the key, \`$widget.<id>.choice\` its name, \`$widget.<id>.tries\` how many tries it took.`,
  example: {
    type: 'menu',
    prompt: [{ say: 'For sales press 1, for support press 2.' }],
    keys: { '1': 'Sales', '2': 'Support' },
    invalidPrompts: [[{ say: 'That is not one of the choices.' }]],
    exits: { '1': 'sales', '2': 'support', noInput: 'bye', invalid: 'bye' },
  },
  config: z.strictObject({
    ...attemptFields,
    keys: z
      .record(keyField, z.string().min(1).max(100))
      .refine((keys) => Object.keys(keys).length > 0, 'must offer at least one key')
      .describe('Key → name of the choice, for reports and timeline. Each key is an exit.'),
    timeout: z.number().min(1).max(300).default(5).describe('Seconds from the end of the prompt to the key.'),
    saveIn: variableField.optional().describe('Variable that takes the key pressed.'),
  }),
  exits: ({ keys }) => ({
    ...Object.fromEntries(
      Object.entries(keys).map(([key, name]): [string, ExitDoc] => [key, { summary: `Key ${key}: ${name}.` }]),
    ),
    noInput: { summary: 'The last try ended without a key.' },
    invalid: { summary: 'The last try got a key that is not offered.' },
    failed: { summary: 'A prompt could not be played; `$widget.<id>.error` has the code.', error: true },
  }),
  results: ['key', 'choice', 'tries'],
  callersAnswer: (exit) => (NO_ANSWER.has(exit) ? null : exit),
  audio: true,
  waits: true,
  prompts: (config) => attemptPrompts(config),
  urlFields: attemptUrlFields,
  writes: ({ saveIn }) => (saveIn === undefined ? [] : [saveIn]),
  async run(config, context) {
    const timeoutMs = config.timeout * 1000;
    const end = await ask(context, {
      config,
      keys: { min: 1, max: 1, endOn: '', allow: '', firstDigitTimeoutMs: timeoutMs, interDigitTimeoutMs: timeoutMs, mask: false },
      segments: (prompt) => context.vars.segments(prompt).value,
      judge: ({ digits }) => (Object.hasOwn(config.keys, digits) ? { kind: 'accepted', value: digits } : { kind: 'invalid' }),
    });
    switch (end.kind) {
      case 'accepted':
        if (config.saveIn !== undefined) context.vars.set(config.saveIn, end.value);
        context.result({ key: end.value, choice: config.keys[end.value] ?? '', tries: end.tries });
        return end.value;
      case 'noInput':
      case 'invalid':
        context.result({ tries: end.tries });
        return end.kind;
      case 'failed':
        context.result({ error: end.code, message: end.message });
        return 'failed';
    }
  },
});
