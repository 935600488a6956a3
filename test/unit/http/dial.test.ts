import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../src/http/client.js';
import { dial } from '../../../src/http/dial.js';
import { startForwardProxy } from '../../support/forward-proxy.js';

/* How a name with several addresses is connected to. */

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const v4 = (last: number) => ({ address: `127.0.0.${last}`, family: 4 });
const LOOPBACK6 = { address: '::1', family: 6 };
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

async function listening(host: string, port = 0): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(OK));
    opened.push(() => socket.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  opened.push(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

/** A server that takes no connection for a while: its process stands still with a full queue, so the first packets to it are lost. */
async function losing(forMs: number): Promise<number> {
  const program = `
    const server = require('net').createServer((s) => s.on('error', () => {}).on('data', () => s.write(${JSON.stringify(OK)})));
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
  const child: ChildProcess = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  opened.push(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout ?? process.stdin, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  for (let i = 0; i < 4; i += 1) {
    const filler = connect(port, '127.0.0.1').on('error', () => undefined);
    opened.push(() => filler.destroy());
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  setTimeout(() => child.kill('SIGCONT'), forMs);
  return port;
}

function dialled(addresses: readonly { address: string; family: number }[], port: number) {
  return new Promise<{ readonly error: Error | null; readonly socket: Socket | null }>((resolve) => {
    dial({ addresses, port }, (error, socket) => {
      if (socket !== null) opened.push(() => socket.destroy());
      resolve({ error, socket });
    });
  });
}

describe('addresses of one name', () => {
  it.each([
    ['alone', [v4(1)]],
    ['before a dead one', [v4(1), v4(9)]],
    ['behind a dead one', [v4(9), v4(1)]],
    ['behind a dead one of the other family', [LOOPBACK6, v4(1)]],
    ['behind many', [...Array.from({ length: 10 }, (_, i) => v4(i + 2)), v4(1)]],
  ])('the one that is alive is found: %s', async (_what, addresses) => {
    const { port } = await listening('127.0.0.1');
    const { socket } = await dialled(addresses, port);
    expect(socket?.remoteAddress).toBe('127.0.0.1');
  });

  it('take turns by family, so that many dead ones of one do not hide the other', async () => {
    const { port } = await listening('127.0.0.200');
    const dead = Array.from({ length: 30 }, (_, i) => v4(i + 2));
    expect((await dialled([...dead, v4(200)], port)).socket).toBeNull();
    const { socket } = await dialled([LOOPBACK6, ...Array.from({ length: 30 }, () => LOOPBACK6), v4(200)], port);
    expect(socket?.remoteAddress).toBe('127.0.0.200');
  });

  it('that are all dead fail by the error that tells most', async () => {
    const { port, server } = await listening('127.0.0.1');
    server.close();
    expect((await dialled([LOOPBACK6, v4(1)], port)).error).toMatchObject({ code: 'ECONNREFUSED' });
    expect((await dialled([], port)).error).toMatchObject({ code: 'ENOTFOUND' });
  });

  it('that are given up never come', async () => {
    const { port } = await listening('127.0.0.1');
    let called = 0;
    const giveUp = dial({ addresses: [v4(1)], port }, () => (called += 1));
    giveUp();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(called).toBe(0);
  });
});

describe('an address whose first packet is lost', () => {
  const client = (addresses: readonly { address: string; family: number }[], proxy: string | null = null) => {
    const made = new HttpClient(
      { ...CLIENT_DEFAULTS, allowHttp: true, allowHosts: ['api.example'], proxy },
      systemClock,
      (_name, done) => done(null, addresses),
    );
    opened.push(() => made.close());
    return made;
  };
  const ask = (asked: HttpClient, port: number, timeoutMs: number) =>
    asked.exchange({
      method: 'GET',
      url: `http://api.example:${port}/`,
      headers: [],
      body: null,
      redirects: 0,
      maxBytes: 1000,
      timeoutMs,
      secretHeaders: new Set(),
    });

  it.each([
    ['alone', [v4(1)]],
    ['before a dead one of the other family', [v4(1), LOOPBACK6]],
    ['behind a dead one of the other family', [LOOPBACK6, v4(1)]],
    ['between dead ones', [v4(8), v4(1), v4(9)]],
  ])(
    'is reached by the second, within the time of the request: %s',
    async (_what, addresses) => {
      const port = await losing(600);
      expect(await ask(client(addresses), port, 20_000)).toMatchObject({ kind: 'response', status: 200, attempts: 1 });
    },
    30_000,
  );

  it('costs the request its own time and no more', async () => {
    const port = await losing(60_000);
    expect(await ask(client([v4(1), LOOPBACK6]), port, 700)).toMatchObject({ failure: 'timeout' });
  });

  it('may be that of the proxy', async () => {
    const proxy = await startForwardProxy();
    opened.push(() => proxy.close());
    const { port } = await listening('127.0.0.1');
    expect(await ask(client([v4(1)], proxy.url.replace('127.0.0.1', 'localhost')), port, 10_000)).toMatchObject({ status: 200 });
  });
});
