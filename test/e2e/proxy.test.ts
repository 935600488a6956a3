import { expect, it } from 'vitest';
import { dial, flow } from '../support/calls.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { Endpoint, eventually, Site } from '../support/site.js';

// docs/behaviour.md#egress
it('webhooks and reports go through the configured proxy', async () => {
  const [proxy, endpoint] = [await startForwardProxy(), await Endpoint.start()];
  const site = await Site.start({
    flows: [
      flow('order', {
        ask: { type: 'webhook', url: `http://shop.invalid:${endpoint.port}/order`, exits: { success: null, failed: null } },
      }),
    ],
    report: `http://crm.invalid:${endpoint.port}/report`,
    config: { webhooks: { proxy: proxy.url } },
  });
  try {
    await (
      await dial(site, 'order')
    ).phone.result;
    await eventually('both requests', () => endpoint.received.length === 2);
    expect(endpoint.received.map(({ url }) => url)).toEqual(['/order', '/report']);
    expect(proxy.targets).toEqual([`shop.invalid:${endpoint.port}`, `crm.invalid:${endpoint.port}`]);
  } finally {
    await site.dispose();
    await Promise.all([proxy.close(), endpoint.close()]);
  }
});
