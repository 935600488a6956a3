import { z } from 'zod';
import { promptSchema, type Prompt } from '../../flow/prompt.js';
import type { ExitDoc, WidgetProblem } from '../../flow/widget.js';
import { keyField } from '../shared/fields.js';

/* What the caller hears while a widget waits for an answer, and how they can leave the wait. */

/** What the fields of the wait do, for the reference page. */
export const HOLD_DOCS = `The request leaves first; nothing the caller hears delays it,
and whatever cannot be played is told to the log and changes nothing (the platform’s music takes the place of music of your own). What the
caller hears, in this order:

1. \`holdPrompt\`, once, e.g. “One moment, please.”
2. silence for \`holdMusicDelay\` seconds, so that a quick answer comes without any music. 0 unless set: no caller waits in silence that
   nobody asked for. A call that is not answered yet goes on ringing, unless keys are listened for.
3. \`holdMusic\` until the answer: \`true\` is the platform’s, \`{"file": "jazz.wav"}\` or \`{"url": "https://…"}\` your own, and
   \`{"prompt": [{"say": "Please hold."}], "every": 10}\` a prompt said every 10 seconds, without \`every\` again and again.
4. \`progress\` prompts at their seconds, counted from the request, over the music, which goes on behind them; with \`every\` again and again.

The answer ends all of it at once. Two fields soften that, up to \`timeout\` and never after a hang-up: music that has begun sounds at least
\`minMusic\` seconds, so that it never blips, and with \`finishPrompts\` a prompt that is being said is finished.

With \`escapeKey\` the caller leaves the wait by the exit \`escape\`: the request is given up, \`$flow.key.error_reason\` is \`ABORTED\`. Other
keys are kept for the next widget. A caller who hangs up ends the request and takes no exit.`;

/** Longest time for which a service may keep a caller on hold with `answerLater`, minutes. */
export const MAX_ANSWER_LATER_MINUTES = 30;
/** Shortest time from one beginning of a repeated prompt to the next, seconds. */
const MIN_EVERY = 3;
const MAX_WAIT_SECONDS = 60 + MAX_ANSWER_LATER_MINUTES * 60;

const every = z.number().min(MIN_EVERY).max(600);

const musicField = z
  .union(
    [
      z.boolean(),
      z.strictObject({ file: z.string().min(1).max(500).describe('Audio file of the `prompts/` folder.') }),
      z.strictObject({ url: z.string().min(1).max(2000).describe('Address of an audio file.') }),
      z.strictObject({
        prompt: promptSchema.describe('Spoken again and again.'),
        every: every.optional().describe('Seconds from one beginning to the next, with silence between. Absent: no pause.'),
      }),
    ],
    'must be true, false, {"file": "waiting.wav"}, {"url": "https://…"} or {"prompt": [{"say": "Please hold."}], "every": 10}',
  )
  .default(false)
  .describe('Music while the caller waits: true is the platform’s own, or a file, an address, a prompt that is repeated.');

const progressRow = z.strictObject({
  at: z.number().min(0).max(MAX_WAIT_SECONDS).describe('Seconds from the request.'),
  prompt: promptSchema.describe('Said over the music, which goes on afterwards.'),
  every: every.optional().describe('The prompt is repeated after this time, seconds from one beginning to the next.'),
});

/** The fields of the wait, to be spread into a widget's schema. */
export const holdFields = {
  holdPrompt: promptSchema.optional().describe('Said once, as soon as the wait begins and before the music.'),
  holdMusic: musicField,
  holdMusicDelay: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('Seconds of silence before the music, so that a quick answer comes without music.'),
  minMusic: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('Minimum time that music plays once it has begun, seconds. The answer waits for it. 0 = off.'),
  progress: z
    .array(progressRow, 'must be a list, e.g. [{"at": 10, "prompt": [{"say": "Still working on it."}]}]')
    .max(20)
    .default([])
    .describe('Prompts at given times of the wait.'),
  finishPrompts: z.boolean().default(false).describe('A prompt that is being said when the answer comes is finished first.'),
  escapeKey: keyField.optional().describe('Key that leaves the wait by the exit `escape`; other keys count for the next widget.'),
};

