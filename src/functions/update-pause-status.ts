import { z } from 'zod';
import { ok } from '../lib/result.js';
import { contactInput, textInput } from './contract/fields.js';
import { defineFunction } from './contract/function.js';

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['pause', 'paused', 'true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['unpause', 'unpaused', 'resume', 'false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

const status = textInput(20).transform((text, context): boolean => {
  const found = WORDS.get(text.toLowerCase());
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: 'must be pause or unpause' });
  return z.NEVER;
});

/** Pauses or unpauses a number (docs/behaviour.md#paused-numbers). */
export const updatePauseStatus = defineFunction({
  name: 'updatePauseStatusForCLI',
  summary: 'Pauses or unpauses the number of an agent.',
  docs: `A paused number takes no calls for the time being. The state is kept over restarts; \`GET /v1/pauses\` lists it. Pausing a paused number and
unpausing one that is not paused change nothing and are no failure.`,
  inputs: z.object({
    cli: contactInput.describe('The number of the agent, e.g. `$call.cli` when the agent calls to pause.'),
    status: status.describe('`pause` or `unpause`; also `true` and `false`, `1` and `0`.'),
    reason: textInput(200).optional().describe('Why; shown in the list.'),
  }),
  outputs: {
    '$flow.key.cli_pause_update': 'true when the number was paused or unpaused by this, false when it was so before',
    '$flow.key.cli_paused': 'true when the number is paused now',
  },
  example: [
    { name: '$flow.key.cli', value: '+15559870001' },
    { name: '$flow.key.status', value: 'pause' },
  ],
  async run({ cli, status: paused, reason }, { services, now }) {
    const before = await services.pauses.find(cli);
    if (paused) await services.pauses.pause({ cli, reason: reason ?? null, since: now() });
    const changed = paused ? before === null : await services.pauses.resume(cli);
    return ok({ '$flow.key.cli_pause_update': changed, '$flow.key.cli_paused': paused });
  },
});
