import { createServer, type Server } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/lib/clock.js';
import { type ClientCertificate, clientCertificate } from '../../../src/http/client-certificate.js';
import { CLIENT_DEFAULTS, type ClientOptions, HttpClient } from '../../../src/http/client.js';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.js';
import { eventually } from '../../support/site.js';
import {
  API_EXAMPLE_CERT,
  API_EXAMPLE_KEY,
  CLIENT_CERT,
  CLIENT_KEY,
  CLIENT_KEY_ENCRYPTED,
  PROXY_CERT,
  PROXY_KEY,
  TEST_CA,
} from '../../support/tls-identity.js';

/*
 * Certificates of ours: whom they are shown to, directly and through a proxy, and how long connections made by them stay.
 */

const CLIENT = 'Offhook test client';

interface Answer {
  readonly status: number;
  readonly location?: string;
}

/** A server that asks for a certificate, and takes what comes without one too unless it is strict. */
class AskingServer {
  /** Whose certificate each request came with; null: none, or one it does not trust. */
  readonly seen: (string | null)[] = [];
  /** Connections that are open. */
  open = 0;
  answer: (url: string) => Answer | Promise<Answer> = () => ({ status: 200 });
  readonly #server: Server;

  constructor(strict = false) {
    const options = {
      cert: API_EXAMPLE_CERT,
      key: API_EXAMPLE_KEY,
      ca: [CLIENT_CERT],
      requestCert: true,
      rejectUnauthorized: strict,
    };
    this.#server = createServer(options, (request, response) => {
      this.seen.push(commonName(request));
      void Promise.resolve(this.answer(request.url ?? '')).then(({ status, location }) => {
        response.writeHead(status, location === undefined ? {} : { location });
        response.end('{}');
      });
    });
    this.#server.keepAliveTimeout = 600_000;
    this.#server.on('secureConnection', (socket: TLSSocket) => {
      this.open += 1;
      socket.on('close', () => (this.open -= 1));
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `https://api.example:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.close();
  }
}

function commonName({ socket }: IncomingMessage): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  return String(socket.getPeerCertificate().subject.CN);
}

function certificateOf(more: Partial<Pick<ClientCertificate, 'key' | 'passphrase' | 'ca'>> = {}): ClientCertificate {
  const made = clientCertificate({ cert: CLIENT_CERT, key: CLIENT_KEY, ...more });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

let closing: (() => Promise<void> | void)[];

function client(more: Partial<ClientOptions> = {}, clock: Clock = systemClock): HttpClient {
  const options = { ...CLIENT_DEFAULTS, allowNetworks: ['127.0.0.1'], ca: [TEST_CA], ...more };
  const made = new HttpClient(options, clock, (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]));
  closing.push(() => made.close());
  return made;
}

async function server(strict = false): Promise<AskingServer> {
  const made = await new AskingServer(strict).listen();
  closing.push(() => made.close());
  return made;
}

async function proxy(...options: Parameters<typeof startForwardProxy>): Promise<ForwardProxy> {
  const made = await startForwardProxy(...options);
  closing.push(() => made.close());
  return made;
}

const exchange = (url: string, certificate: ClientCertificate | null, redirects = 0) => ({
  method: 'GET',
  url,
  headers: [],
  body: null,
  redirects,
  maxBytes: 1024,
  timeoutMs: 3000,
  secretHeaders: new Set<string>(),
  certificate,
});

beforeEach(() => {
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

// docs/behaviour.md#egress
describe('a client certificate through a proxy', () => {
  // docs/behaviour.md#credentials
  it('is shown to the service at the end of the tunnel, which may insist on it', async () => {
    const [strict, forward] = [await server(true), await proxy()];
    const proxied = client({ proxy: forward.url });
    expect(await proxied.exchange(exchange(strict.url, certificateOf()))).toMatchObject({ kind: 'response', status: 200 });
    expect(strict.seen).toEqual([CLIENT]);
    expect(forward.targets).toEqual([new URL(strict.url).host]);
    expect(await proxied.exchange(exchange(strict.url, null))).toMatchObject({ kind: 'failed' });
  });

  it('takes an encrypted key, and authorities of its own', async () => {
    const [strict, forward] = [await server(true), await proxy()];
    const certificate = certificateOf({ key: CLIENT_KEY_ENCRYPTED, passphrase: 'opensesame', ca: TEST_CA });
    const proxied = client({ proxy: forward.url, ca: [] });
    expect(await proxied.exchange(exchange(strict.url, certificate))).toMatchObject({ kind: 'response', status: 200 });
    expect(await proxied.exchange(exchange(strict.url, certificateOf()))).toMatchObject({ kind: 'failed', failure: 'tls' });
  });

  it('shares no connection with requests without it', async () => {
    const [own, forward] = [await server(), await proxy()];
    const proxied = client({ proxy: forward.url });
    for (const certificate of [certificateOf(), null, certificateOf(), null])
      await proxied.exchange(exchange(own.url, certificate));
    expect(own.seen).toEqual([CLIENT, null, CLIENT, null]);
    expect(forward.targets).toHaveLength(2);
  });

  it('is not shown to another origin that a redirect leads to', async () => {
    const [own, other, forward] = [await server(), await server(), await proxy()];
    own.answer = (url) => (url === '/' ? { status: 302, location: other.url } : { status: 200 });
    const proxied = client({ proxy: forward.url });
    expect(await proxied.exchange(exchange(own.url, certificateOf(), 2))).toMatchObject({ status: 200, redirected: true });
    expect([own.seen, other.seen]).toEqual([[CLIENT], [null]]);
  });

  it('is not shown to the proxy, which may speak TLS too', async () => {
    const tls = { cert: PROXY_CERT, key: PROXY_KEY, ca: [CLIENT_CERT], requestCert: true, rejectUnauthorized: false };
    const [strict, forward] = [await server(true), await proxy(tls)];
    const proxied = client({ proxy: forward.url.replace('127.0.0.1', 'localhost'), ca: [TEST_CA, PROXY_CERT] });
    const result = await proxied.exchange(exchange(strict.url, certificateOf()));
    expect(result).toMatchObject({ kind: 'response', status: 200 });
    expect(strict.seen).toEqual([CLIENT]);
    expect(forward.shown).toEqual([null]);
  });
});

describe('the connections of a certificate', () => {
  /** Time goes on as it does, but what waits for a minute waits until it is told. */
  function clockOfMinutes(): { readonly clock: Clock; readonly minute: () => void; readonly waiting: () => number } {
    const waiting = new Set<() => void>();
    const clock: Clock = {
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic(),
      after(ms, fire) {
        if (ms < 60_000) return systemClock.after(ms, fire);
        waiting.add(fire);
        return () => void waiting.delete(fire);
      },
    };
    const minute = (): void => {
      for (const fire of [...waiting]) {
        waiting.delete(fire);
        fire();
      }
    };
    return { clock, minute, waiting: () => waiting.size };
  }

  it('are closed when nothing goes out by them for a minute', async () => {
    const [own, { clock, minute, waiting }] = [await server(), clockOfMinutes()];
    const direct = client({ keepAliveMs: 600_000 }, clock);
    for (let i = 0; i < 3; i += 1) await direct.exchange(exchange(own.url, certificateOf()));
    expect(waiting()).toBe(1);
    expect(own.open).toBeGreaterThan(0);
    minute();
    await eventually('the connection to close', () => own.open === 0);
    expect(waiting()).toBe(0);
    expect(await direct.exchange(exchange(own.url, certificateOf()))).toMatchObject({ status: 200 });
  });

  it('stay for what is under way, and take a replaced certificate’s with them only when idle', async () => {
    const [own, { clock, minute }] = [await server(), clockOfMinutes()];
    const direct = client({ keepAliveMs: 600_000 }, clock);
    const [old, replaced] = [certificateOf(), certificateOf({ key: `${CLIENT_KEY}\n` })];
    expect(old.id).not.toBe(replaced.id);
    await direct.exchange(exchange(own.url, old));
    let release = (): void => undefined;
    own.answer = () => new Promise((resolve) => (release = () => resolve({ status: 200 })));
    const underWay = direct.exchange(exchange(own.url, old));
    await eventually('the request to be there', () => own.seen.length === 2);
    own.answer = () => ({ status: 200 });
    await direct.exchange(exchange(own.url, replaced));
    minute();
    expect(own.open).toBeGreaterThan(0);
    release();
    expect(await underWay).toMatchObject({ status: 200 });
    await direct.exchange(exchange(own.url, replaced));
    minute();
    await eventually('all connections to close', () => own.open === 0);
  });

  it('wait for nothing after the client was closed', async () => {
    const [own, { clock, waiting }] = [await server(), clockOfMinutes()];
    const direct = client({}, clock);
    await direct.exchange(exchange(own.url, certificateOf()));
    const underWay = direct.exchange(exchange(own.url, certificateOf()));
    await direct.close();
    await underWay;
    expect(waiting()).toBe(0);
  });
});
