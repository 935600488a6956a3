import { z } from 'zod';
import { ok } from '../lib/result.js';
import { textInput } from './contract/fields.js';
import { defineFunction, failure } from './contract/function.js';

const tag = textInput(35).refine(
  (text) => /^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*$/u.test(text),
  'must be a language tag such as de',
);

/** Translates a text by the configured service. */
export const translateText = defineFunction({
  name: 'translateText',
  summary: 'Translates a text by the translation service of the site.',
  docs: `The service is set as \`functions.translation\` in \`offhook.json\`: any that speaks the HTTP API of LibreTranslate, also one on your own
machine. Without it the function fails with \`FUNCTION_NOT_CONFIGURED\`; a service that does not answer, or refuses, is \`FUNCTION_FAILED\`.`,
  inputs: z.object({
    text: textInput(5000).describe('The text.'),
    targetLanguage: tag.describe('Language wanted, e.g. `es`.'),
    sourceLanguage: tag.default('auto').describe('Language of the text; guessed by the service when absent.'),
  }),
  outputs: {
    '$flow.key.translatedText': 'the translation',
    '$flow.key.sourceLanguage': 'language of the text, as given or as the service found it',
  },
  example: [
    { name: '$flow.key.text', value: 'Your order is on its way.' },
    { name: '$flow.key.targetLanguage', value: 'es' },
  ],
  async run({ text, targetLanguage, sourceLanguage }, { services, timeoutMs, signal }) {
    if (services.translate === null) {
      return failure('FUNCTION_NOT_CONFIGURED', 'no translation service is configured');
    }
    const answer = await services.translate({ text, from: sourceLanguage, to: targetLanguage, timeoutMs }, signal);
    if (!answer.ok) return failure('FUNCTION_FAILED', answer.error);
    return ok({
      '$flow.key.translatedText': answer.value.text,
      '$flow.key.sourceLanguage': answer.value.detected ?? sourceLanguage,
    });
  },
});
