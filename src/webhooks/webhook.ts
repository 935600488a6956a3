import { Aborted, type Clock } from '../lib/clock.js';
import { systemRandom } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';
import type { ExchangeResult, HttpClient } from '../http/client.js';
import { awaitDeferredAnswer, type SettledAnswer } from './deferred/deferred-answer.js';
import type { PendingAnswer, ResumeUrls } from './deferred/resume-urls.js';
import { answerOf, notSent } from './answer/outcome.js';
import type { SecretReader } from './ports.js';
import { type WatchedSecrets, watchSecrets } from './secrets/secrets.js';
import type { Sender } from './request/sender.js';
import { RequestAttempts } from './attempts/request-attempts.js';
import type { LimitedClient } from './attempts/limited-client.js';
import { RETRY_STATUSES } from './attempts/retry-statuses.js';
import type { SecretRef, WebhookAnswer, WebhookCall } from '../model/webhook.js';
import { XmlReader } from './answer/xml-reader.js';

/** The client for users' URLs with its limits, as configured. */
export interface OutboundClient {
  readonly client: HttpClient;
  readonly limitedClient: LimitedClient;
  readonly limits: WebhookLimits;
}

/** Hard limits over whatever a flow asks for. */
export interface WebhookLimits {
  /** ms. */
  readonly maxTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  /** Longest a service may take to answer later, ms. */
  readonly maxLaterMs: number;
  /** Statuses of answers that another try may mend, for calls without a list of their own. */
  readonly retryStatuses: readonly number[];
  /** Requests that nobody waits for, at once; further ones are refused and logged. */
  readonly maxUnawaited: number;
}

/** 60 s, 1 MiB, 5 redirects; an hour to answer later. */
export const WEBHOOK_LIMITS: WebhookLimits = {
  maxTimeoutMs: 60_000,
  maxResponseBytes: 1_048_576,
  maxRedirects: 5,
  maxLaterMs: 3_600_000,
  retryStatuses: RETRY_STATUSES,
  maxUnawaited: 1000,
};

export interface WebhookPortOptions {
  readonly sender: Pick<Sender, 'send'>;
  readonly secrets: SecretReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: WebhookLimits;
  /** For the waits between tries; the machine's own by default. */
  readonly random?: { next(): number };
  /** Resume URLs for those who answer later; without them a 202 is an answer like any other. */
  readonly resumes?: ResumeUrls;
}

/** Minimum time to read an answer, even one that came at the last moment, ms. */
const MIN_READING_MS = 1500;

