import { percentEncode } from '../../lib/percent-encode.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { SecretReader } from '../ports.js';
import { CREDENTIALS } from '../../http/redirect.js';
import { revealUrl } from '../secrets/reveal-url.js';
import type { SecretText, WebhookCall, WebhookRow } from '../../model/webhook.js';

/** The request that failed, for the one who is asked instead. */
export interface Original {
  /** As sent, with secrets masked; empty when it could not be made ready, for want of an access token. */
  readonly shownUrl: string;
  /** {@link WebhookAnswer.reason}. */
  readonly reason: string;
  readonly status: number | null;
}

/**
 * The same request to the fallback URL (docs/behaviour.md#tries-and-fallback), with `X-Offhook-Original-Url` (secrets masked),
 * `X-Offhook-Reason` and, when there was one, `X-Offhook-Status`. Credentials, cookies and every header or query row with a
 * secret in it go along only to the origin they were meant for; a secret that another origin needs is written into the fallback
 * URL itself. The error is a sentence.
 */
export function fallbackCall(call: WebhookCall, original: Original, secrets: SecretReader): Result<WebhookCall, string> {
  const url = call.fallbackUrl ?? [];
  const target = revealUrl(url, secrets);
  if (!target.ok) return err(`the fallback URL cannot be used: ${target.error}`);
  if (!URL.canParse(target.value.text)) return err('the fallback URL is not a valid absolute URL');
  const first = revealUrl(call.url, secrets);
  if (!first.ok) return first;
  const told: WebhookRow[] = [
    { key: 'X-Offhook-Original-Url', value: [asciiOf(original.shownUrl || first.value.shown)] },
    { key: 'X-Offhook-Reason', value: [original.reason] },
    ...(original.status === null ? [] : [{ key: 'X-Offhook-Status', value: [String(original.status)] }]),
  ];
  if (originOf(target.value.text) === originOf(first.value.text))
    return ok({ ...call, url, headers: [...call.headers, ...told] });
  const headers = call.headers.filter(({ key, value }) => !CREDENTIALS.has(key.toLowerCase()) && !holdsSecret(value));
  const query = call.query.filter(({ value }) => !holdsSecret(value));
  return ok({ ...call, url, query, headers: [...headers, ...told], auth: { type: 'none' } });
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

function holdsSecret(text: SecretText): boolean {
  return text.some((part) => typeof part !== 'string');
}

/** RFC 3986 knows no other characters; a header takes none either. */
function asciiOf(url: string): string {
  return url.replace(/[^\u0021-\u007e]+/gu, (text) => percentEncode(text));
}
