import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** One way to behave, good or bad. */
type Behaviour = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Writes raw bytes, whatever HTTP says about them. */
function raw(text: string | Buffer, then: 'keep' | 'end' | 'reset' = 'end'): Behaviour {
  return ({ socket }) => {
    socket.write(text, () => {
      if (then === 'end') socket.end();
      if (then === 'reset') socket.resetAndDestroy();
    });
  };
}

/** Repeats a piece until the other side has had enough. `everyMs` 0 writes as fast as the socket takes it. */
function repeat(head: string, piece: string, everyMs: number): Behaviour {
  return ({ socket }) => {
    socket.write(head);
    const write = (): void => {
      if (socket.destroyed) return;
      if (everyMs === 0 && !socket.write(piece)) socket.once('drain', write);
      else {
        if (everyMs > 0) socket.write(piece);
        setTimeout(write, everyMs);
      }
    };
    write();
  };
}

/** Everything byte by byte, each in a segment of its own. */
function drip(text: string): Behaviour {
  return ({ socket }) => {
    socket.setNoDelay(true);
    let at = 0;
    const write = (): void => {
      if (socket.destroyed || at === text.length) return;
      socket.write(text.charAt(at));
      at += 1;
      setImmediate(write);
    };
    write();
  };
}

function reply(status: number, headers: Record<string, string>, body: string | Buffer = ''): Behaviour {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}

const MEGABYTE = 1_048_576;
const JSON_TYPE = { 'content-type': 'application/json' };
const XML_TYPE = { 'content-type': 'application/xml' };
const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
const LAUGHS = `<!DOCTYPE l [<!ENTITY l0 "lol">${Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')}]><l>&l10;</l>`;
const ZEROS = Buffer.alloc(50 * 1024 * 1024);
const GZIPPED = gzipSync(ZEROS);