/** Fits the flow's `WebhookPort`, and lets a shutdown wait for the requests that nobody else waits for. */
export interface Webhooks {
  request(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer>;
  send(call: WebhookCall): Promise<{ readonly kind: 'done' }>;
  /** The same, with the answer, for code that still wants it. Never rejects with `Aborted`: no caller can end it. */
  requestAside(call: WebhookCall): Promise<WebhookAnswer>;
  /** Number of unawaited requests under way. */
  inFlight(): number;
  /** Resolves when none is under way; each ends within its own timeout (docs/behaviour.md#requests-outlive-calls). */
  idle(): Promise<void>;
}

/** The webhook port: build, send, try again, wait, parse, map, classify. Rejects with `Aborted` only. */
export function createWebhookPort(options: WebhookPortOptions): Webhooks {
  const limits = options.limits ?? WEBHOOK_LIMITS;
  const unawaited = new Set<Promise<void>>();
  const xml = new XmlReader(options.clock);

  const request = async (call: WebhookCall, signal?: AbortSignal): Promise<WebhookAnswer> => {
    if (call.refused !== undefined) return notSent(call, '', { reason: 'INVALID_REQUEST', detail: `not sent: ${call.refused}` });
    const start = options.clock.monotonic();
    const pending = openResumeUrl(call, limits, options.resumes);
    try {
      const secrets = watchSecrets(withResumeUrl(options.secrets, pending));
      const attempts = attemptsFor(call, { ...options, limits, secrets, pending, signal });
      const { result, later } = await settle(call, attempts.run(), { ...options, limits, pending, signal });
      const ms = options.clock.monotonic() - start;
      const all = { ...result, attempts: attempts.attempts, ms };
      const readingMs = Math.max(call.timeoutMs - ms, MIN_READING_MS);
      const answer = await answerOf({ ...call, maxResponseBytes: maxBytesOf(call, limits) }, attempts.shownUrl, all, (query) =>
        xml.query(query, readingMs),
      );
      if (signal?.aborted === true) throw new Aborted('aborted while the answer was read');
      const how = { ...(later && { later }), ...(attempts.fallback && { fallback: true }) };
      return { ...masked(answer, secrets), ...how };
    } finally {
      pending?.close();
    }
  };

  const requestAside = (call: WebhookCall): Promise<WebhookAnswer> => {
    if (unawaited.size >= limits.maxUnawaited) {
      options.log.error(
        { code: 'WEBHOOK_UNAWAITED_LIMIT', limit: limits.maxUnawaited },
        'too many unawaited webhooks under way; this one is not sent',
      );
      const detail = `not sent: ${limits.maxUnawaited} requests that nobody waits for are under way`;
      return Promise.resolve(notSent(call, '', { reason: 'CONNECTION_FAILURE', detail }));
    }
    const asked = request(call);
    const settled = asked.then(
      ({ status, reason, detail, duration }) => {
        if (reason !== null) options.log.warn({ status, reason, detail, duration }, 'unawaited webhook failed');
      },
      (error: unknown) => {
        // A bug, not an outcome: with `send` nobody awaits it, so it is reported here instead of ending the process.
        options.log.error({ code: 'UNEXPECTED_ERROR', error: String(error) }, 'unawaited webhook broke');
      },
    );
    const tracked = settled.finally(() => unawaited.delete(tracked));
    unawaited.add(tracked);
    return asked;
  };

  return {
    request,
    requestAside,
    send(call) {
      // Logged where it is tracked.
      requestAside(call).catch(() => undefined);
      return Promise.resolve({ kind: 'done' });
    },
    inFlight: () => unawaited.size,
    async idle() {
      while (unawaited.size > 0) await Promise.all(unawaited);
    },
  };
}

/** What one request goes by. */
interface Context extends Omit<WebhookPortOptions, 'secrets'> {
  readonly limits: WebhookLimits;
  readonly pending: PendingAnswer | null;
  readonly signal: AbortSignal | undefined;
}

function attemptsFor(call: WebhookCall, context: Context & { readonly secrets: WatchedSecrets }): RequestAttempts {
  const { limits, secrets, pending, signal, clock, sender, random = systemRandom } = context;
  const held = {
    redirects: clamp(call.redirects, 0, limits.maxRedirects),
    maxBytes: maxBytesOf(call, limits),
    connectTimeoutMs: call.connectTimeoutMs,
  };
  return new RequestAttempts(call, {
    clock,
    random,
    secrets: secrets.read,
    send: (one, timeoutMs) => sender.send(pending === null ? one : offeringResume(one), { ...held, timeoutMs }, secrets, signal),
    retryStatuses: limits.retryStatuses,
    timeoutMs: clamp(call.timeoutMs, 1, limits.maxTimeoutMs),
    wanted: () => pending?.answered !== true,
    signal,
  });
}

/** The direct result, or the one that came later. */
async function settle(
  call: WebhookCall,
  direct: Promise<ExchangeResult>,
  { pending, limits, clock, signal }: Context,
): Promise<SettledAnswer> {
  if (pending === null) return { result: await direct, later: false };
  return awaitDeferredAnswer(direct, pending, { clock, laterMs: clamp(call.answerLaterMs ?? 1, 1, limits.maxLaterMs), signal });
}

function openResumeUrl(call: WebhookCall, limits: WebhookLimits, resumes: ResumeUrls | undefined): PendingAnswer | null {
  if (call.answerLaterMs === undefined) return null;
  return resumes?.open(maxBytesOf(call, limits)) ?? null;
}

/** The resume URL is a secret of this one request: it is masked like any other, wherever it is repeated. No site's secret has this name. */
const RESUME_URL: SecretRef = { secret: 'the resume URL' };

function withResumeUrl(secrets: SecretReader, pending: PendingAnswer | null): SecretReader {
  return (name) => (name === RESUME_URL.secret ? pending?.url : secrets(name));
}

/** With every request, to a fallback of another origin too: each service that is asked may answer later. */
function offeringResume(call: WebhookCall): WebhookCall {
  return { ...call, headers: [...call.headers, { key: 'X-Offhook-Resume-Url', value: [RESUME_URL] }] };
}

/**
 * Error texts name hosts, and a server may repeat what it was sent: both reach journal, variables and report
 * (docs/decisions/0014-secrets-by-name.md).
 */
function masked(answer: WebhookAnswer, secrets: WatchedSecrets): WebhookAnswer {
  const mask = (text: string | null): string | null => (text === null ? null : secrets.mask(text));
  const mapped = answer.mapped.map((row) => (row.found ? { ...row, value: secrets.maskValue(row.value) } : row));
  return { ...answer, raw: mask(answer.raw), detail: mask(answer.detail), mapped };
}

/** The largest answer that is taken, decoded. */
function maxBytesOf({ maxResponseBytes }: WebhookCall, limits: WebhookLimits): number {
  return clamp(maxResponseBytes, 1, limits.maxResponseBytes);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
