import { err, ok, type Result } from '../../lib/result.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import { LogSummary } from '../../lib/log/log-summary.js';
import type { AppConnection } from './control/app-connection.js';
import { parseAppMessage } from './control/app-message.js';
import type { SipCommand } from './control/commands.js';
import { ControlPort } from './control/port.js';
import { Dialogs } from './dialog/dialogs.js';
import { SourceGuard } from './guard.js';
import { newTag } from './message/ids.js';
import { Intake } from './intake.js';
import { DEFAULT_TIMERS, type SipServerOptions, type SipServerStats, type StartProblem, type Timers } from './options.js';
import { RefusalCounts } from './refusals.js';
import { bindingProblem, optionsProblem } from './start-problem.js';
import { TransactionLayer } from './transaction/layer.js';
import { OwnAddresses } from './transport/addresses.js';
import { Transports } from './transport/transports.js';
import type { Hop } from './message/hop.js';
import { onAppAnswer } from './ua/answer-out.js';
import { onAppLost } from './ua/app-lost.js';
import type { Core } from './ua/core.js';
import { hangUp } from './ua/hangup.js';
import { PendingRequests } from './ua/pending.js';
import { onAppRequest } from './ua/request-out.js';
import { refreshSession } from './ua/session-refresh.js';
import { SessionTimers } from './ua/session-timer.js';
import { UnackedAnswers } from './ua/unacked.js';
import { hostForm } from './message/uri.js';
import { SipTimers } from './transaction/wheel.js';

/** How long close waits for queued bytes, ms. */
const CLOSE_GRACE_MS = 1_000;

/** A running signalling server. */
export interface SipServer {
  /** `udp/192.0.2.1:5060` and the like, as really bound. */
  readonly listening: readonly string[];
  /** Where applications connect. */
  readonly control: { readonly host: string; readonly port: number };
  /** From now on OPTIONS says that calls are taken; from the start unless `opensLater`. */
  takeCalls(): void;
  /** From now on new INVITEs and OPTIONS get 503; calls in progress go on. */
  drain(): void;
  stats(): SipServerStats;
  /** Ends every call as if the applications were gone, then closes every socket. */
  close(): Promise<void>;
}

/**
 * Starts a signalling server in this thread (`start.ts` runs it in one of its own). It speaks SIP on the sockets of `options.listen` and
 * drachtio's control protocol on `control`. Whatever the network or an application sends, nothing here throws.
 */
export async function createSipServer(
  options: SipServerOptions,
  env: { readonly clock: Clock; readonly log: Logger },
): Promise<Result<SipServer, StartProblem>> {
  const problem = optionsProblem(options);
  if (problem !== null) return err(problem);
  const server = new Server(options, env.clock, env.log);
  const failure = await server.open();
  return failure === null ? ok(server) : err(failure);
}

/** Joins the parts; the only place that knows them all. */
class Server implements SipServer {
  readonly #core: Core;
  readonly #intake: Intake;
  readonly #tls: LogSummary;
  #faults = 0;
  #retransmitted = 0;
  #control = { host: '', port: 0 };
  #controlPort: ControlPort | null = null;

