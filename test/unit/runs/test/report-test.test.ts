import { expect, it } from 'vitest';
import { testReport, type ReportTestOptions } from '../../../../src/runs/test/report-test.js';
import type { ConfiguredWebhook } from '../../../../src/webhooks/configured/schema.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** What is hidden before a test report goes out. */
async function hiddenOf(auth: object): Promise<readonly string[]> {
  const hidden: string[] = [];
  let atSending: readonly string[] = [];
  const options = {
    webhook: configuredWebhook('crm', { auth: auth as ConfiguredWebhook['auth'] }),
    deliver: () => {
      atSending = [...hidden];
      return Promise.resolve(null);
    },
    exchanges: { seen: [] },
    secrets: { hide: (text: string) => hidden.push(text) },
    clock: new VirtualClock(),
    random: { next: () => 0.5, uuid: () => 'uuid' },
  };
  await testReport(options as unknown as ReportTestOptions);
  return atSending;
}

it.each([
  [{ type: 'basic', username: 'ada', password: 'hunter2' }, ['hunter2']],
  [{ type: 'bearer', token: 'hunter2' }, ['hunter2']],
  [{ type: 'apiKey', in: 'header', name: 'x-key', value: 'hunter2' }, ['hunter2']],
  [{ type: 'oauth2', tokenUrl: 'https://x.example', clientId: 'id', clientSecret: 'hunter2' }, ['hunter2']],
  [{ type: 'bearer', token: '$secret.crm' }, []],
  [{ type: 'none' }, []],
])('a secret that stands in the configuration outright is hidden before the report goes out: %j', async (auth, hidden) => {
  expect(await hiddenOf(auth)).toEqual(hidden);
});
