import { z } from 'zod';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { err, ok, type Result } from '../../lib/result.js';
import { bodyText } from '../../http/body-text.js';
import type { ExchangeResult } from '../../http/client.js';

/** Assumed when the endpoint does not say how long a token lives (RFC 6749 §5.1 only recommends it). ms. */
const UNSTATED_LIFE_MS = 300_000;
/** Nothing is kept for longer, whatever the endpoint says. ms. */
const MAX_LIFE_MS = 86_400_000;

/** RFC 6749 §5.1, with the number as text that some endpoints send. */
const granted = z.object({
  access_token: z
    .string()
    .min(1)
    .max(16_000)
    .regex(/^[\u0021-\u007e]+$/u),
  token_type: z.string().optional(),
  expires_in: z.coerce.number().nonnegative().nullish().catch(null),
});

/** RFC 6749 §5.2; the code only, descriptions are anybody's text. */
const refusedAnswer = z.object({ error: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/u) });

/** The token of an answer and its life, ms; or a sentence part why there is none, without anything out of the answer but its code. */
export function readToken(
  answer: Extract<ExchangeResult, { kind: 'response' }>,
): Result<{ readonly token: string; readonly lifeMs: number }, string> {
  if (answer.problem === 'too-large') return err('the answer of the token endpoint is too large');
  if (answer.problem !== null) return err(`the answer of the token endpoint ${answer.problemDetail ?? 'cannot be decoded'}`);
  const json = parse(answer.body === null ? '' : bodyText(answer.body, answer.headers.contentType()));
  if (answer.status < 200 || answer.status > 299) {
    const refused = refusedAnswer.safeParse(json);
    return err(`the token endpoint answered ${answer.status}${refused.success ? ` (${refused.data.error})` : ''}`);
  }
  const read = granted.safeParse(json);
  if (!read.success) return err('the answer of the token endpoint has no usable access_token');
  const { access_token: token, token_type: type, expires_in: seconds } = read.data;
  if (type !== undefined && type.toLowerCase() !== 'bearer')
    return err('the token endpoint gave a token that is not of type Bearer');
  return ok({ token, lifeMs: seconds == null ? UNSTATED_LIFE_MS : Math.min(seconds * 1000, MAX_LIFE_MS) });
}

function parse(text: string): unknown {
  if (jsonTooBig(text) !== null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
