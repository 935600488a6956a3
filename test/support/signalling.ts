import { createSipServer, type SipServer } from '../../src/sip/server/server.js';
import type { SipServerOptions } from '../../src/sip/server/options.js';
import { systemClock } from '../../src/lib/clock.js';
import type { Logger } from '../../src/lib/log/log.js';
import { SipPeer, until } from './sip-peer.js';
import { Srf, type SrfApp } from './srf-app.js';

export const SECRET = 'a-secret-of-the-tests';

/** Lines the server logged, for tests that expect one (or none). */
export interface Logged {
  readonly level: string;
  readonly fields: object;
  readonly text: string;
}

export function recordingLogger(lines: Logged[]): Logger {
  const at =
    (level: string) =>
    (fields: object, text: string): void => {
      lines.push({ level, fields, text });
    };
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => logger };
  return logger;
}

/** A server in this thread on free ports of 127.0.0.1, with timers ten times as fast as usual. */
export interface Rig {
  readonly server: SipServer;
  readonly udp: number;
  readonly tcp: number;
  readonly log: readonly Logged[];
  peer(): Promise<SipPeer>;
  /** Unmodified drachtio-srf, connected; `set` adds its handlers before it connects. */
  app(set?: (srf: SrfApp) => void): Promise<SrfApp>;
  close(): Promise<void>;
}

export async function startRig(options: Partial<SipServerOptions> = {}): Promise<Rig> {
  const log: Logged[] = [];
  const started = await createSipServer(
    {
      listen: [
        { transport: 'udp', host: '127.0.0.1', port: 0 },
        { transport: 'tcp', host: '127.0.0.1', port: 0 },
      ],
      secret: SECRET,
      ...options,
      timers: { t1: 20, t2: 160, t4: 200, ...options.timers },
    },
    { clock: systemClock, log: recordingLogger(log) },
  );
  if (!started.ok) throw new Error(started.error.message);
  const server = started.value;
  const portOf = (transport: string): number =>
    Number(
      server.listening
        .find((one) => one.startsWith(transport))
        ?.split(':')
        .at(-1) ?? 0,
    );
  const peers: SipPeer[] = [];
  const apps: SrfApp[] = [];
  return {
    server,
    udp: portOf('udp'),
    tcp: portOf('tcp'),
    log,
    async peer() {
      const peer = await SipPeer.open(portOf('udp'));
      peers.push(peer);
      return peer;
    },
    async app(set) {
      const srf = new Srf();
      const connected = server.stats().applications;
      srf.on('error', () => undefined);
      set?.(srf);
      srf.connect({ host: server.control.host, port: server.control.port, secret: SECRET });
      await new Promise<void>((resolve) => srf.on('connect', () => resolve()));
      apps.push(srf);
      await until(() => server.stats().applications > connected, 'the application');
      return srf;
    },
    async close() {
      for (const srf of apps) {
        try {
          srf.disconnect();
        } catch {
          // It has been disconnected by its test.
        }
      }
      for (const peer of peers) peer.close();
      await server.close();
    },
  };
}
