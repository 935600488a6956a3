import type { WebhookCall } from '../../model/webhook.js';
import type { WidgetContext } from '../../flow/widget.js';
import { err, ok, type Result } from '../../lib/result.js';
import { resolveAuth } from './auth.js';
import { resolveBody } from './body.js';
import { isRequired, profiled, type ProfiledWebhook, sourceOf, type WebhookConfig } from './config.js';
import { Gathering } from './gathering.js';

/*
 * From configuration and variables to the request of the webhook port. A variable without a value in a place that needs one is
 * INVALID_FLOW_VAR, and the request is never made (docs/behaviour.md#missing-values).
 */

/** The request, or the names of the variables that it needs and that have no value. */
export function resolveRequest(written: WebhookConfig, context: WidgetContext): Result<WebhookCall, readonly string[]> {
  const gathering = new Gathering(context.vars);
  const config = profiled(written);
  const call = {
    method: config.method === 'OPTION' ? 'OPTIONS' : config.method,
    url: gathering.secret(config.url, 'url'),
    query: gathering.rows(config.query, 'query', config.emptyQuery),
    headers: gathering.rows(config.headers, 'headers'),
    auth: resolveAuth(config.auth, gathering),
    body: sendsBody(config) ? resolveBody(config.body, gathering, context.random) : null,
    timeoutMs: config.timeout * 1000,
    maxResponseBytes: config.maxResponseBytes,
    redirects: config.redirects,
    responseType: config.responseType,
    pathRoot: config.pathRoot,
    xmlPaths: config.xmlPaths,
    mapping: config.mapping.map((row) => ({ ...sourceOf(row), required: isRequired(row, config) })),
    ...resolveTries(config, gathering, context),
  } satisfies WebhookCall;
  if (gathering.missing.length > 0) return err([...new Set(gathering.missing)]);
  const { masked, refused, notes } = gathering;
  return ok({ ...call, ...(masked && { masked }), ...(refused !== null && { refused }), ...(notes.length > 0 && { notes }) });
}

/** With GET and HEAD only on request. */
export function sendsBody({ method, sendBodyWithGet }: Pick<ProfiledWebhook, 'method' | 'sendBodyWithGet'>): boolean {
  return sendBodyWithGet || (method !== 'GET' && method !== 'HEAD');
}

type Tries = Pick<WebhookCall, 'sign' | 'retries' | 'retryStatuses' | 'idempotencyKey' | 'fallbackUrl' | 'connectTimeoutMs'>;

/** What is beyond one plain request; only what the flow asks for is named. */
function resolveTries(config: ProfiledWebhook, gathering: Gathering, { random }: WidgetContext): Tries {
  const { sign, retries, retryStatuses, idempotencyKey, fallbackUrl, connectTimeout } = config;
  return {
    ...(sign !== undefined && { sign: sign === false ? null : sign }),
    ...(retries > 0 && { retries }),
    ...(retryStatuses !== undefined && { retryStatuses }),
    ...(idempotencyKey !== false && {
      idempotencyKey:
        idempotencyKey === true
          ? random.uuid()
          : gathering.header(idempotencyKey, { place: 'idempotencyKey', key: 'Idempotency-Key' }),
    }),
    ...(fallbackUrl !== undefined && { fallbackUrl: gathering.secret(fallbackUrl, 'url') }),
    ...(connectTimeout !== undefined && { connectTimeoutMs: Math.round(connectTimeout * 1000) }),
  };
}
