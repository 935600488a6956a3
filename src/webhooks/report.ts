import type { EndedCall } from './ended-call.js';
import type { ConfiguredWebhook, NewDelivery } from './ports.js';
import { nativeReport } from './report-native.js';
import { phononReport } from './report-phonon.js';

/** The JSON text of the flow-end report in the format the webhook wants. Made once: every attempt sends these bytes. */
export function reportBody(call: EndedCall, webhook: Pick<ConfiguredWebhook, 'format' | 'options'>): string {
  return JSON.stringify(webhook.format === 'phonon' ? phononReport(call, webhook.options) : nativeReport(call));
}

/**
 * The pending delivery of a call's report, to be committed in the transaction that ends the call (decision D5).
 *
 * @param id UUID of the delivery; the same over all attempts
 */
export function reportDelivery(call: EndedCall, webhook: ConfiguredWebhook, id: string): NewDelivery {
  return {
    id,
    callId: call.callId,
    kind: 'report',
    webhook: webhook.name,
    body: reportBody(call, webhook),
    createdAt: call.endedAt,
    dueAt: call.endedAt,
  };
}
