import type { Clock } from '../../lib/clock.js';
import { type ExchangeResult, IDEMPOTENT } from '../../http/client.js';
import { reasonOf } from '../answer/outcome.js';
import type { SecretReader } from '../ports.js';
import type { Sent } from '../request/sender.js';
import type { WebhookCall } from '../../model/webhook.js';
import { fallbackCall } from './fallback.js';
import { wantsFallback } from './transient.js';
import { sendWithRetries, hasTimeForRequest } from './retries.js';

/** Most further tries, whatever a flow asks for. */
const MAX_RETRIES = 3;

export interface RequestAttemptsOptions {
  readonly clock: Clock;
  readonly random: { next(): number };
  readonly secrets: SecretReader;
  /** Sends a call once. */
  readonly send: (call: WebhookCall, timeoutMs: number) => Promise<Sent>;
  /** Statuses of answers that another try may mend, unless the call has its own. */
  readonly retryStatuses: readonly number[];
  /** For everything: tries, waits, fallback. ms. */
  readonly timeoutMs: number;
  /** False as soon as the answer has come some other way: nothing further is sent. */
  readonly wanted: () => boolean;
  readonly signal: AbortSignal | undefined;
}

/** The attempts of one webhook: the first request, its retries and, when they are used up, the fallback, all within one deadline. */
export class RequestAttempts {
  /** Requests made so far, the one under way included. */
  attempts = 0;
  /** Where the last one went, secrets masked. */
  shownUrl = '';
  /** The fallback URL answered. */
  fallback = false;

  constructor(
    private readonly call: WebhookCall,
    private readonly options: RequestAttemptsOptions,
  ) {}

  /** Runs it, once. The result's own `attempts` and `ms` are those of its last request. Rejects with `Aborted` only. */
  async run(): Promise<ExchangeResult> {
    const { call } = this;
    const { clock, random, signal, timeoutMs, wanted } = this.options;
    const deadline = clock.monotonic() + timeoutMs;
    const keyed = withIdempotencyKey(call);
    const statuses = call.retryStatuses ?? this.options.retryStatuses;
    const first = await sendWithRetries((ms) => this.#send(keyed, ms), {
      clock,
      random,
      retries: isRepeatable(keyed) ? Math.min(Math.max(call.retries ?? 0, 0), MAX_RETRIES) : 0,
      statuses,
      reserved: hasFallback(call) ? 1 : 0,
      deadline,
      wanted,
      signal,
    });
    const askOther = hasFallback(call) && wantsFallback(first, statuses) && wanted() && hasTimeForRequest(clock, deadline);
    return askOther ? this.#askFallback(keyed, first, deadline) : first;
  }

  /** An answer of the fallback is the answer, whatever its status; without one the first failure stands. */
  async #askFallback(call: WebhookCall, first: ExchangeResult, deadline: number): Promise<ExchangeResult> {
    const { clock, secrets } = this.options;
    const { shownUrl } = this;
    const status = first.kind === 'response' ? first.status : null;
    const other = fallbackCall(call, { shownUrl, reason: reasonOf(first), status }, secrets);
    if (!other.ok) return noted(first, other.error);
    const second = await this.#send(other.value, deadline - clock.monotonic());
    this.fallback = second.kind === 'response';
    if (second.kind === 'response') return second;
    this.shownUrl = shownUrl;
    return noted(first, `the fallback did not answer either: ${second.detail}`);
  }

  async #send(call: WebhookCall, timeoutMs: number): Promise<ExchangeResult> {
    this.attempts += 1;
    const result = await this.options.send(call, timeoutMs);
    this.attempts += result.attempts - 1;
    this.shownUrl = result.request?.shownUrl ?? '';
    return result;
  }
}

function hasFallback({ fallbackUrl }: WebhookCall): boolean {
  return fallbackUrl !== undefined && fallbackUrl !== null && fallbackUrl.length > 0;
}

const isKey = ({ key }: { readonly key: string }): boolean => key.toLowerCase() === 'idempotency-key';

/** The same key with every try, and to the fallback; a row of the flow's own wins. */
function withIdempotencyKey(call: WebhookCall): WebhookCall {
  const key = call.idempotencyKey ?? null;
  if (key === null || call.headers.some(isKey)) return call;
  return { ...call, headers: [...call.headers, { key: 'Idempotency-Key', value: [key] }] };
}

/** RFC 9110 §9.2.2: what may be sent again without doing it twice, by its method or because the service can tell by the key. */
function isRepeatable(call: WebhookCall): boolean {
  return IDEMPOTENT.has(call.method) || call.headers.some(isKey);
}

function noted(result: ExchangeResult, more: string): ExchangeResult {
  if (result.kind === 'failed') return { ...result, detail: `${result.detail}; ${more}` };
  return { ...result, note: result.note === null ? more : `${result.note}; ${more}` };
}
