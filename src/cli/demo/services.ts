import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../../lib/clock.js';

/*
 * The two HTTP services a demo call needs: a small order API that takes its time, and a receiver for the report. Loopback only.
 */

/** An HTTP service of the demo. */
export interface DemoService {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

/** Body size no demo request comes near. */
const MAX_BODY_BYTES = 1_000_000;

const ORDERS: Readonly<Record<string, { status: string; eta: string }>> = {
  '1234': { status: 'on its way', eta: '2026-12-24' },
  '5678': { status: 'being packed', eta: '2027-01-05' },
};

/** Answers `GET /orders/NUMBER` after `delayMs`, 404 for unknown orders. */
export async function startOrderApi(clock: Clock, delayMs: number): Promise<DemoService> {
  return serve((request, _body, response) => {
    const number = /^\/orders\/(\d+)/.exec(request.url ?? '')?.[1] ?? '';
    const order = ORDERS[number];
    clock.after(delayMs, () => {
      response.writeHead(order === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(order === undefined ? { error: 'no such order' } : { order: { number, ...order } }));
    });
  });
}

/** Takes the flow-end report; hands over each JSON body. */
export async function startReportReceiver(onReport: (body: string) => void): Promise<DemoService> {
  return serve((_request, body, response) => {
    response.writeHead(204);
    response.end();
    onReport(body);
  });
}

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;

async function serve(handle: Handler): Promise<DemoService> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      handle(request, Buffer.concat(chunks).toString('utf8'), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => close(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the demo service is not listening');
  return address.port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
