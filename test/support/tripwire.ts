import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on every address of this machine and counts who comes. */
export interface Tripwire {
  readonly port: number;
  readonly connections: () => number;
  readonly paths: string[];
  close(): Promise<void>;
}

/** Starts one on a free port. It answers whoever comes. */
export async function startTripwire(): Promise<Tripwire> {
  const paths: string[] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    paths,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