/** The fields of an answer that comes later than the request's own time, or to a flow that has gone on. */
export const lateFields = {
  answerLater: z
    .number()
    .min(0)
    .max(MAX_ANSWER_LATER_MINUTES)
    .default(0)
    .describe(
      'Minutes that the service has to answer at the resume URL after it answered 202. The caller stays on hold. 0 = off.',
    ),
  applyLate: z
    .boolean()
    .default(true)
    .describe('With `wait: false`: apply mapping and `saveStatusIn` when the answer comes while the call is up.'),
};

export type Hold = z.infer<z.ZodObject<typeof holdFields>>;
type WaitingWidget = Hold & z.infer<z.ZodObject<typeof lateFields>> & { readonly wait: boolean };

/** True when the wait is to be heard, or listens. */
export function holdsCaller({ holdMusic, holdPrompt, progress, escapeKey }: Hold): boolean {
  return holdMusic !== false || holdPrompt !== undefined || progress.length > 0 || escapeKey !== undefined;
}

/** Everything that may be said or played, as far as the flow brings it. */
export function holdPrompts({ holdMusic, holdPrompt, progress }: Hold): Prompt[] {
  const music = typeof holdMusic === 'boolean' ? [] : ['prompt' in holdMusic ? holdMusic.prompt : [holdMusic]];
  return [...(holdPrompt === undefined ? [] : [holdPrompt]), ...music, ...progress.map(({ prompt }) => prompt)];
}

/** Fields of the wait that hold addresses. */
export const HOLD_URL_FIELDS: readonly string[] = [
  'holdMusic.url',
  'holdMusic.prompt.*.url',
  'holdPrompt.*.url',
  'progress.*.prompt.*.url',
];

/** The exit a caller leaves the wait by, if there is a key for it. */
export function holdExits({ escapeKey, wait }: Pick<WaitingWidget, 'escapeKey' | 'wait'>): Record<string, ExitDoc> {
  if (!wait || escapeKey === undefined) return {};
  return { escape: { summary: `The caller pressed ${escapeKey} and does not wait any longer; the request is given up.` } };
}

/**
 * Fields of the wait without effect.
 *
 * @param limitSeconds longest time of the request itself
 */
export function holdProblems(config: WaitingWidget, limitSeconds: number): WidgetProblem[] {
  if (!config.wait) return withoutWait(config);
  const { holdMusic, holdMusicDelay, minMusic, progress, answerLater } = config;
  const problems: WidgetProblem[] = [];
  if (holdMusic === false || (typeof holdMusic === 'object' && 'every' in holdMusic && holdMusic.every !== undefined)) {
    if (minMusic > 0) problems.push(idle('minMusic', 'there is no music', 'Set holdMusic, or remove it.'));
  }
  if (holdMusic === false && holdMusicDelay > 0)
    problems.push(idle('holdMusicDelay', 'there is no music', 'Set holdMusic, or remove it.'));
  if (answerLater > 0 && holdMusic === false && progress.length === 0) problems.push(silentMinutes(answerLater));
  const limit = limitSeconds + answerLater * 60;
  for (const [index, { at }] of progress.entries()) {
    if (at < limit) continue;
    problems.push(
      idle(`progress[${index}].at`, `the wait ends after ${limit} s at the latest`, 'Make it earlier, or the timeout longer.'),
    );
  }
  return problems;
}

/** Nobody stays on a line that is dead for minutes. */
function silentMinutes(minutes: number): WidgetProblem {
  return {
    code: 'FLOW_SILENT_WAIT',
    path: 'answerLater',
    message: `A caller may hear nothing for ${minutes} minutes.`,
    severity: 'warning',
  };
}

/** Nobody waits, so nothing is heard. */
function withoutWait({ holdMusic, holdPrompt, progress, escapeKey, answerLater }: WaitingWidget): WidgetProblem[] {
  const fields = [
    ...(holdPrompt === undefined ? [] : ['holdPrompt']),
    ...(holdMusic === false ? [] : ['holdMusic']),
    ...(progress.length === 0 ? [] : ['progress']),
    ...(escapeKey === undefined ? [] : ['escapeKey']),
    ...(answerLater === 0 ? [] : ['answerLater']),
  ];
  return fields.map((path) =>
    idle(path, 'with `wait: false` the flow does not wait for the answer', 'Remove it, or set wait to true.'),
  );
}

function idle(path: string, why: string, advice: string): WidgetProblem {
  return { code: 'FLOW_NO_EFFECT', path, message: `\`${path}\` has no effect: ${why}.`, advice, severity: 'warning' };
}