/** A body in pieces, slowly. */
function trickle(body: Buffer): Behaviour {
  return (_request, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' });
    let at = 0;
    const write = (): void => {
      if (response.destroyed || at >= body.length) {
        response.end();
        return;
      }
      response.write(body.subarray(at, (at += 4096)));
      setTimeout(write, 20);
    };
    write();
  };
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  ok: reply(200, JSON_TYPE, '{"data":{"userId":7}}'),
  silent: () => undefined,
  'slow-headers': repeat('HTTP/1.1 200 OK\r\n', 'X-A: b\r\n', 40),
  'slow-body': repeat(CHUNKED, '1\r\n \r\n', 40),
  endless: repeat(CHUNKED, `4000\r\n${' '.repeat(0x4000)}\r\n`, 0),
  'endless-interim': repeat('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 0),
  'endless-headers': repeat('HTTP/1.1 200 OK\r\n', `X-A: ${'b'.repeat(500)}\r\n`, 0),
  'header-flood': raw(`HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(5000)}\r\n`),
  /** As short as headers can be: nothing in their names and values, and all the more of them. */
  'tiny-header-flood': raw(`HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(15_000)}\r\n`),
  'endless-status': repeat('HTTP/1.1 200 ', 'OK'.repeat(8000), 0),
  'flood-after-interim': raw(`HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(15_000)}\r\n`),
  'endless-chunk-extension': repeat(`${CHUNKED}5;`, 'x'.repeat(262_144), 0),
  'endless-trailers': repeat(`${CHUNKED}2\r\n{}\r\n0\r\n`, `X-A: ${'b'.repeat(500)}\r\n`, 0),
  'trailer-flood': raw(`${CHUNKED}2\r\n{}\r\n0\r\n${'X-A: b\r\n'.repeat(7500)}\r\n`),
  'one-byte-chunks': raw(CHUNKED + '1\r\n \r\n'.repeat(50_000)),
  'one-byte-segments': drip(`HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(MEGABYTE)}`),
  'close-delimited': raw(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"${'a'.repeat(MEGABYTE - 2)}"`),
  'no-content-with-body': raw('HTTP/1.1 204 No Content\r\nContent-Length: 21\r\n\r\n{"data":{"userId":7}}', 'keep'),
  'not-modified-with-body': raw('HTTP/1.1 304 Not Modified\r\nContent-Length: 21\r\n\r\n{"data":{"userId":7}}', 'keep'),
  /** SETTINGS, as a server that speaks nothing else opens with. */
  'http2-preface': raw(Buffer.concat([Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]), Buffer.alloc(9)])),
  'two-lengths': raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}'),
  'length-and-chunks': raw('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'),
  'long-body': raw(
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
  ),
  'huge-declared': raw('HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n{', 'keep'),
  huge: reply(200, JSON_TYPE, `"${'a'.repeat(2_000_000)}"`),
  reset: raw('', 'reset'),
  'close-at-once': raw('', 'end'),
  'reset-in-body': raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":', 'reset'),
  'short-body': raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":', 'end'),
  'not-http': raw('SSH-2.0-OpenSSH_9.2\r\n'),
  'upgrade-unasked': raw('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  'continue-unasked': raw('HTTP/1.1 100 Continue\r\n\r\n', 'keep'),
  'wrong-type': reply(200, { 'content-type': 'text/html' }, '<!doctype html><p>It works!</p>'),
  'not-json': reply(200, JSON_TYPE, 'Internal error, sorry'),
  'not-utf8': reply(200, JSON_TYPE, Buffer.from([0xff, 0xfe, 0x00, 0xc3])),
  'deep-json': reply(200, JSON_TYPE, '['.repeat(30_000) + ']'.repeat(30_000)),
  'million-deep-json': reply(200, JSON_TYPE, '[{"a":'.repeat(170_000)),
  'many-keys': reply(200, JSON_TYPE, `{${Array.from({ length: 10_001 }, (_, i) => `"k${i}":1`).join(',')}}`.slice(0, 200_000)),
  'hundred-thousand-keys': reply(200, JSON_TYPE, `{${Array.from({ length: 100_000 }, (_, i) => `"${i}":1`).join(',')}}`),
  'escaped-text': reply(200, JSON_TYPE, `"${'\\u0000'.repeat(174_000)}"`),
  'utf-16': reply(
    200,
    { 'content-type': 'application/json; charset=utf-16le' },
    Buffer.from(`"${'é'.repeat(524_000)}"`, 'utf16le'),
  ),
  'megabyte-not-utf8': reply(200, JSON_TYPE, Buffer.alloc(MEGABYTE, 0xff)),
  multipart: reply(200, { 'content-type': 'multipart/mixed; boundary=b' }, '--b\r\nX-A: b\r\n\r\n{}\r\n'.repeat(2000)),
  proto: reply(
    200,
    { ...JSON_TYPE, __proto__x: 'y' },
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"data":{"__proto__":{"polluted":1},"userId":7}}',
  ),
  'proto-header': raw('HTTP/1.1 200 OK\r\n__proto__: a\r\n__proto__: b\r\nconstructor: c\r\nContent-Length: 2\r\n\r\n{}'),
  'gzip-bomb': reply(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, GZIPPED),
  'br-bomb': reply(200, { ...JSON_TYPE, 'content-encoding': 'br' }, brotliCompressSync(ZEROS)),
  /** 400 MB in half a megabyte, on top of each other as one stream. */
  'gzip-members': reply(
    200,
    { ...JSON_TYPE, 'content-encoding': 'gzip' },
    Buffer.concat(Array.from({ length: 8 }, () => GZIPPED)),
  ),
  'slow-gzip-bomb': trickle(GZIPPED),
  'gzip-twice': reply(200, { ...JSON_TYPE, 'content-encoding': 'gzip, gzip' }, gzipSync(gzipSync('{}'))),
  /** What is inside is a bomb again. */
  'gzip-in-gzip': reply(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(GZIPPED)),
  'gzip-broken': reply(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, 'not gzip at all'),
  'encoding-unknown': reply(200, { ...JSON_TYPE, 'content-encoding': 'zstd-9' }, '{}'),
  doctype: reply(200, XML_TYPE, '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
  'entity-bomb': reply(200, XML_TYPE, '<!DOCTYPE a [<!ENTITY l "ll"><!ENTITY m "&l;&l;">]><a>&m;</a>'),
  'billion-laughs': reply(200, XML_TYPE, LAUGHS),
  'deep-xml': reply(200, XML_TYPE, '<a>'.repeat(5000) + '</a>'.repeat(5000)),
  'unclosed-xml': reply(200, XML_TYPE, '<a "'.repeat(15_000)),
  'many-attributes-xml': reply(200, XML_TYPE, `<a ${Array.from({ length: 100_000 }, (_, i) => `a${i}=""`).join(' ')}/>`),
  /** Every element may be compared with every other one, by an expression that asks for it. */
  'wide-xml': reply(200, XML_TYPE, `<data>${'<b>1</b>'.repeat(9990)}</data>`),
  'redirect-loop': reply(302, { location: '/redirect-loop' }),
  'redirect-metadata': reply(302, { location: 'http://169.254.169.254/latest/meta-data/' }),
  'redirect-nowhere': reply(302, { location: 'http://[' }),
  'redirect-file': reply(302, { location: 'file:///etc/passwd' }),
};

/** Answers before the request is read, which it never is. */
const EARLY: Readonly<Record<string, Behaviour>> = {
  'early-answer': raw('HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"data":{"userId":7}}', 'keep'),
  'early-endless': repeat(CHUNKED, `4000\r\n${' '.repeat(0x4000)}\r\n`, 0),
};

/** A request as the server got it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly [string, string][];
  readonly body: string;
}

/** An endpoint that misbehaves on request: the first path segment names the behaviour. */
export interface HostileServer {
  readonly origin: string;
  readonly port: number;
  readonly received: Received[];
  /** TCP connections so far. */
  connections(): number;
  /** Behaviours a test adds for itself. */
  readonly extra: Map<string, Behaviour>;
  close(): Promise<void>;
}

/** Names of all built-in behaviours. */
export const HOSTILE_NAMES = [...Object.keys(BEHAVIOURS), ...Object.keys(EARLY)];

/** Odd, but answers with everything in them. */
export const HARMLESS_NAMES: readonly string[] = ['ok', 'proto', 'early-answer'];

/** Starts it on a free loopback port. `status/NNN` answers that status with a small JSON body. */
export async function startHostileServer(): Promise<HostileServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const extra = new Map<string, Behaviour>();
  let connections = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    const [, name = '', argument = ''] = (request.url ?? '').split(/[/?]/u);
    const early = EARLY[name];
    if (early !== undefined) {
      early(request, response, '');
      return;
    }
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const flat = request.rawHeaders;
      const headers = flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ''] as [string, string]] : []));
      received.push({ method: request.method ?? '', url: request.url ?? '', headers, body });
      if (name === 'status') reply(Number(argument), JSON_TYPE, '{"error":"nope"}')(request, response, body);
      else (extra.get(name) ?? BEHAVIOURS[name] ?? reply(404, {}))(request, response, body);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    received,
    extra,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
