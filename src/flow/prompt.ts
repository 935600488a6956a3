import { z } from 'zod';
import { isLanguageTag } from '../lib/language-tag.js';

/*
 * A prompt as a flow file writes it: a list of segments, each with one kind. Shared by every widget that speaks; the values may
 * hold variables.
 */

/** How a value is read out. */
export const SAY_AS = ['digits', 'number', 'date', 'time', 'currency'] as const;

const say = z
  .strictObject({
    say: z.string().min(1).max(5000).describe('Text to speak; variables allowed.'),
    as: z.enum(SAY_AS).optional().describe('Read the text as digits, a number, a date, a time or an amount of money.'),
    currency: z
      .string()
      .regex(/^[A-Za-z]{3}$/, 'must be a code of ISO 4217 such as EUR')
      .optional()
      .describe('ISO 4217 code for `as: "currency"`, e.g. `EUR`.'),
    language: z
      .string()
      .refine(isLanguageTag, 'must be a language tag such as en-US')
      .optional()
      .describe('BCP 47 tag, e.g. `en-US`; the flow’s language when absent.'),
    voice: z.string().optional().describe('Voice of the speech provider.'),
  })
  .refine(({ as, currency }) => as !== 'currency' || currency !== undefined, {
    path: ['currency'],
    message: 'must name the currency of the amount, e.g. EUR',
  })
  .describe('Spoken text.');

const file = z
  .strictObject({
    file: z.string().min(1).describe('Path below the `prompts/` folder: WAV, MP3 or Ogg (Opus, Vorbis); variables allowed.'),
  })
  .describe('An audio file.');

const url = z
  .strictObject({ url: z.string().min(1).describe('http(s) address of an audio file; variables allowed.') })
  .describe('Audio from a URL.');

/** One segment of a prompt. */
export const segmentSchema = z.union([say, file, url]);

/** A prompt: segments played one after the other. */
export const promptSchema = z
  .array(segmentSchema, 'must be a list of segments, e.g. [{"say": "Welcome."}, {"file": "menu.wav"}]')
  .min(1)
  .max(50);

export type PromptSegment = z.infer<typeof segmentSchema>;
export type Prompt = z.infer<typeof promptSchema>;
