import { z } from 'zod';
import { errorMessage } from '../lib/error-message.js';
import { CODEC_NAMES } from '../media/codec/codec.js';
import { eventLine, summaryLines } from './call-output.js';
import { placeCall, PhoneError } from './place-call.js';
import type { PhoneCallOptions, PhoneCall } from './types.js';

/** Exit codes of `offhook call`. */
export const EXIT = { answered: 0, notAnswered: 1, usage: 2 } as const;

const seconds = z.coerce
  .number('is not a number of seconds')
  .positive('must be above 0')
  .max(86_400, 'must be at most 86400 (a day)');

/** The command's arguments as the command line gives them: texts, and flags as booleans. */
const argumentsSchema = z.object({
  target: z.string(),
  digits: z.string().optional(),
  record: z.string().min(1).optional(),
  from: z
    .string()
    .regex(/^sips?:[^\s<>]+$/i, 'is not a SIP address; write it like sip:15550001@example.com')
    .optional(),
  hangupAfter: seconds.optional(),
  codec: z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(z.enum(CODEC_NAMES, `must be ${CODEC_NAMES.join(' or ')}`))
    .optional(),
  transport: z
    .string()
    .transform((name) => name.toLowerCase())
    .pipe(z.enum(['udp', 'tcp'], 'must be udp or tcp'))
    .optional(),
  max: seconds.optional(),
  json: z.boolean().default(false),
});

type Arguments = z.infer<typeof argumentsSchema>;

const MS = 1000;

/** What was asked for, as options of the call; absent stays absent. */
function callOptions({ target, digits, from, hangupAfter, codec, transport, max }: Arguments): PhoneCallOptions {
  return {
    target,
    ...(digits !== undefined && { digits }),
    ...(from !== undefined && { from }),
    ...(hangupAfter !== undefined && { hangupAfterMs: hangupAfter * MS }),
    ...(codec !== undefined && { codec }),
    ...(transport !== undefined && { transport }),
    ...(max !== undefined && { maxMs: max * MS }),
  };
}

/**
 * `offhook call`: places one call, prints what happens as it happens (or, with `json`, the result as one JSON object at the end) and
 * writes what was heard to `record`. Ctrl-C hangs up. Resolves with the exit code: 0 the call was answered, 1 it was not, 2 the
 * arguments are wrong, no call could be tried, or the recording could not be written.
 * @param args `target` and the options of the command line, unchecked
 */
export async function runCallCommand(args: Readonly<Record<string, unknown>>, print: (text: string) => void): Promise<number> {
  const parsed = argumentsSchema.safeParse(args);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) print(`--${optionName(path)} ${message}`);
    return EXIT.usage;
  }
  const { json, record } = parsed.data;
  let call: PhoneCall;
  try {
    call = await placeCall({
      ...callOptions(parsed.data),
      onEvent: (event) => {
        const line = json ? null : eventLine(event);
        if (line !== null) print(line);
      },
    });
  } catch (error) {
    if (!(error instanceof PhoneError)) throw error;
    print(json ? JSON.stringify({ error: error.message }) : error.message);
    return EXIT.usage;
  }
  const hangup = (): void => {
    call.hangup();
  };
  process.once('SIGINT', hangup);
  const result = await call.result;
  process.off('SIGINT', hangup);

  const { heard, ...facts } = result;
  if (json) print(JSON.stringify({ ...facts, sounds: heard.sounds(), record: record ?? null }));
  else for (const line of summaryLines(result)) print(line);
  if (record !== undefined) {
    try {
      await heard.writeWav(record);
      if (!json) print(`Received audio: ${record}`);
    } catch (error) {
      print(`${record} could not be written: ${errorMessage(error)}`);
      return EXIT.usage;
    }
  }
  return result.status !== null && result.status < 300 ? EXIT.answered : EXIT.notAnswered;
}

/** `hangupAfter` → `hangup-after`. */
function optionName(path: readonly PropertyKey[]): string {
  return path
    .map(String)
    .join('.')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
