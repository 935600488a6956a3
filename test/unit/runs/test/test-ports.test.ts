import { expect, it } from 'vitest';
import { openTestPorts, type TestPortsOptions } from '../../../../src/runs/test/test-ports.js';
import type { ExchangeLog } from '../../../../src/runs/test/exchange-log.js';
import { watchSecrets } from '../../../../src/webhooks/secrets/secrets.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

it('the reason why a test report could not be sent shows no secret', async () => {
  const secret = 'hunter2-hunter2';
  const failed = { kind: 'failed', failure: 'connection', detail: `connect ${secret}.example refused`, attempts: 1, ms: 1 };
  const client = { exchange: () => Promise.resolve(failed) };
  const options = {
    client,
    gate: client,
    clock: new VirtualClock(),
    random: { uuid: () => 'uuid' },
    identity: { credentials: new Map(), signers: new Map(), defaultSigner: null },
    reportTimeoutMs: 1000,
  };
  const exchanges = { watch: <T>(watched: T): T => watched };
  const secrets = watchSecrets((name) => (name === 'crm' ? secret : undefined));
  const ports = openTestPorts(options as unknown as TestPortsOptions, secrets, exchanges as unknown as ExchangeLog);
  const webhook = configuredWebhook('crm', { auth: { type: 'bearer', token: '$secret.crm' } });
  expect(await ports.deliver(webhook, { id: 'test-1', body: '{}' })).toBe('connect ***.example refused');
});
