import { jsonTooBig } from '../../lib/json/json-limits.js';
import { err, ok, type Result } from '../../lib/result.js';
import { z } from 'zod';
import { bodyText } from '../../http/body-text.js';
import type { HttpClient } from '../../http/client.js';
import type { Translate } from './ports.js';

/** Where texts are translated: a service with the HTTP API of LibreTranslate. */
export interface TranslationService {
  /** Its base; `/translate` is added unless it is there. */
  readonly url: string;
  /** Null when it needs none. */
  readonly apiKey: string | null;
}

const MAX_ANSWER_BYTES = 65_536;

const answerSchema = z.object({
  translatedText: z.string(),
  detectedLanguage: z.object({ language: z.string().max(35) }).optional(),
});
const refusalSchema = z.object({ error: z.string().min(1) });

/** Translates through the guarded client. The error never holds the key. */
export function translator(client: Pick<HttpClient, 'exchange'>, { url, apiKey }: TranslationService): Translate {
  const base = url.replace(/\/+$/u, '');
  const address = base.endsWith('/translate') ? base : `${base}/translate`;
  return async ({ text, from, to, timeoutMs }, signal) => {
    const body = { q: text, source: from, target: to, format: 'text', ...(apiKey !== null && { api_key: apiKey }) };
    const result = await client.exchange(
      {
        method: 'POST',
        url: address,
        headers: [
          ['content-type', 'application/json; charset=utf-8'],
          ['accept', 'application/json'],
          ['user-agent', 'Offhook'],
        ],
        body: JSON.stringify(body),
        redirects: 0,
        maxBytes: MAX_ANSWER_BYTES,
        timeoutMs,
        secretHeaders: new Set(),
      },
      signal,
    );
    if (result.kind === 'failed') return err(`the translation service gave no answer: ${withoutKey(result.detail, apiKey)}`);
    const answer = result.body === null ? err('it sent no body') : readJson(bodyText(result.body, result.headers.contentType()));
    if (result.status < 200 || result.status > 299) {
      const refusal = answer.ok ? refusalSchema.safeParse(answer.value).data?.error.slice(0, 200) : undefined;
      const why = refusal === undefined ? '' : `: ${withoutKey(refusal, apiKey)}`;
      return err(`the translation service answered ${result.status}${why}`);
    }
    if (!answer.ok) return err(`the answer of the translation service cannot be read: ${answer.error}`);
    const parsed = answerSchema.safeParse(answer.value);
    if (!parsed.success) return err('the answer of the translation service holds no translatedText');
    return ok({ text: parsed.data.translatedText, detected: parsed.data.detectedLanguage?.language ?? null });
  };
}

function readJson(text: string): Result<unknown, string> {
  const tooBig = jsonTooBig(text);
  if (tooBig !== null) return err(tooBig);
  try {
    return ok(JSON.parse(text));
  } catch {
    return err('it is not JSON');
  }
}

function withoutKey(text: string, apiKey: string | null): string {
  return apiKey === null ? text : text.replaceAll(apiKey, '***');
}
