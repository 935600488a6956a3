import { z } from 'zod';
import { defineWidget } from '../flow/widget.js';
import { recordingNameField } from './shared/fields.js';

/** Begins a recording (docs/behaviour.md#widget-recording). */
export const startRecording = defineWidget({
  type: 'startRecording',
  version: 1,
  summary: 'Begins to record the call or the caller.',
  docs: `The flow goes on at once while the recording runs. It ends at \`stopRecording\`, after \`maxSeconds\`, or with the call, and is
a WAV file in the report under its \`name\`. For a message of the caller record \`tracks: "caller"\` with a \`beep\`, then let a \`collect\`
without prompt wait for the key that ends it. Several recordings can run at once.

Where the law wants it, ask for consent with a \`play\` or \`menu\` first. \`$widget.<id>.recording\` is the recording's id.`,
  example: {
    type: 'startRecording',
    name: 'message',
    tracks: 'caller',
    beep: true,
    maxSeconds: 120,
    exits: { next: 'listen', failed: 'sorry' },
  },
  config: z.strictObject({
    name: recordingNameField.default('recording'),
    tracks: z
      .enum(['caller', 'both'])
      .default('both')
      .describe('`caller`: what the caller says, mono. `both`: stereo, caller left, what the caller hears right.'),
    beep: z.boolean().default(false).describe('A short tone tells the caller that recording begins.'),
    maxSeconds: z
      .number()
      .min(0)
      .max(7200)
      .default(0)
      .describe('The recording ends after this many seconds. 0: it ends with the call.'),
  }),
  exits: () => ({
    next: { summary: 'The recording runs.' },
    failed: { summary: 'It could not begin; `$widget.<id>.error` has the code.', error: true },
  }),
  results: ['recording', 'name'],
  audio: true,
  waits: false,
  async run({ maxSeconds, ...request }, context) {
    const started = await context.call.startRecording({ ...request, maxMs: Math.round(maxSeconds * 1000) });
    if (started.kind === 'failed') {
      context.result({ error: started.code, message: started.message });
      return 'failed';
    }
    context.result({ recording: started.id, name: request.name });
    return 'next';
  },
});
