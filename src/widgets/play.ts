import { z } from 'zod';
import { promptSchema } from '../flow/prompt.js';
import { defineWidget } from '../flow/widget.js';
import { keysField, levelField } from './shared/fields.js';

/** Speaks and plays audio (docs/behaviour.md#widget-play). */
export const play = defineWidget({
  type: 'play',
  version: 1,
  summary: 'Speaks text or plays audio files to the caller.',
  docs: `A prompt is a list of segments, played one after the other without a gap: text to speak, a file of the \`prompts/\` folder, or an
audio file from a URL. Variables can stand in all of them. \`as\` reads a value the way people expect it: \`digits\` one by one, a
\`number\`, a \`date\`, a \`time\`, an amount of \`currency\`.

**Keys during the prompt.** By default they do not stop it. With \`bargeIn\` any key stops the prompt and stays in the buffer, so that
the next \`menu\` or \`collect\` takes it as its first key. A key of \`stopKeys\` stops the prompt too but is used up by that.

| \`bargeIn\` | \`stopKeys\` | a key in \`stopKeys\` | any other key |
|---|---|---|---|
| false | empty | – | plays on |
| false | \`#\` | stops, used up | plays on |
| true | empty | – | stops, kept for the next widget |
| true | \`#\` | stops, used up | stops, kept for the next widget |

\`$widget.<id>.ms\` is how long was played, \`$widget.<id>.key\` the key that stopped it.`,
  example: {
    type: 'play',
    prompt: [{ say: 'Your appointment is on' }, { say: '$flow.key.date', as: 'date' }, { file: 'thank-you.wav' }],
    stopKeys: '#',
    exits: { done: 'bye' },
  },
  config: z.strictObject({
    prompt: promptSchema.describe('What the caller hears.'),
    loop: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(1)
      .describe('How many times it plays; 0 = until a key stops it or the call ends.'),
    level: levelField,
    bargeIn: z.boolean().default(false).describe('Any key stops the prompt and counts for the next widget.'),
    stopKeys: keysField.default('').describe('Keys that stop the prompt and are used up, e.g. `#`.'),
  }),
  exits: () => ({
    done: { summary: 'Everything was played.' },
    interrupted: { summary: 'A key stopped the prompt.', fallback: 'done' },
    failed: { summary: 'A prompt could not be played; `$widget.<id>.error` has the code.', error: true },
  }),
  results: ['ms', 'key'],
  audio: true,
  waits: true,
  prompts: ({ prompt }) => [prompt],
  urlFields: ['prompt.*.url'],
  async run({ prompt, ...how }, context) {
    const answer = await context.call.play({ ...how, segments: context.vars.segments(prompt).value });
    switch (answer.kind) {
      case 'done':
        context.result({ ms: answer.ms });
        return 'done';
      case 'interrupted':
        context.result({ ms: answer.ms, key: answer.key });
        return 'interrupted';
      case 'failed':
        context.result({ error: answer.code, message: answer.message });
        return 'failed';
    }
  },
});
