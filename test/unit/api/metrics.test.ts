import { afterEach, beforeEach, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../support/api.js';
import { began, callEnd, entry, newCall, newDelivery, settled } from '../../support/stores.js';

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

it('metrics count calls, refusals, webhooks and deliveries, without ids or numbers in their labels', async () => {
  const { store } = api;
  await store.calls.begin(newCall('c-secret', { cli: '+4930123' }));
  await store.calls.end(callEnd('c-secret'), [newDelivery('d1', 'c-secret'), newDelivery('d2', 'c-secret')]);
  await store.deliveries.settle('d2', settled({ n: 1, at: 1, ms: 1, status: 500, error: 'x' }, 'dead', null));
  api.live.add('c-live');
  const facts = { cli: '+4930123', direction: 'inbound' };
  const emit = (event: Parameters<typeof entry>[1]): void =>
    api.emit({ kind: 'journal', callId: 'c-secret', entry: entry(1, event) });
  emit(began('c-secret', facts));
  for (const reason of [null, 'TIMEOUT', 'TIMEOUT'])
    emit({ type: 'answer', step: 1, ask: 1, op: 'webhook.request', answer: { reason, attempts: 1 } });
  emit({
    type: 'answer',
    step: 1,
    ask: 1,
    op: 'webhook.request',
    answer: { reason: null, attempts: 4, fallback: true, later: true },
  });
  emit({ type: 'answer', step: 1, ask: 1, op: 'call.collect', answer: { kind: 'noInput' } });
  emit({ type: 'end', termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } });
  api.emit({ kind: 'refused', at: 1, status: 503, reason: 'limit' });

  api.state.overload.push({ reason: 'OVERLOADED', text: 'thread 0: 22.0 ms late of 15', count: 4 });

  const { status, text, headers } = await api.get('/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain/);
  const lines = text.split('\n');
  for (const line of [
    'offhook_calls_started_total{direction="inbound"} 1',
    'offhook_calls_ended_total{by="caller",reason="bye"} 1',
    'offhook_calls_refused_total{status="503",reason="limit"} 1',
    'offhook_webhooks_total{outcome="success"} 2',
    'offhook_webhooks_total{outcome="TIMEOUT"} 2',
    'offhook_webhook_requests_total 7',
    'offhook_webhook_fallbacks_total 1',
    'offhook_webhook_later_total 1',
    'offhook_webhook_circuits_open 1',
    'offhook_webhook_waiting 4',
    'offhook_webhook_awaiting_later 0',
    'offhook_calls_live 1',
    'offhook_calls_limit 50',
    'offhook_calls_gave_way 6',
    'offhook_load_refused_calls{reason="OVERLOADED"} 4',
    'offhook_media_worker_cpu_share{worker="0"} 0.1',
    'offhook_ready 1',
    'offhook_sip_refused_total{reason="not-allowed"} 7',
    'offhook_sip_refused_total{reason="draining"} 0',
    'offhook_config_refused 1',
    'offhook_store_backlog 3',
    'offhook_media_sessions 2',
    'offhook_media_ports_free 98',
    'offhook_media_worker_late_p99_ms{worker="0"} 1.5',
    'offhook_deliveries{state="pending"} 1',
    'offhook_deliveries{state="dead"} 1',
  ]) {
    expect(lines).toContain(line);
  }
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(text).not.toMatch(/c-secret|4930123|c-live/);
});
