import { describe, expect, it } from 'vitest';
import { serviceRequest } from '../../../../src/functions/contract/service.js';
import { requestOptions } from '../../../../src/model/webhook.js';
import { deliveryRequest } from '../../../../src/webhooks/deliveries/delivery-request.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';

describe('the options that every request may have', () => {
  const target = configuredWebhook('crm', { sign: 'ours' });
  const call = { function: 'f', service: 'crm', keys: [], timeoutMs: 1000, timeZone: 'UTC', language: 'en-GB', caller: '' };

  it('are taken from a target, and nothing else of it', () => {
    expect(requestOptions(target)).toEqual({ sign: 'ours' });
    expect(requestOptions(configuredWebhook('crm'))).toEqual({ sign: null });
    expect(requestOptions({})).toEqual({});
  });

  it('reach the request of a delivery', () => {
    expect(deliveryRequest({ id: 'id', body: '{}' }, target, 0)).toMatchObject(requestOptions(target));
  });

  it('reach the request to a service', () => {
    expect(serviceRequest(call, target)).toMatchObject(requestOptions(target));
  });
});
