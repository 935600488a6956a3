import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { dial, flow } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/** A forward proxy that leads every name to this machine; the targets it was asked for. */
async function startProxy(): Promise<{ url: string; targets: string[]; close: () => Promise<void> }> {
  const targets: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket: Socket) => {
    const target = request.url ?? '';
    targets.push(target);
    const tunnel = connect(Number(target.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [tunnel, socket]) end.on('error', () => end.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, targets, close };
}

it('V17: webhooks and reports go through the configured proxy', async () => {
  const [proxy, endpoint] = [await startProxy(), await Endpoint.start()];
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
