import { z } from 'zod';
import type { CallFailure, CollectAnswer, CollectRequest } from '../../model/call-verbs.js';
import type { Segment } from '../../model/segment.js';
import { promptSchema, type Prompt } from '../../flow/prompt.js';
import type { WidgetContext } from '../../flow/widget.js';
import { levelField } from './fields.js';

/*
 * Asking until the caller gives a usable answer: prompt, keys, judgement, and again with another prompt, a limited number of
 * times. Menu, collect and the read-back of collect are this with different judges.
 */

/** Fields of every widget that asks. */
export const attemptFields = {
  prompt: promptSchema.optional().describe('What the caller hears. Without it the widget just listens.'),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('How often the widget asks again after no input or invalid input.'),
  noInputPrompts: z
    .array(promptSchema)
    .max(10)
    .default([])
    .describe('Said before asking again when no key was pressed: one prompt per retry, the last one for all further retries.'),
  invalidPrompts: z
    .array(promptSchema)
    .max(10)
    .default([])
    .describe('Said before asking again when the input was not usable: one prompt per retry, the last one for all further.'),
  repeatPrompt: z.boolean().default(true).describe('`prompt` follows the no-input or invalid prompt of a retry.'),
  bargeIn: z.boolean().default(true).describe('A key cuts the prompt. When false, keys pressed before its end do not count.'),
  level: levelField,
} as const;

export type AttemptsConfig = z.infer<z.ZodObject<typeof attemptFields>>;

/** The prompts of a configuration, for rendering ahead. */
export function attemptPrompts(config: AttemptsConfig): readonly Prompt[] {
  return [...(config.prompt ? [config.prompt] : []), ...config.noInputPrompts, ...config.invalidPrompts];
}

/** Where addresses stand in these fields. */
export const attemptUrlFields = ['prompt.*.url', 'noInputPrompts.*.*.url', 'invalidPrompts.*.*.url'] as const;

/** What counts as one input. */
export type KeyRules = Pick<
  CollectRequest,
  'min' | 'max' | 'endOn' | 'allow' | 'firstDigitTimeoutMs' | 'interDigitTimeoutMs' | 'mask'
>;

export type Collected = Extract<CollectAnswer, { kind: 'collected' }>;

/** What a judge thinks of an input: usable, unusable, or taken back by the caller (asked again without complaint). */
export type Judgement<T> =
  { readonly kind: 'accepted'; readonly value: T } | { readonly kind: 'invalid' } | { readonly kind: 'declined' } | CallFailure;

/** How asking ended. `noInput` and `invalid` tell what the last try was. */
export type AttemptsEnd<T> =
  | { readonly kind: 'accepted'; readonly value: T; readonly tries: number }
  | { readonly kind: 'noInput' | 'invalid'; readonly tries: number }
  | CallFailure;

/** One question to the caller. */
export interface CallerQuestion<T> {
  readonly config: AttemptsConfig;
  readonly keys: KeyRules;
  /** Segments of a prompt; a question about masked digits makes them private. */
  segments(prompt: Prompt): readonly Segment[];
  judge(input: Collected): Judgement<T> | Promise<Judgement<T>>;
}

type Miss = 'noInput' | 'invalid' | 'declined';

/** Asks, at most `retries` + 1 times. Keys pressed ahead count for the first try only, so that one slip is one miss. */
export async function ask<T>(context: WidgetContext, question: CallerQuestion<T>): Promise<AttemptsEnd<T>> {
  const { config, keys } = question;
  const tries = config.retries + 1;
  let miss: Miss | null = null;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const answer = await context.call.collect({
      ...keys,
      prompt: promptOfTry(config, attempt, miss).flatMap((prompt) => question.segments(prompt)),
      level: config.level,
      bargeIn: config.bargeIn,
      typeAhead: config.bargeIn && attempt === 1,
    });
    const verdict = await judged(answer, question);
    if (verdict.kind === 'failed') return verdict;
    if (verdict.kind === 'accepted') return { ...verdict, tries: attempt };
    miss = verdict.kind;
  }
  return { kind: miss === 'noInput' ? 'noInput' : 'invalid', tries };
}

async function judged<T>(
  answer: CollectAnswer,
  question: CallerQuestion<T>,
): Promise<Judgement<T> | { readonly kind: 'noInput' }> {
  switch (answer.kind) {
    case 'collected':
      return question.judge(answer);
    case 'tooShort':
      return { kind: 'invalid' };
    case 'noInput':
    case 'failed':
      return answer;
  }
}

/** Prompts of the n-th try, in playing order. */
function promptOfTry(config: AttemptsConfig, attempt: number, miss: Miss | null): readonly Prompt[] {
  const main = config.prompt ? [config.prompt] : [];
  const list = miss === 'noInput' ? config.noInputPrompts : miss === 'invalid' ? config.invalidPrompts : [];
  const own = list[Math.min(attempt - 2, list.length - 1)];
  if (!own) return main;
  return config.repeatPrompt ? [own, ...main] : [own];
}
