import { z } from 'zod';
import { defineWidget } from '../flow/widget.js';
import { recordingNameField } from './shared/fields.js';

/** Ends a recording (docs/behaviour.md#widget-recording). */
export const stopRecording = defineWidget({
  type: 'stopRecording',
  version: 1,
  summary: 'Ends a recording and keeps it.',
  docs: `Ends the recording of that \`name\`, or the newest one that runs. \`$widget.<id>.recording\` is its id, \`$widget.<id>.seconds\` its
length, \`$widget.<id>.bytes\` its size. A recording that has ended by itself, by \`maxSeconds\` or with the call, is still reported, so that
anchors know it too; \`failed\` is taken when there never was one.`,
  example: { type: 'stopRecording', name: 'message', exits: { next: 'thanks', failed: 'sorry' } },
  config: z.strictObject({ name: recordingNameField.optional() }),
  exits: () => ({
    next: { summary: 'The recording is kept.' },
    failed: { summary: 'There was nothing to end, or it could not be kept; `$widget.<id>.error` has the code.', error: true },
  }),
  results: ['recording', 'name', 'seconds', 'bytes'],
  audio: false,
  waits: false,
  async run({ name }, context) {
    const stopped = await context.call.stopRecording({ name: name ?? null });
    if (stopped.kind === 'failed') {
      context.result({ error: stopped.code, message: stopped.message });
      return 'failed';
    }
    const { id, ms, bytes, name: recorded } = stopped.recording;
    context.result({ recording: id, name: recorded, seconds: Math.round(ms / 10) / 100, bytes });
    return 'next';
  },
});
