import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, type ClientOptions, HttpClient } from '../../../src/http/client.js';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.js';
import { startHostileServer } from '../../support/hostile-server.js';
import { API_EXAMPLE_CERT, API_EXAMPLE_KEY, TEST_CA } from '../../support/tls-identity.js';

const clients: HttpClient[] = [];
const servers: Server[] = [];

function client(more: Partial<ClientOptions>): HttpClient {
  const options = { ...CLIENT_DEFAULTS, allowNetworks: ['127.0.0.1'], ...more };
  const made = new HttpClient(options, systemClock, (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]));
  clients.push(made);
  return made;
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const exchange = (url: string, headers: [string, string][] = []) => ({
  method: 'GET',
  url,
  headers,
  body: null,
  redirects: 0,
  maxBytes: 1024,
  timeoutMs: 3000,
  secretHeaders: new Set<string>(),
});

let tlsPort: number;

beforeEach(async () => {
  const tls = createServer({ cert: API_EXAMPLE_CERT, key: API_EXAMPLE_KEY }, (request, response) =>
    response.end(request.headers.host),
  );
  tlsPort = await listen(tls);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((made) => made.close()));
  for (const server of servers.splice(0)) server.close();
});

describe('TLS', () => {
  it('an unknown authority is a connection failure', async () => {
    const result = await client({}).exchange(exchange(`https://api.example:${tlsPort}/`));
    expect(result).toMatchObject({ kind: 'failed', failure: 'tls' });
  });

  it('an authority of the site is trusted beside the public ones', async () => {
    const result = await client({ ca: [TEST_CA] }).exchange(exchange(`https://api.example:${tlsPort}/`));
    expect(result).toMatchObject({ kind: 'response', status: 200 });
  });

  it('a certificate for another name is a connection failure, on an allow-listed host too', async () => {
    for (const more of [{}, { allowHosts: ['other.example'] }]) {
      const result = await client({ ca: [TEST_CA], ...more }).exchange(exchange(`https://other.example:${tlsPort}/`));
      expect(result).toMatchObject({ kind: 'failed', failure: 'tls' });
    }
  });

  it('plain HTTP where TLS is expected fails', async () => {
    const plain = await startHostileServer();
    const result = await client({ ca: [TEST_CA] }).exchange(exchange(`https://api.example:${plain.port}/ok`));
    expect(result).toMatchObject({ kind: 'failed', failure: 'connection' });
    await plain.close();
  });
});

// docs/behaviour.md#egress
describe('an outbound proxy', () => {
  let proxy: ForwardProxy;

  beforeEach(async () => {
    proxy = await startForwardProxy();
  });
  afterEach(() => proxy.close());

  it('carries https, verified end to end', async () => {
    const proxied = client({ ca: [TEST_CA], proxy: proxy.url });
    expect(await proxied.exchange(exchange(`https://api.example:${tlsPort}/`))).toMatchObject({ status: 200 });
    expect(proxy.targets).toEqual([`api.example:${tlsPort}`]);
    const distrusting = client({ proxy: proxy.url });
    expect(await distrusting.exchange(exchange(`https://api.example:${tlsPort}/`))).toMatchObject({ kind: 'failed' });
  });

  it('carries http and keeps duplicate headers', async () => {
    const server = await startHostileServer();
    const proxied = client({ allowHttp: true, proxy: proxy.url });
    const headers: [string, string][] = [
      ['X-A', '1'],
      ['X-B', '2'],
      ['X-A', '3'],
    ];
    expect(await proxied.exchange(exchange(`http://api.example:${server.port}/ok`, headers))).toMatchObject({ status: 200 });
    expect(server.received[0]?.headers.filter(([name]) => name.startsWith('X-'))).toEqual([
      ['X-A', '1'],
      ['X-A', '3'],
      ['X-B', '2'],
    ]);
    await server.close();
  });

  it('still refuses literal private addresses', async () => {
    const proxied = client({ allowNetworks: [], proxy: proxy.url });
    expect(await proxied.exchange(exchange('https://10.0.0.1/'))).toMatchObject({ failure: 'refused' });
    expect(proxy.targets).toEqual([]);
  });

  it('that is down is a connection failure', async () => {
    const gone = await startHostileServer();
    await gone.close();
    const proxied = client({ proxy: gone.origin });
    expect(await proxied.exchange(exchange('https://api.example/'))).toMatchObject({ failure: 'connection' });
  });
});
