import type { Config } from '../site/config/config.js';
import { background } from '../lib/log/background.js';
import { within, type Clock } from '../lib/clock.js';
import { randomHex } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';
import { problem, type Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';
import type { SipServerOptions } from '../sip/server/options.js';
import { noRefusals, RefusalCounts, sumOfRefusals, type SipRefusals } from '../sip/server/refusals.js';
import { startSipServer, type SipServerHandle } from '../sip/server/start.js';
import { createSignaling } from '../sip/signaling.js';
import type { Signaling } from '../sip/types.js';

/**
 * The signalling of a runtime: our own server in its thread, or somebody's drachtio-server
 * (docs/decisions/0001-embedded-signalling-server.md).
 */
export interface SipEdge {
  readonly signaling: Signaling;
  /** `embedded`, or `host:port` of the external server. */
  readonly server: string;
  /** From now on new INVITEs get 503, and OPTIONS too where the server is ours. */
  drain(): void;
  /** What was turned away before it was a call, by the server where it is ours and by what stands before the calls. */
  readonly refusals: () => Promise<SipRefusals>;
  close(): Promise<void>;
}

export interface SipEdgeOptions {
  readonly sip: Config['sip'];
  readonly clock: Clock;
  readonly log: Logger;
  /** The embedded server died and could not be started again. */
  readonly onFatal: (reason: string) => void;
}

/** Longest wait for the counts of the signalling thread, ms. */
const STATS_MS = 1_000;

/** Wait before a signalling thread that died is started again, ms. */
const RESTART_MS = 200;

/** Starts the signalling server, unless the configuration names one, and connects to it. */
export async function openSipEdge(options: SipEdgeOptions): Promise<Result<SipEdge, Problem>> {
  const { sip, log, clock } = options;
  const embedded = sip.server === null ? await EmbeddedServer.start(options) : null;
  if (embedded?.ok === false) return embedded;
  const own = embedded?.ok === true ? embedded.value : null;
  const server = own?.address ?? sip.server;
  if (server === null) throw new Error('there is neither an embedded nor an external signalling server');
  let closing = false;
  const refused = new RefusalCounts();
  const opened = await createSignaling({
    server,
    log,
    clock,
    ackTimeoutMs: ackTimeoutMs(sip),
    onRefused: (reason) => refused.count(reason),
    onHandled: () => own?.takeCalls(),
    onLost: () => {
      if (closing) return;
      log.error({ code: 'SIP_SERVER_LOST' }, 'the signalling server is gone; live calls were ended, connecting again');
    },
    onRestored: () => {
      log.info({}, 'the signalling server is back');
    },
  });
  if (!opened.ok) {
    await own?.close();
    const { code, message } = opened.error;
    return err(problem(code, { file: 'offhook.json', path: '$.sip.server', message }));
  }
  const signaling = opened.value;
  return ok({
    signaling,
    server: sip.server === null ? 'embedded' : `${sip.server.host}:${sip.server.port}`,
    drain() {
      signaling.drain();
      own?.drain();
    },
    async refusals() {
      return sumOfRefusals(refused.all(), (await own?.refusals()) ?? noRefusals());
    },
    async close() {
      closing = true;
      await signaling.close();
      await own?.close();
    },
  });
}

/** T1 of a drachtio-server, whose configuration is not ours, ms (RFC 3261 §17.1.1.1). */
const DEFAULT_T1_MS = 500;
/** By how much the signalling server, which gives up on an ACK after 64·T1 (RFC 3261 §13.3.1.4), is let go first, ms. */
const ACK_MARGIN_MS = 3_000;

/** How long an ACK is waited for, ms: longer than the server does, whose word it is; this is for when that never comes. */
export function ackTimeoutMs({ server, t1Ms }: Pick<Config['sip'], 'server' | 't1Ms'>): number {
  return 64 * (server === null ? t1Ms : DEFAULT_T1_MS) + ACK_MARGIN_MS;
}

/** Our own signalling server; started again on the same ports when its thread dies. */
class EmbeddedServer {
  readonly #options: SipEdgeOptions;
  readonly #server: SipServerOptions;
  #handle: SipServerHandle;
  #closing = false;
  #taking = false;
  /** As last told by this thread, and of those before it. */
  #refusals: SipRefusals = noRefusals();
  #earlier: SipRefusals = noRefusals();

  private constructor(options: SipEdgeOptions, server: SipServerOptions, handle: SipServerHandle) {
    this.#options = options;
    this.#server = server;
    this.#handle = handle;
    this.#watch();
  }

  static async start(options: SipEdgeOptions): Promise<Result<EmbeddedServer, Problem>> {
    const server = serverOptions(options.sip);
    const started = await startSipServer(server, options.log);
    if (!started.ok) {
      const { code, message } = started.error;
      return err(problem(code, { file: 'offhook.json', path: '$.sip.listen', message }));
    }
    const handle = started.value;
    // A restart must find the same ports again, whatever port 0 became.
    const fixed = { ...server, control: handle.control, listen: handle.listening.map(listenAddress) };
    return ok(new EmbeddedServer(options, fixed, handle));
  }

  get address(): { host: string; port: number; secret: string } {
    return { ...this.#handle.control, secret: this.#server.secret };
  }

  drain(): void {
    this.#handle.drain();
  }

  /** OPTIONS is answered 200 from now on, by a thread that takes over too. */
  takeCalls(): void {
    this.#taking = true;
    this.#handle.takeCalls();
  }

  /** Counts on when a thread took over from another. What a thread that is too busy does not tell in time is told the next time. */
  async refusals(): Promise<SipRefusals> {
    const handle = this.#handle;
    const told = handle.stats().then((stats) => {
      if (stats !== null && handle === this.#handle) this.#refusals = stats.refusals;
    });
    await within(this.#options.clock, STATS_MS, told);
    return sumOfRefusals(this.#earlier, this.#refusals);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#handle.close();
  }

  #watch(): void {
    this.#handle.onExit((reason) => {
      this.#options.log.error({ code: 'SIP_SERVER_LOST', reason }, 'the signalling thread died; starting it again');
      this.#options.clock.after(RESTART_MS, () =>
        background('starting the signalling thread again', this.#options.log, () => this.#restart()),
      );
    });
  }

  async #restart(): Promise<void> {
    if (this.#closing) return;
    const started = await startSipServer(this.#server, this.#options.log);
    if (!started.ok) {
      this.#options.onFatal(`the signalling server could not be started again: ${started.error.message}`);
      return;
    }
    this.#earlier = sumOfRefusals(this.#earlier, this.#refusals);
    this.#refusals = noRefusals();
    this.#handle = started.value;
    if (this.#taking) this.#handle.takeCalls();
    this.#watch();
  }
}

function serverOptions(sip: Config['sip']): SipServerOptions {
  return {
    listen: sip.listen.map((url) => listenAddress(url.replace('://', '/'))),
    secret: randomHex(24),
    allowFrom: sip.allowFrom,
    strictContact: sip.strictContact,
    userAgent: sip.userAgent,
    timers: { t1: sip.t1Ms },
    ...(sip.externalAddress !== null && { externalAddress: sip.externalAddress }),
    opensLater: true,
    ...(sip.requestsPerSecondPerSource > 0 && { maxRequestsPerSecond: sip.requestsPerSecondPerSource }),
    ...(sip.invitesPerSecondPerSource > 0 && { maxInvitesPerSecond: sip.invitesPerSecondPerSource }),
  };
}

/** `udp/192.0.2.1:5060` → its parts; IPv6 in brackets. */
function listenAddress(text: string): SipServerOptions['listen'][number] {
  const match = /^(udp|tcp)\/\[?([^\]]+?)\]?:(\d+)$/i.exec(text);
  const [, transport, host, port] = match ?? [];
  if (host === undefined || port === undefined) throw new Error(`not a listening address: ${text}`);
  return { transport: transport?.toLowerCase() === 'tcp' ? 'tcp' : 'udp', host, port: Number(port) };
}
