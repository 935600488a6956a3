import { z } from 'zod';
import type { Segment } from '../model/segment.js';
import { asText } from '../flow/variables/escape.js';
import { matchPattern } from '../flow/expression/pattern.js';
import { promptSchema, type Prompt } from '../flow/prompt.js';
import { defineWidget, type WidgetContext, type WidgetProblem } from '../flow/widget.js';
import {
  ask,
  attemptFields,
  attemptPrompts,
  attemptUrlFields,
  type AttemptsEnd,
  type CallerQuestion,
  type Judgement,
} from './shared/attempts.js';
import { keyField, keysField, patternField, variableField } from './shared/fields.js';
import { isEmpty } from './shared/values.js';

const digitsSchema = z.strictObject({
  min: z
    .number()
    .int()
    .min(0)
    .max(64)
    .default(1)
    .describe('Minimum number of keys of a valid input. 0: the terminator alone is a valid input.'),
  max: z.number().int().min(1).max(64).default(20).describe('Maximum number of keys. With this many the input is complete.'),
  endOn: keysField.default('#').describe('Keys that end the input and are not part of it; empty = none.'),
  allow: keysField.default('').describe('Keys that count, others are ignored; empty = all.'),
  firstDigitTimeout: z.number().min(1).max(300).default(5).describe('Seconds from the end of the prompt to the first key.'),
  interDigitTimeout: z
    .number()
    .min(1)
    .max(10)
    .default(3)
    .describe('Maximum time between two keys, seconds. After it the input is complete.'),
});

const validateSchema = z.strictObject({
  pattern: patternField.optional().describe('Regular expression the whole input must match, e.g. `[1-9]\\d{4}`.'),
  luhn: z.boolean().default(false).describe('The input must have a valid Luhn check digit, as card numbers have.'),
});

const confirmSchema = z.strictObject({
  before: promptSchema.default([{ say: 'You entered' }]).describe('Said before the digits are read back.'),
  after: promptSchema
    .default([{ say: 'If this is correct press 1. To enter it again press 2.' }])
    .describe('Said after the digits.'),
  accept: keyField.default('1').describe('Key that accepts the input.'),
  reject: keyField.default('2').describe('Key that asks again; uses up a retry.'),
});

const configSchema = z.strictObject({
  saveIn: variableField.describe('Variable that takes the digits, as text: leading zeros stay.'),
  ...attemptFields,
  skipIfFilled: z.boolean().default(false).describe('Leave by `collected` without asking when the variable already has a value.'),
  digits: digitsSchema.prefault({}).describe('How many keys, what ends them, how long to wait.'),
  mask: z.boolean().default(false).describe('Secret digits: shown as `***` in journal, logs, reports and timeline.'),
  validate: validateSchema.optional().describe('What a usable answer looks like; others count as invalid.'),
  confirm: confirmSchema.optional().describe('Read the digits back and have them accepted. `{}` uses the English prompts.'),
});

type CollectConfig = z.infer<typeof configSchema>;

/** Digits from the caller (docs/behaviour.md#widget-collect). */
export const collect = defineWidget({
  type: 'collect',
  version: 1,
  summary: 'Asks for digits and keeps them in a variable.',
  docs: `The input is complete at \`digits.max\` keys, at a key of \`digits.endOn\`, or \`digits.interDigitTimeout\` seconds after the last
key. It is usable when it has at least \`digits.min\` keys and passes \`validate\`. Otherwise the widget asks again, up to \`retries\`
times, with prompts per try as in \`menu\`. A caller may press a key of \`digits.endOn\` even after the last of \`digits.max\` keys: as the
next key and within two seconds it is dropped, so that it is no answer to what the flow asks next.

**Which exit.** \`collected\` with a usable (and, with \`confirm\`, accepted) input. After the last try the widget leaves by what happened
last: \`noInput\` when no key was pressed, \`missed\` when the input was not usable or not accepted.

**Read-back.** \`confirm\` plays \`before\`, the digits one by one, and \`after\`, then waits for the accept or reject key. Nothing is stored
before the caller accepts. Rejecting asks again without an error prompt and uses up a try. Silence repeats the read-back, up to
\`retries\` times; other keys are ignored.

**Secret digits.** \`mask\` keeps them out of journal, logs, reports and timeline; only a webhook that names the variable sends them.

**Validation** uses regular expressions without look-around and back-references, which run in linear time whatever the input.

Without a \`prompt\` the widget just listens, e.g. for the key that ends a recording. \`$widget.<id>.digits\` has the digits unless masked,
\`$widget.<id>.tries\` the number of tries, \`$widget.<id>.endedBy\` what completed the input: \`max\`, \`terminator\` or \`timeout\`.`,
  example: {
    type: 'collect',
    saveIn: '$flow.key.order',
    prompt: [{ say: 'Please key in your order number, then hash.' }],
    noInputPrompts: [[{ say: 'I did not hear anything.' }]],
    invalidPrompts: [[{ say: 'An order number has five to eight digits.' }]],
    digits: { min: 5, max: 8, firstDigitTimeout: 8 },
    exits: { collected: 'lookup', noInput: 'bye', missed: 'operator' },
  },
  config: configSchema,
  exits: () => ({
    collected: { summary: 'The variable has a usable value.' },
    noInput: { summary: 'The last try ended without a key.' },
    missed: { summary: 'The last input was not usable, or the caller did not accept it.' },
    failed: { summary: 'A prompt could not be played; `$widget.<id>.error` has the code.', error: true },
  }),
  results: ['digits', 'tries', 'endedBy', 'skipped'],
  callersAnswer: (exit, saved) => (exit === 'collected' ? asText(saved ?? '') : null),
  audio: true,
  waits: true,
  prompts: (config) => [...attemptPrompts(config), ...(config.confirm ? [config.confirm.before, config.confirm.after] : [])],
  urlFields: [...attemptUrlFields, 'confirm.before.*.url', 'confirm.after.*.url'],
  writes: ({ saveIn }) => [saveIn],
  literalFields: ['validate.pattern'],
  check({ digits, confirm }) {
    const problems: WidgetProblem[] = [];
    if (digits.min > digits.max) {
      problems.push({
        code: 'FLOW_CONFLICT',
        path: 'digits.min',
        message: `No input can have at least ${digits.min} and at most ${digits.max} digits.`,
        advice: 'Lower digits.min or raise digits.max.',
      });
    }
    if (digits.allow !== '' && Array.from(digits.allow).every((key) => digits.endOn.includes(key)) && digits.min > 0) {
      problems.push({
        code: 'FLOW_CONFLICT',
        path: 'digits.allow',
        message: 'Every allowed key ends the input, so the input never has a digit.',
        advice: 'Add keys to digits.allow, or take them out of digits.endOn.',
      });
    }
    if (confirm && confirm.accept === confirm.reject) {
      problems.push({
        code: 'FLOW_CONFLICT',
        path: 'confirm.reject',
        message: 'The same key accepts and rejects the input.',
        advice: 'Give confirm.accept and confirm.reject different keys.',
      });
    }
    return problems;
  },
  async run(config, context) {
    if (config.skipIfFilled && !isEmpty(context.vars.get(config.saveIn))) {
      context.result({ skipped: true, tries: 0 });
      return 'collected';
    }
    const end = await ask(context, mainQuestion(config, context));
    switch (end.kind) {
      case 'accepted':
        context.vars.set(config.saveIn, end.value.digits, { masked: config.mask });
        context.result({ tries: end.tries, endedBy: end.value.endedBy, ...(config.mask ? {} : { digits: end.value.digits }) });
        return 'collected';
      case 'noInput':
      case 'invalid':
        context.result({ tries: end.tries });
        return end.kind === 'noInput' ? 'noInput' : 'missed';
      case 'failed':
        context.result({ error: end.code, message: end.message });
        return 'failed';
    }
  },
});

