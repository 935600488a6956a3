import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A request as it came over the wire. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly head: string;
  readonly body: string;
  /** Number of its connection, from 0, and its own number on it, from 0. */
  readonly connection: number;
  readonly turn: number;
}

/** Bytes to answer with, or what is done with the socket instead. */
export type RawAnswer = string | Buffer | ((socket: Socket) => void);

/** A TCP server that reads HTTP/1 requests and answers with bytes of the test's own. */
export interface RawServer {
  readonly origin: string;
  readonly port: number;
  readonly received: RawRequest[];
  /** Those that are open, in the order in which they came. */
  readonly sockets: ReadonlySet<Socket>;
  connections(): number;
  close(): Promise<void>;
}

/**
 * Starts one on a free loopback port.
 *
 * @param server for TLS: a server that is not listening yet
 */
export async function startRawServer(
  answer: (request: RawRequest) => RawAnswer,
  { server = createServer(), event = 'connection' }: { readonly server?: Server; readonly event?: string } = {},
): Promise<RawServer> {
  const received: RawRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on(event, (socket: Socket) => {
    const connection = connections++;
    let turn = 0;
    let waiting = '';
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      waiting += bytes.toString('latin1');
      for (let read = readRequest(waiting); read !== null; read = readRequest(waiting)) {
        waiting = waiting.slice(read.bytes);
        const request = { ...read.request, connection, turn: turn++ };
        received.push(request);
        const how = answer(request);
        if (typeof how === 'function') how(socket);
        else socket.write(how);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    received,
    sockets,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readRequest(text: string): { request: Omit<RawRequest, 'connection' | 'turn'>; bytes: number } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = text.slice(0, end);
  const length = Number(/^content-length: *(\d+)/imu.exec(head)?.[1] ?? 0);
  const bytes = end + 4 + length;
  if (text.length < bytes) return null;
  const [method = '', url = ''] = head.split(' ');
  return { request: { method, url, head, body: text.slice(end + 4, bytes) }, bytes };
}
