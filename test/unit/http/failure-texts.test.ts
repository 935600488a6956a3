import { createSecureServer } from 'node:http2';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, type ClientOptions, HttpClient } from '../../../src/http/client.js';
import type { ResolveAll } from '../../../src/http/connect.js';
import { detailOf } from '../../../src/http/failures.js';
import { type RawAnswer, startRawServer } from '../../support/raw-server.js';
import { API_EXAMPLE_CERT, API_EXAMPLE_KEY, TEST_CA } from '../../support/tls-identity.js';

/* Failures as the author of a flow reads them: in words, with the code that can be looked up, without those of a library. */

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const LOCAL: ResolveAll = (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);

async function told(url: string, more: Partial<ClientOptions> = {}, resolve: ResolveAll = LOCAL): Promise<string> {
  const trust = { allowHttp: true, allowNetworks: ['127.0.0.0/8'], ca: [TEST_CA] };
  const client = new HttpClient({ ...CLIENT_DEFAULTS, ...trust, ...more }, systemClock, resolve);
  opened.push(() => client.close());
  const limits = { redirects: 0, maxBytes: 1000, timeoutMs: 10_000, secretHeaders: new Set<string>() };
  const result = await client.exchange({ method: 'GET', url, headers: [], body: null, ...limits });
  if (result.kind === 'response') throw new Error(`answered ${result.status}`);
  expect(result.detail).not.toMatch(/SSL routines|\.c:\d|UND_|HPE_|alert number|getaddrinfo|undefined/u);
  return `${result.failure}: ${result.detail}`;
}

