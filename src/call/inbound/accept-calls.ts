import type { Clock } from '../../lib/clock.js';
import { errorTrace } from '../../lib/error-message.js';
import type { Random } from '../../lib/ids.js';
import type { Logger } from '../../lib/log/log.js';
import type { LogSummary } from '../../lib/log/log-summary.js';
import type { Result } from '../../lib/result.js';
import type { PromptLibrary } from '../../speech/types.js';
import type { MediaEngine, MediaSession, SdpError } from '../../media/types.js';
import { cleanText, holdsControls } from '../../sip/headers.js';
import type { IncomingInvite, RejectOptions, Signaling } from '../../sip/types.js';
import type { Admission, AdmissionTicket } from './admission.js';
import { Call, type CallLimits, type RecordingPlaces } from '../call.js';
import { AnsweredInvite } from '../leg/answered-invite.js';
import { refusedOffer } from '../leg/refused-offer.js';
import type { CallRegistry } from '../registry.js';
import { type Caller, callerOf, type CallerPolicy } from './caller.js';
import { normaliseNumber, type RouteEntry, type Routes } from './routing.js';
import { END_REASONS } from '../termination.js';

/** An INVITE that became no call. */
export interface RefusedCall {
  readonly status: number;
  /** Stable short reason, e.g. `unknown-number`, `too-many-calls`, `SDP_NO_COMMON_CODEC`, `NO_PORTS`. */
  readonly reason: string;
  readonly cli: string;
  readonly did: string;
}

export interface InboundOptions {
  readonly signaling: Signaling;
  readonly media: MediaEngine;
  readonly prompts: PromptLibrary;
  /** Asked for every call, so that a reloaded number plan counts from the next one. */
  readonly routes: Routes;
  readonly admission: Admission;
  /** What is read of who calls; `X-*` headers and nothing that is withheld when absent. */
  readonly callers?: CallerPolicy;
  readonly registry: CallRegistry;
  /** Why no call can be kept just now, or null: without a row its end could be lost, so nobody is let in to wait for one. */
  readonly storeDown: () => string | null;
  readonly limits: CallLimits;
  readonly recordings: RecordingPlaces;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where refused calls are told: a flood of them costs a few lines a minute. */
  readonly refusals: Pick<LogSummary, 'add'>;
  /**
   * Has the call from before its first response (only 100 went out): makes its row durable, `call.ring()`, runs the flow, writes
   * the end. A call that still lives when it resolves is hung up; one whose handler rejects ends with `internal-error`.
   */
  readonly onCall: (call: Call, route: RouteEntry) => Promise<void>;
  readonly onRefused?: (refused: RefusedCall) => void;
}

/** Seconds a caller is asked to wait when there is no media port or the engine is overloaded. */
const RETRY_AFTER_S = 5;

/** Takes new INVITEs: admission, number plan, media port and codec first, so that nobody rings who cannot be served. */
export function acceptCalls(options: InboundOptions): void {
  options.signaling.onInvite((invite) => {
    const inbound = new Inbound(options, invite);
    options.registry.track(
      inbound.take().catch((error: unknown) => {
        options.log.error(
          { code: 'CALL_FAILED', sipCallId: inbound.shownCallId, error: errorTrace(error) },
          'an INVITE could not be handled',
        );
        invite.reject(500);
      }),
    );
  });
}

/** The `$call.*` values that the INVITE has beside the two numbers. */
function knownOf({ headers }: Caller): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [`sipheader.${name}`, value]));
}

const CAUTIOUS: CallerPolicy = { headers: [], showsWithheld: () => false };

/** One INVITE on its way to becoming a call. */
class Inbound {
  readonly #caller: Caller;
  readonly #did: string;
  /** The number called holds no control characters. */
  readonly #isText: boolean;
  readonly #log: Logger;

  constructor(
    private readonly options: InboundOptions,
    private readonly invite: IncomingInvite,
  ) {
    this.#caller = callerOf(invite, options.callers ?? CAUTIOUS);
    // The Request-URI says where this hop wants the call; some trunks put the number into To only (RFC 3261 §8.1.1.2).
    const called = invite.requestUri.user === '' ? invite.to.user : invite.requestUri.user;
    this.#did = cleanText(normaliseNumber(called));
    this.#isText = !holdsControls(called);
    this.#log = options.log;
  }