interface Input {
  readonly digits: string;
  readonly endedBy: string;
}

function mainQuestion(config: CollectConfig, context: WidgetContext): CallerQuestion<Input> {
  const { firstDigitTimeout, interDigitTimeout, ...keys } = config.digits;
  return {
    config,
    keys: {
      ...keys,
      mask: config.mask,
      firstDigitTimeoutMs: firstDigitTimeout * 1000,
      interDigitTimeoutMs: interDigitTimeout * 1000,
    },
    segments: (prompt) => context.vars.segments(prompt).value,
    async judge({ digits, endedBy }): Promise<Judgement<Input>> {
      if (!isUsable(digits, config)) return { kind: 'invalid' };
      const input: Judgement<Input> = { kind: 'accepted', value: { digits, endedBy } };
      if (!config.confirm) return input;
      const confirmed = await readBack(digits, config.confirm, config, context);
      switch (confirmed.kind) {
        case 'accepted':
          return confirmed.value ? input : { kind: 'declined' };
        case 'noInput':
        case 'invalid':
          return { kind: 'declined' };
        case 'failed':
          return confirmed;
      }
    },
  };
}

function isUsable(digits: string, { validate }: CollectConfig): boolean {
  if (!validate) return true;
  if (validate.pattern !== undefined) {
    const matched = matchPattern(`^(?:${validate.pattern})$`, digits);
    if (!matched.ok || !matched.value) return false;
  }
  return !validate.luhn || passesLuhn(digits);
}

/** Luhn check (ISO/IEC 7812-1, annex B): every second figure from the right doubled, cross sums added, a multiple of ten. */
function passesLuhn(digits: string): boolean {
  if (!/^\d{2,}$/.test(digits)) return false;
  const sum = Array.from(digits)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? Number(digit) : Number(digit) * 2))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return sum % 10 === 0;
}

/** Reads the digits back; accepted with true or false for the accept and the reject key. */
function readBack(
  digits: string,
  confirm: NonNullable<CollectConfig['confirm']>,
  config: CollectConfig,
  context: WidgetContext,
): Promise<AttemptsEnd<boolean>> {
  const speak = (prompt: Prompt): readonly Segment[] => context.vars.segments(prompt).value;
  const spoken = speak([{ say: digits, as: 'digits' }]).map((segment) => (config.mask ? { ...segment, private: true } : segment));
  return ask(context, {
    config: { ...config, prompt: confirm.before, noInputPrompts: [], invalidPrompts: [], bargeIn: true },
    keys: {
      min: 1,
      max: 1,
      endOn: '',
      // Other keys are ignored: a terminator pressed after the last digit must not answer the read-back.
      allow: confirm.accept + confirm.reject,
      mask: false,
      firstDigitTimeoutMs: config.digits.firstDigitTimeout * 1000,
      interDigitTimeoutMs: config.digits.interDigitTimeout * 1000,
    },
    segments: (before) => [...speak(before), ...spoken, ...speak(confirm.after)],
    judge: ({ digits: key }) => ({ kind: 'accepted', value: key === confirm.accept }),
  });
}
