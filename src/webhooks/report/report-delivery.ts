import type { JsonObject } from '../../lib/json/json.js';
import { portableJsonText } from '../../lib/json/json-text.js';
import type { EndedCall } from './ended-call.js';
import type { ConfiguredWebhook } from '../configured/schema.js';
import type { NewDelivery } from '../../model/delivery.js';
import { nativeReport } from './native.js';
import { phononReport } from './phonon.js';

/**
 * The JSON text of the flow-end report in the format the webhook wants. Made once: every attempt sends these bytes.
 *
 * @param marks fields at the top of the report, before the `body` wrapper is put around it
 */
export function reportBody(
  call: EndedCall,
  { format, options }: Pick<ConfiguredWebhook, 'format' | 'options'>,
  marks: JsonObject = {},
): string {
  if (format === 'native') return portableJsonText({ ...nativeReport(call), ...marks });
  const report = { ...phononReport(call, options), ...marks };
  return portableJsonText(options.wrapInBody ? { body: report } : report);
}

/**
 * The pending delivery of a call's report, to be committed in the transaction that ends the call
 * (docs/decisions/0010-the-end-is-one-transaction.md).
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

/**
 * The report again, with what came after it was sent (recordings). It has an id of its own; its fields `amends` (the delivery it
 * stands in for) and `amendment: true` tell it from the first.
 */
export function amendmentDelivery(
  call: EndedCall,
  webhook: ConfiguredWebhook,
  { id, amends, now }: { readonly id: string; readonly amends: string; readonly now: number },
): NewDelivery {
  const body = reportBody(call, webhook, { amendment: true, amends });
  return { ...reportDelivery(call, webhook, id), kind: 'amendment', body, createdAt: now, dueAt: now };
}