async function listening(server: Server, event = 'connection'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on(event, (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

const IDENTITY = { key: API_EXAMPLE_KEY, cert: API_EXAMPLE_CERT };
const tls = (options: TlsOptions) => listening(createTlsServer({ ...IDENTITY, ...options }));

describe('TLS', () => {
  it('a host that speaks HTTP/2 only is told so', async () => {
    const port = await listening(createSecureServer({ ...IDENTITY, allowHTTP1: false }), 'secureConnection');
    expect(await told(`https://api.example:${port}/`)).toContain('speaks HTTP/2 only');
    const strict = await tls({ ALPNProtocols: ['h2'] });
    expect(await told(`https://api.example:${strict}/`)).toContain('speaks HTTP/2 only');
  });

  it('a certificate for another name is told with both names', async () => {
    const port = await tls({});
    expect(await told(`https://other.example:${port}/`)).toContain(
      'tls: the certificate of the server is not for other.example but for api.example',
    );
    expect(await told(`https://127.0.0.1:${port}/`)).toContain('tls: the certificate of the server is not for 127.0.0.1');
  });

  it('an authority that nobody knows is told', async () => {
    const port = await tls({});
    expect(await told(`https://api.example:${port}/`, { ca: [] })).toMatch(/tls: the certificate of the server .* known/u);
  });

  it('versions that do not meet are told', async () => {
    const port = await tls({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' });
    expect(await told(`https://api.example:${port}/`)).toContain('no version of TLS in common');
  });

  it('a server that wants a client certificate is told', async () => {
    const port = await tls({ requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' });
    expect(await told(`https://api.example:${port}/`)).toMatch(
      /client certificate|during the TLS handshake|broke the connection off/u,
    );
  });

  it('http on a port of TLS, and https on one of HTTP, are told', async () => {
    const secure = await tls({});
    expect(await told(`http://api.example:${secure}/`)).toMatch(/speaks TLS on that port|closed the connection/u);
    const plain = await startRawServer(() => 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    opened.push(() => plain.close());
    const talking = await listening(createTcpServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await told(`https://api.example:${talking}/`)).toContain('speaks no TLS on that port');
  });

  it('a server that goes in the handshake is told', async () => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => socket.end())));
    expect(await told(`https://api.example:${port}/`)).toContain('closed the connection during the TLS handshake');
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'has expired'],
    ['CERT_NOT_YET_VALID', 'certificate is not yet valid', 'not valid yet'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'is self-signed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', 'authority that is not known'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'intermediate certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate', 'intermediate certificate'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'x', 'does not accept the client certificate'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'x', 'wants a client certificate'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'x', 'speaks no TLS on that port'],
    ['EPROTO', 'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl.c:1:', 'speaks no TLS'],
    ['EPROTO', 'write EPROTO 80:error:0A000460:SSL routines:f:tlsv1 alert no application protocol:ssl.c:1:', 'HTTP/2 only'],
    ['ERR_SSL_DH_KEY_TOO_SMALL', 'x', 'too weak'],
    ['ERR_SSL_SOMETHING_NEW', 'x', 'the TLS handshake with the server failed'],
    ['ECONNRESET', 'Client network socket disconnected before secure TLS connection was established', 'during the TLS handshake'],
  ])('%s (%s): %s', (code, message, words) => {
    const detail = detailOf(Object.assign(new Error(message), { code }));
    expect(detail).toContain(words);
    expect(detail).toContain(`(${code}`);
  });
});

describe('names and connections', () => {
  it.each([
    ['ENOTFOUND', 'name of the host is not known'],
    ['EAI_AGAIN', 'the DNS gave no answer'],
    ['EAI_FAIL', 'the DNS gave no answer'],
  ])('a name that fails by %s is told', async (code, words) => {
    const failing: ResolveAll = (name, done) => done(Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code }), []);
    expect(await told('http://api.example/', {}, failing)).toContain(`connection: ${words}`.replace('name of', 'the name of'));
  });

  it('a port where nobody listens is told with its address', async () => {
    const closed = await startRawServer(() => '');
    const { port } = closed;
    await closed.close();
    expect(await told(`http://api.example:${port}/`)).toBe(
      `connection: the connection was refused: nothing listens on that port (ECONNREFUSED 127.0.0.1:${port})`,
    );
  });
});

describe('an answer that is no sound HTTP is refused in words', () => {
  const OK = 'HTTP/1.1 200 OK\r\n';
  it.each<[string, RawAnswer, string]>([
    ['lines that end with LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\n{}', 'ends with LF alone'],
    ['one line that ends with LF alone', `${OK}X-A: b\nContent-Length: 2\r\n\r\n{}`, 'ends with LF alone'],
    ['the blank line with LF alone', `${OK}Content-Length: 2\r\n\n{}`, 'ends with LF alone'],
    ['a CR alone', `${OK}X-A: b\rX-B: c\r\nContent-Length: 2\r\n\r\n{}`, 'CR that is not followed by LF'],
    [
      'a blank before the colon',
      `${OK}Content-Length : 2\r\n\r\n{}`,
      'content-length has a blank in its name or before the colon',
    ],
    ['a tab before the colon', `${OK}Content-Length: 2\r\nX-A\t: b\r\n\r\n{}`, 'x-a has a blank in its name or before the colon'],
    ['a blank in a name', `${OK}X A: b\r\nContent-Length: 2\r\n\r\n{}`, 'x has a blank in its name'],
    ['a line without a colon', `${OK}Content-Length: 2\r\nnothing\r\n\r\n{}`, 'no colon'],
    ['a control character', `${OK}X-A: a\u0001b\r\nContent-Length: 2\r\n\r\n{}`, 'x-a holds a control character'],
    ['NUL behind the length', `${OK}Content-Length: 2\r\nX-A: a\0b\r\n\r\n{}`, 'x-a holds a control character'],
    ['DEL', `${OK}X-A: a\u007fb\r\nContent-Length: 2\r\n\r\n{}`, 'control character'],
    [
      'a control character in the status line',
      'HTTP/1.1 200 O\u0000K\r\nContent-Length: 2\r\n\r\n{}',
      'status line holds a control',
    ],
    [
      'a length beside chunks',
      `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      'both Content-Length and',
    ],
    [
      'chunks beside a length',
      `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      'both Content-Length and',
    ],
    ['two lengths', `${OK}Content-Length: 2\r\ncontent-length: 3\r\n\r\n{}`, 'two Content-Length'],
    ['a length that is no number', `${OK}Content-Length: two\r\n\r\n{}`, 'Content-Length is no number'],
    ['a negative length', `${OK}Content-Length: -2\r\n\r\n{}`, 'Content-Length is no number'],
    ['a status that is no number', 'HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}', 'status'],
    ['a version that is none', 'HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}', 'version of HTTP'],
    ['a chunk size that is no number', `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 'chunk'],
    ['a chunk that is longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`, 'chunk'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'SSH server'],
    ['a body alone', '<html>hello</html>', 'begins with its body'],
    ['HTTP/2', Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]), 'HTTP/2 only'],
    ['a TLS alert', Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46]), 'speaks TLS on that port'],
  ])('%s', async (_what, answer, words) => {
    for (const pieces of [false, true]) {
      const server = await startRawServer(() => (pieces && typeof answer !== 'function' ? dripping(answer) : answer));
      opened.push(() => server.close());
      const detail = await told(`http://api.example:${server.port}/`);
      expect(detail).toContain('bad-response: the answer is no sound HTTP');
      // Of one byte alone nobody can say which protocol it is.
      if (!pieces || !/server|HTTP\/2|TLS|body/u.test(words)) expect(detail).toContain(words);
    }
  });

  function dripping(answer: string | Buffer): RawAnswer {
    const bytes = [...Buffer.from(answer)];
    return (socket) => {
      socket.setNoDelay(true);
      const next = (): void => {
        const byte = bytes.shift();
        if (byte === undefined || socket.destroyed) return;
        socket.write(Buffer.from([byte]));
        setImmediate(next);
      };
      next();
    };
  }
});

describe('the limit of what stands beside the body', () => {
  const answer = (bytes: number): string => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: ';
    return `${head}${'a'.repeat(bytes - head.length - 4)}\r\n\r\n{}`;
  };
  const got = async (bytes: number, more: Partial<ClientOptions>): Promise<string> => {
    const server = await startRawServer(() => answer(bytes));
    opened.push(() => server.close());
    return told(`http://api.example:${server.port}/`, more).catch((error: unknown) => String(error));
  };

  it.each([
    [16_384, {}],
    [1024, { maxHeaderBytes: 1024 }],
    [22_528, { maxHeaderBytes: 22_528 }],
    [262_144, { maxHeaderBytes: 262_144 }],
  ])('%i bytes are read up to it, and refused beyond, with the name of the setting', async (limit, more) => {
    expect(await got(limit - 1, more)).toContain('answered 200');
    expect(await got(limit, more)).toContain('answered 200');
    expect(await got(limit + 1, more)).toContain(
      'bad-response: the answer has too many or too long headers (webhooks.maxHeaderBytes)',
    );
  });

  it('more lines come with more bytes', async () => {
    const server = await startRawServer(() => `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(1000)}Content-Length: 0\r\n\r\n`);
    opened.push(() => server.close());
    const url = `http://api.example:${server.port}/`;
    await expect(told(url, { maxHeaderBytes: 65_536 })).rejects.toThrow('answered 200');
    expect(await told(url)).toContain('too many or too long headers');
  });
});
