import { z } from 'zod';
import { promptSchema } from '../flow/prompt.js';
import { defineWidget } from '../flow/widget.js';
import { levelField } from './shared/fields.js';

const DISPOSITION = '$flow.key.disposition';

/** Ends the call (docs/behaviour.md#widget-hangup). */
export const hangup = defineWidget({
  type: 'hangup',
  version: 1,
  summary: 'Says goodbye, if wanted, and ends the call.',
  docs: `The prompt is played to its end; if it cannot be played the call still ends. A call that was never answered is not answered
by a \`hangup\` without a prompt: it is rejected with the SIP status that belongs to \`cause\`, e.g. 486 for 17 (busy), 603 for 21 (rejected).

\`disposition\` is a word of your own for how the call went; it is kept in \`$flow.key.disposition\` and so stands in the report. The widget has
no exits. The flow's \`onFlowComplete\` branch still runs.`,
  example: { type: 'hangup', prompt: [{ say: 'Thank you for calling. Goodbye.' }], disposition: 'served' },
  config: z.strictObject({
    prompt: promptSchema.optional().describe('Said before the call ends.'),
    level: levelField,
    cause: z.number().int().min(1).max(127).default(16).describe('Q.850 cause, e.g. 16 normal, 17 busy, 21 rejected.'),
    disposition: z.string().min(1).max(100).optional().describe('How the call went, for the report; variables allowed.'),
  }),
  exits: () => ({}),
  results: [],
  audio: ({ prompt }) => prompt !== undefined,
  waits: false,
  writes: ({ disposition }) => (disposition === undefined ? [] : [DISPOSITION]),
  urlFields: ['prompt.*.url'],
  prompts: ({ prompt }) => (prompt ? [prompt] : []),
  async run({ prompt, level, cause, disposition }, context) {
    if (disposition !== undefined) {
      const { value, masked } = context.vars.text(disposition);
      context.vars.set(DISPOSITION, value, { masked });
    }
    if (prompt) {
      const segments = context.vars.segments(prompt).value;
      const played = await context.call.play({ segments, loop: 1, level, bargeIn: false, stopKeys: '' });
      if (played.kind === 'failed') context.result({ error: played.code, message: played.message });
    }
    await context.call.hangup({ cause });
    return 'end';
  },
});
