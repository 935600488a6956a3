import { isIPv6 } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../src/http/client.js';
import type { ResolveAll } from '../../../src/http/connect.js';
import { Guard } from '../../../src/http/guard.js';
import { type HostileServer, startHostileServer } from '../../support/hostile-server.js';
import { SSRF_NAMES, SSRF_URLS } from '../../support/ssrf-urls.js';

const resolveFakes: ResolveAll = (hostname, done) => {
  const addresses = SSRF_NAMES[hostname] ?? ['127.0.0.1'];
  done(
    null,
    addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 })),
  );
};

const exchange = (url: string, redirects = 0) => ({
  method: 'GET',
  url,
  headers: [],
  body: null,
  redirects,
  maxBytes: 1024,
  timeoutMs: 3000,
  secretHeaders: new Set<string>(),
});

describe('the guard, with plain http allowed and nothing else', () => {
  let server: HostileServer;
  let client: HttpClient;

  beforeAll(async () => {
    server = await startHostileServer();
    client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true }, systemClock, resolveFakes);
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  it('has at least 100 spellings to refuse', () => {
    expect(new Set(SSRF_URLS).size).toBeGreaterThanOrEqual(100);
  });

  it.each(SSRF_URLS)('%j is refused and nothing is connected', async (spelling) => {
    const result = await client.exchange(exchange(spelling.replaceAll('PORT', String(server.port))));
    expect(result.kind).toBe('failed');
    if (result.kind === 'failed' && spelling !== 'http://to-nothing.example:PORT/') expect(result.failure).toBe('refused');
    expect(server.connections()).toBe(0);
  });

  it.each(SSRF_URLS)('%j is refused as the target of a redirect', async (spelling) => {
    const target = await startHostileServer();
    try {
      const trusting = new HttpClient(
        { ...CLIENT_DEFAULTS, allowHttp: true, allowHosts: [`127.0.0.1:${target.port}`] },
        systemClock,
        resolveFakes,
      );
      const location = spelling.replaceAll('PORT', String(server.port)).replace(/[^\u0021-\u007e]/gu, (char) => encodeURI(char));
      target.extra.set('go', (_request, response) => response.writeHead(307, { location }).end());
      await trusting.exchange(exchange(`${target.origin}/go`, 5));
      await trusting.close();
      expect(server.connections()).toBe(0);
    } finally {
      await target.close();
    }
  });
});

describe('the guard’s rules', () => {
  const guard = (more: object = {}) => new Guard({ allowHttp: false, allowHosts: [], allowNetworks: [], ...more });

  // docs/behaviour.md#plain-http
  it('takes https, and http only when allowed', () => {
    expect(guard().url('https://api.example/a').ok).toBe(true);
    expect(guard().url('http://api.example/a')).toMatchObject({
      ok: false,
      error: expect.stringContaining('allowHttp') as string,
    });
    expect(guard({ allowHttp: true }).url('http://api.example/a').ok).toBe(true);
  });

  it('lets public addresses through', () => {
    for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8'])
      expect(guard().address(address)).toBe(true);
  });

  it('allows a network, and nothing beside it', () => {
    const rules = guard({ allowNetworks: ['10.1.0.0/16', 'fd00:1::/32'] });
    expect(rules.url('https://10.1.2.3/').ok).toBe(true);
    expect(rules.url('https://[::ffff:10.1.2.3]/').ok).toBe(true);
    expect(rules.url('https://[fd00:1::5]/').ok).toBe(true);
    expect(rules.url('https://10.2.0.1/').ok).toBe(false);
    expect(rules.url('https://[fd00:2::5]/').ok).toBe(false);
  });

  it('allows a host on one port, or on all', () => {
    const rules = guard({ allowHosts: ['crm.internal:8443', '[fd00::1]:443', '10.0.0.5', 'localhost:9000'] });
    expect(rules.allowsHost('crm.internal', '8443')).toBe(true);
    expect(rules.allowsHost('CRM.internal.', '8443')).toBe(true);
    expect(rules.allowsHost('crm.internal', '443')).toBe(false);
    expect(rules.url('https://[fd00::1]/').ok).toBe(true);
    expect(rules.url('https://[fd00::1]:444/').ok).toBe(false);
    expect(rules.url('https://10.0.0.5:1/').ok).toBe(true);
    expect(rules.url('https://0xa000005/').ok).toBe(true);
    expect(rules.url('https://localhost:9000/').ok).toBe(true);
    expect(rules.url('https://localhost/').ok).toBe(false);
  });

  it('an allow-listed loopback network makes localhost reachable', () => {
    expect(guard({ allowNetworks: ['127.0.0.0/8'] }).url('https://localhost/').ok).toBe(true);
  });

  it('takes an IPv4-mapped network for the IPv4 network it stands for', () => {
    const rules = guard({ allowNetworks: ['::ffff:10.0.0.0/104'] });
    expect([rules.address('10.2.3.4'), rules.address('192.168.3.4')]).toEqual([true, false]);
  });

  it('takes one address as a network, and refuses entries that are none', () => {
    const rules = guard({ allowNetworks: ['10.0.0.5', 'fd00::7'] });
    expect([rules.address('10.0.0.5'), rules.address('10.0.0.6')]).toEqual([true, false]);
    expect([rules.address('fd00::7'), rules.address('fd00::8')]).toEqual([true, false]);
    for (const entry of ['', '10.0.0.0/33', '10.0.0.0/', '010.0.0.1', '10.1', '10/8', 'crm'])
      expect(() => guard({ allowNetworks: [entry] })).toThrow('not an address or network');
    for (const entry of ['', 'http://crm', 'crm/path', 'a@b', 'crm:port', 'crm:65536', '::1'])
      expect(() => guard({ allowHosts: [entry] })).toThrow('not a host');
  });
});