  /** The Call-ID as it may be logged. */
  get shownCallId(): string {
    return this.#caller.shown(this.invite.callId);
  }

  async take(): Promise<void> {
    const { admission, routes, storeDown } = this.options;
    if (!admission.draining && storeDown() !== null) {
      this.#refuse(503, 'store-unavailable', { retryAfter: RETRY_AFTER_S });
      return;
    }
    if (!this.#isText) {
      this.#refuse(400, 'bad-number');
      return;
    }
    const entered = admission.enter(this.invite.source.address);
    if (!entered.ok) {
      this.#refuse(503, entered.error.reason, { retryAfter: entered.error.retryAfter });
      return;
    }
    const ticket = entered.value;
    const route = routes.find(this.#did);
    if (route === null) {
      ticket.leave();
      this.#refuse(404, 'unknown-number');
      return;
    }
    await this.#open(route, ticket);
  }

  async #open(route: RouteEntry, ticket: AdmissionTicket): Promise<void> {
    let session: MediaSession | null = null;
    let call: Call | null = null;
    try {
      const opened = await this.options.media.open({
        signalingAddress: this.invite.source.address,
        offer: this.invite.sdp,
      });
      if (!opened.ok) {
        this.#refuse(503, opened.error, { retryAfter: RETRY_AFTER_S });
        return;
      }
      session = opened.value;
      const localSdp = this.#negotiate(session);
      if (!localSdp.ok) {
        const { status, warning } = refusedOffer(localSdp.error);
        this.#refuse(status, localSdp.error.code, { warning });
        return;
      }
      call = this.#createCall(session, localSdp.value, ticket);
    } finally {
      if (call === null) {
        ticket.leave();
        await session?.close();
      }
    }
    await this.#run(call, route);
  }

  /** Our answer, or our offer to an INVITE without one (RFC 3264 §4). Before ringing: a call without a codec must not ring. */
  #negotiate(session: MediaSession): Result<string, SdpError> {
    const { sdp } = this.invite;
    return sdp === null ? { ok: true, value: session.offer() } : session.answer(sdp);
  }

  #createCall(session: MediaSession, localSdp: string, ticket: AdmissionTicket): Call {
    const { prompts, recordings, limits, clock, random, log, registry } = this.options;
    const id = random.uuid();
    const [cli, did] = [this.#caller.number, this.#did];
    const call = new Call({
      id,
      cli,
      did,
      known: knownOf(this.#caller),
      caller: {
        facts: { direction: 'inbound', callee: cli, did, party: 'VISITOR' },
        setup: new AnsweredInvite(this.invite),
        session,
        localSdp,
      },
      prompts,
      recordings,
      limits,
      clock,
      random,
      log: log.child({ call: id }),
      onStage: (standing) => {
        ticket.now(standing);
      },
      onReleased: () => {
        ticket.leave();
        registry.remove(id);
      },
    });
    ticket.onGiveWay(() => {
      call.giveWay();
    });
    registry.add(call);
    return call;
  }

  async #run(call: Call, route: RouteEntry): Promise<void> {
    this.#log.info({ call: call.id, sipCallId: this.shownCallId, did: this.#did, flow: route.flow }, 'call');
    try {
      await this.options.onCall(call, route);
      // The safety net of "no silent call": a flow that is over leaves nobody on the line.
      await call.end(END_REASONS.flowComplete());
    } catch (error) {
      this.#log.error({ code: 'CALL_FAILED', call: call.id, error: errorTrace(error) }, 'the handler of a call failed');
      await call.end(END_REASONS.internalError());
    }
  }

  #refuse(status: number, reason: string, told: RejectOptions = {}): void {
    // SRTP, DTLS, fax and so on are one reason, but not one matter.
    const detail = told.warning === undefined ? {} : { detail: told.warning.text };
    this.options.refusals.add({ source: this.invite.source.address, status, reason, ...detail }, { did: this.#did });
    this.invite.reject(status, told);
    this.options.onRefused?.({ status, reason, cli: this.#caller.number, did: this.#did });
  }
}
