import { z } from 'zod';
import { segmentSchema } from '../flow/prompt.js';
import { defineWidget, type WidgetContext } from '../flow/widget.js';
import { startHoldMusic } from './hold/music.js';

const musicSchema = z
  .union([z.boolean(), segmentSchema], 'must be true, false or an audio segment such as {"file": "waiting.wav"}')
  .default(false)
  .describe('What the caller hears meanwhile: `true` = the default hold music, or a segment of your own, repeated.');

/** Waits (docs/behaviour.md#widget-delay). */
export const delay = defineWidget({
  type: 'delay',
  version: 1,
  summary: 'Waits for some time, in silence or with music.',
  docs: `Music stops when the time is over. When music of your own cannot be played the default hold music takes its place, and
\`$widget.<id>.error\` says why. A caller who hangs up ends the wait.`,
  example: { type: 'delay', seconds: 1.5, music: true, exits: { next: 'welcome' } },
  config: z.strictObject({
    seconds: z.number().min(0.1).max(7200).describe('How long to wait, seconds.'),
    music: musicSchema,
  }),
  exits: () => ({ next: { summary: 'The time is over.' } }),
  results: [],
  audio: ({ music }) => music !== false,
  waits: true,
  urlFields: ['music.url'],
  prompts: ({ music }) => (typeof music === 'boolean' ? [] : [[music]]),
  async run({ seconds, music }, context) {
    if (music !== false) await startMusic(music, context);
    await context.clock.sleep(seconds * 1000);
    if (music !== false) await context.call.stopMusic();
    return 'next';
  },
});

async function startMusic(music: true | z.infer<typeof segmentSchema>, context: WidgetContext): Promise<void> {
  const own = music === true ? [] : context.vars.segments([music]).value;
  const failure = await startHoldMusic(own, 0, context);
  if (failure !== null) context.result({ error: failure.code, message: failure.message });
}
