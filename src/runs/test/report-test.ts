import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/ids.js';
import { authTexts } from '../../webhooks/auth/configured-auth.js';
import type { ExchangeLog, SeenExchange } from './exchange-log.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import { reportBody } from '../../webhooks/report/report-delivery.js';
import { sampleCall } from './sample-call.js';
import type { WatchedSecrets } from '../../webhooks/secrets/secrets.js';
import type { TestPorts } from './test-ports.js';

/** What a test report came to. */
export interface ReportTestResult {
  readonly webhook: string;
  /** Of the report; the same in `webhook-id`. */
  readonly id: string;
  readonly exchanges: readonly SeenExchange[];
  /** Why no answer came, or null. */
  readonly problem: string | null;
  /** The endpoint took it (2xx). */
  readonly delivered: boolean;
}

/** What a test report needs. */
export interface ReportTestOptions extends Pick<TestPorts, 'deliver'> {
  readonly webhook: ConfiguredWebhook;
  readonly exchanges: ExchangeLog;
  readonly secrets: WatchedSecrets;
  readonly clock: Clock;
  readonly random: Random;
}

/** Sends the report of a call that never was, once, as the outbox would. */
export async function testReport(options: ReportTestOptions): Promise<ReportTestResult> {
  const { webhook, deliver, exchanges, secrets, clock, random } = options;
  const id = `test-${random.uuid()}`;
  const [, secret] = authTexts(webhook.auth).at(-1) ?? [];
  if (secret !== undefined && !secret.includes('$secret.')) secrets.hide(secret);
  const problem = await deliver(webhook, { id, body: reportBody(sampleCall(id, clock.now()), webhook) });
  const status = exchanges.seen.filter(({ purpose }) => purpose === 'request').at(-1)?.answer.status ?? 0;
  return { webhook: webhook.name, id, exchanges: exchanges.seen, problem, delivered: status >= 200 && status < 300 };
}
