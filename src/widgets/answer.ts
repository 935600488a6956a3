import { z } from 'zod';
import { defineWidget } from '../flow/widget.js';

/** Answers the call. */
export const answer = defineWidget({
  type: 'answer',
  version: 1,
  summary: 'Answers the call, at once or after letting it ring.',
  docs: `Every widget that speaks or listens answers the call by itself, so most flows need no \`answer\`. Use it to let the phone
ring for a while first, or to answer before a webhook whose wait the caller should already hear as music.

On a call that is already answered it goes on at once after its delay.`,
  example: { type: 'answer', delay: 3, exits: { next: 'welcome' } },
  config: z.strictObject({
    delay: z
      .number()
      .min(0)
      .max(60)
      .default(0)
      .describe('Time that the caller hears ringing before the call is answered, seconds.'),
  }),
  exits: () => ({
    next: { summary: 'The call is answered.' },
    failed: { summary: 'The call could not be answered; `$widget.<id>.error` has the code.', error: true },
  }),
  results: [],
  audio: true,
  waits: false,
  async run({ delay }, context) {
    if (delay > 0) await context.clock.sleep(delay * 1000);
    const result = await context.call.answer();
    if (result.kind === 'done') return 'next';
    context.result({ error: result.code, message: result.message });
    return 'failed';
  },
});
