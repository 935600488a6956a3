import { createServer } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';

/** A forward proxy that leads every name to this machine. */
export interface ForwardProxy {
  readonly url: string;
  /** What it was asked for: `host:port`, in order. */
  readonly targets: readonly string[];
  /** Common names of the certificates that clients showed to the proxy itself; null for none. */
  readonly shown: readonly (string | null)[];
  close(): Promise<void>;
}

/**
 * Starts one on a free loopback port.
 *
 * @param tls speaks TLS itself, with these options
 */
export async function startForwardProxy(tls?: ServerOptions): Promise<ForwardProxy> {
  const targets: string[] = [];
  const shown: (string | null)[] = [];
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('connect', (request, socket: Socket) => {
    const target = request.url ?? '';
    targets.push(target);
    // A certificate that was not shown is an empty object.
    const { subject = {} } = socket instanceof TLSSocket ? (socket.getPeerCertificate() as Partial<PeerCertificate>) : {};
    shown.push(subject.CN === undefined ? null : String(subject.CN));
    const tunnel = connect(Number(target.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [tunnel, socket]) {
      sockets.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => sockets.delete(end));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    targets,
    shown,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
