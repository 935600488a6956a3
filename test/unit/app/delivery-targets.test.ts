import { expect, it } from 'vitest';
import { targetsAt } from '../../../src/app/delivery-targets.js';
import { configuredWebhook } from '../../support/configured-webhook.js';

const urls = {
  crm: 'https://CRM.example/report',
  bi: 'https://crm.example:8443/in',
  hidden: 'https://$secret.host/in',
  other: 'https://other.example/',
};
const webhooks = Object.entries(urls).map(([name, url]) => configuredWebhook(name, { url }));
const targets = {
  webhooks: () => webhooks,
  integrations: () => [{ id: 'i1' }, { id: 'i2' }],
  target: (name: string) =>
    name === 'integration:i1' ? configuredWebhook(name, { url: 'https://crm.example/chat' }) : undefined,
};

it.each([
  ['crm.example', ['crm', 'bi', 'integration:i1']],
  ['Crm.Example:8443', ['bi']],
  ['other.example', ['other']],
  ['example', []],
])('targets at the host %s', (host, names) => {
  expect(targetsAt(host, targets)).toEqual(names);
});
