import { Aborted, type Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log.js';
import type { HttpClient } from './client.js';
import { answerOf, notSent } from './outcome.js';
import type { SecretReader } from './ports.js';
import { buildRequest } from './request.js';
import { watchSecrets } from './secrets.js';
import type { WebhookAnswer, WebhookCall } from './types.js';
import { XmlReader } from './xml-reader.js';

/** Hard limits over whatever a flow asks for. */
export interface WebhookLimits {
  /** ms. */
  readonly maxTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  /** Requests that nobody waits for, at once; further ones are refused and logged. */
  readonly maxUnawaited: number;
}

/** Section 4: 60 s, 1 MiB, 5 redirects. */
export const WEBHOOK_LIMITS: WebhookLimits = {
  maxTimeoutMs: 60_000,
  maxResponseBytes: 1_048_576,
  maxRedirects: 5,
  maxUnawaited: 1000,
};

export interface WebhookPortOptions {
  readonly client: Pick<HttpClient, 'exchange'>;
  readonly secrets: SecretReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: WebhookLimits;
}

/** Fits the flow's `WebhookPort`, and lets a shutdown wait for the requests that nobody else waits for. */
export interface Webhooks {
  request(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer>;
  send(call: WebhookCall): Promise<{ readonly kind: 'done' }>;
  /** Number of unawaited requests under way. */
  inFlight(): number;
  /** Resolves when none is under way; each ends within its own timeout (Q10). */
  idle(): Promise<void>;
}

/** The webhook port: build, send, parse, map, classify. Rejects with `Aborted` only. */
export function createWebhookPort(options: WebhookPortOptions): Webhooks {
  const limits = options.limits ?? WEBHOOK_LIMITS;
  const unawaited = new Set<Promise<void>>();
  const xml = new XmlReader(options.clock);

  const request = async (call: WebhookCall, signal?: AbortSignal): Promise<WebhookAnswer> => {
    const secrets = watchSecrets(options.secrets);
    const built = buildRequest(call, secrets.read);
    if (!built.ok) return notSent(call, '', { reason: 'INVALID_REQUEST', detail: built.error });
    const { shownUrl, ...prepared } = built.value;
    const result = await options.client.exchange(
      {
        ...prepared,
        method: call.method,
        redirects: clamp(call.redirects, 0, limits.maxRedirects),
        maxBytes: clamp(call.maxResponseBytes, 1, limits.maxResponseBytes),
        timeoutMs: clamp(call.timeoutMs, 1, limits.maxTimeoutMs),
      },
      signal,
    );
    const answer = await answerOf(call, shownUrl, result, (query) => xml.query(query));
    if (signal?.aborted === true) throw new Aborted('aborted while the answer was read');
    // Error texts name hosts, and a server may repeat what it was sent: both reach journal, variables and report (decision D9).
    const mask = (text: string | null): string | null => (text === null ? null : secrets.mask(text));
    const mapped = answer.mapped.map((row) => (row.found ? { ...row, value: secrets.maskValue(row.value) } : row));
    return { ...answer, raw: mask(answer.raw), detail: mask(answer.detail), mapped };
  };

  const sendAndLog = async (call: WebhookCall): Promise<void> => {
    try {
      const { status, reason, detail, duration } = await request(call);
      if (reason !== null) options.log.warn({ status, reason, detail, duration }, 'unawaited webhook failed');
    } catch (error) {
      // A bug, not an outcome: nobody awaits this promise, so it is reported here instead of ending the process.
      options.log.error({ error: String(error) }, 'unawaited webhook broke');
    }
  };

  return {
    request,
    send(call) {
      if (unawaited.size >= limits.maxUnawaited) {
        options.log.error({ limit: limits.maxUnawaited }, 'too many unawaited webhooks under way; this one is not sent');
      } else {
        const sent = sendAndLog(call).finally(() => unawaited.delete(sent));
        unawaited.add(sent);
      }
      return Promise.resolve({ kind: 'done' });
    },
    inFlight: () => unawaited.size,
    async idle() {
      while (unawaited.size > 0) await Promise.all(unawaited);
    },
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