  constructor(
    private readonly options: SipServerOptions,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.#tls = new LogSummary({ log, clock, message: 'TLS on a SIP port that speaks plain TCP; the connection was closed' });
    const timers: Timers = { ...DEFAULT_TIMERS, ...options.timers };
    const monotonic = (): number => clock.monotonic();
    const onRetransmit = (): void => {
      this.#retransmitted++;
    };
    const wheel = new SipTimers(clock, Math.min(10, Math.max(1, timers.t1 / 10)), (error) => this.#fault(error));
    const transports = new Transports(
      new OwnAddresses(options.externalAddress ?? null, monotonic),
      { idleMs: timers.tcpIdle, partialMs: timers.tcpPartial },
      (bytes, hop) => this.#take(bytes, hop),
      (source, listener) => this.#tls.add({ source }, { listener: `tcp/${hostForm(listener.host)}:${listener.port}` }),
    );
    const portOf = (): ControlPort => this.#port();
    const core: Core = {
      timers,
      wheel,
      transports,
      transactions: new TransactionLayer({ wheel, timers, onRetransmit }, transports),
      dialogs: new Dialogs(),
      get control() {
        return portOf();
      },
      pending: new PendingRequests(wheel),
      calling: new Map(),
      answered: new Map(),
      unacked: new UnackedAnswers(wheel, timers, {
        onRetransmit,
        onGiveUp: ({ dialog }) => {
          if (dialog !== null) hangUp(core, dialog, { cause: 200, text: 'ACK timeout' }, true);
        },
      }),
      sessionTimers: new SessionTimers(wheel, {
        expired: (dialog) => hangUp(core, dialog, { cause: 200, text: 'Session timer expired' }, true),
        refresh: (dialog, agreed) => refreshSession(core, dialog, agreed),
      }),
      log,
      statelessTag: newTag(),
      userAgent: options.userAgent ?? null,
      strictContact: options.strictContact ?? false,
      state: { draining: false, opened: !(options.opensLater ?? false) },
      refusals: new RefusalCounts(),
      turnedAway: new LogSummary({ log, clock, message: 'SIP messages turned away' }),
    };
    this.#core = core;
    const { maxInvitesPerSecond: invites, maxRequestsPerSecond: others } = options;
    const shares = { ...(invites !== undefined && { invites }), ...(others !== undefined && { others }) };
    this.#intake = new Intake(core, new SourceGuard(options.allowFrom ?? [], shares, monotonic));
  }

  get listening(): readonly string[] {
    return this.#core.transports.listeners.map(({ transport, host, port }) => `${transport}/${hostForm(host)}:${port}`);
  }

  get control(): { readonly host: string; readonly port: number } {
    return this.#control;
  }

  /** Binds every socket; on failure closes those already bound and says why. */
  async open(): Promise<StartProblem | null> {
    for (const address of this.options.listen) {
      try {
        await this.#core.transports.listen(address);
      } catch (error) {
        await this.#core.transports.close(0);
        return bindingProblem(error, address);
      }
    }
    const where = this.options.control ?? { host: '127.0.0.1', port: 0 };
    const { secret } = this.options;
    const port = new ControlPort(
      { ...where, secret, listening: this.listening, wallClock: () => this.clock.now() },
      {
        sip: (app, command) => this.#obey(app, command),
        lost: (app) => onAppLost(this.#core, app),
        fault: (e) => this.#fault(e),
      },
    );
    try {
      this.#control = await port.listen();
    } catch (error) {
      await this.#core.transports.close(0);
      return bindingProblem(error, { transport: 'tcp', ...where });
    }
    this.#controlPort = port;
    return null;
  }

  takeCalls(): void {
    this.#core.state.opened = true;
  }

  drain(): void {
    this.#core.state.draining = true;
  }

  stats(): SipServerStats {
    const { transports, transactions, dialogs, control, refusals } = this.#core;
    return {
      received: this.#intake.received,
      refusals: refusals.all(),
      sent: transports.sent,
      retransmitted: this.#retransmitted,
      faults: this.#faults,
      transactions: transactions.size,
      dialogs: dialogs.size,
      connections: transports.connections,
      applications: control.applications,
    };
  }

  async close(): Promise<void> {
    const { control, transports, wheel } = this.#core;
    this.drain();
    for (const app of control.all()) onAppLost(this.#core, app);
    await Promise.all([control.close(CLOSE_GRACE_MS), transports.close(CLOSE_GRACE_MS)]);
    wheel.close();
    this.#tls.close();
    this.#core.turnedAway.close();
  }

  #port(): ControlPort {
    if (this.#controlPort === null) throw new Error('the control port is not open yet');
    return this.#controlPort;
  }

  #take(bytes: Buffer, hop: Hop): void {
    // Nothing can be served before the control port is open.
    if (this.#controlPort === null) return;
    try {
      this.#intake.take(bytes, hop);
    } catch (error) {
      this.#fault(error);
    }
  }

  #obey(app: AppConnection, command: SipCommand): void {
    const parsed = parseAppMessage(command.sip);
    if (!parsed.ok) {
      app.reply(command.id, `NOK|${parsed.error}`);
      return;
    }
    const { message, headers, body } = parsed.value;
    if (message.kind === 'response') onAppAnswer(this.#core, app, command, { message, headers, body });
    else onAppRequest(this.#core, { app, command, content: { message, headers, body } });
  }

  /** A bug of ours met one message or one timer: it is told, and everybody else's calls go on. */
  #fault(error: unknown): void {
    this.#faults++;
    const details = error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) };
    this.log.error({ code: 'UNEXPECTED_ERROR', ...details }, 'internal error of the signalling server');
  }
}
