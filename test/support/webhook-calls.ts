import type { WebhookAnswer, WebhookCall } from '../../src/model/webhook.js';

/** A GET with nothing special about it. */
export function webhookCall(url: string, more: Partial<WebhookCall> = {}): WebhookCall {
  return {
    method: 'GET',
    url: [url],
    headers: [],
    query: [],
    auth: { type: 'none' },
    body: null,
    timeoutMs: 2000,
    maxResponseBytes: 65_536,
    redirects: 0,
    responseType: 'json',
    pathRoot: 'document',
    xmlPaths: 'dotted',
    mapping: [],
    ...more,
  };
}

/** A 200 with `{}`. */
export function webhookAnswer(more: Partial<WebhookAnswer> = {}): WebhookAnswer {
  return {
    status: 200,
    statusType: 'SUCCESSFUL',
    duration: 0.11,
    raw: '{}',
    reason: null,
    detail: null,
    mapped: [],
    url: 'https://api.example/',
    attempts: 1,
    ...more,
  };
}
