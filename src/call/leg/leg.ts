import { background } from '../../lib/log/background.js';
import type { Logger } from '../../lib/log/log.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { MediaSession } from '../../media/types.js';
import type { IncomingInvite, InfoVerdict, OfferAnswer, SipDialog } from '../../sip/types.js';
import { isHold } from './hold.js';
import { dtmfOfInfo, isDtmfInfo } from './dtmf-info.js';
import type { CallEvent } from '../../model/call-events.js';
import type { LegFacts } from '../../model/leg.js';
import type { Termination } from '../../model/termination.js';
import { refusedOffer } from './refused-offer.js';
import { LegState, type LegStateName } from './state.js';
import { endingOfDialog, endingOfError, ENDINGS, type Ending } from '../termination.js';

/** Seconds a caller refused because of a state that passes is asked to wait (RFC 3261 §20.33). */
const RETRY_AFTER_S = 10;
/** Those states. */
const PASSING: ReadonlySet<string> = new Set(['drain', 'store-unavailable']);
/** Status of an ending that has none because nothing can be said any more; never reaches the wire. */
const NOTHING_BETTER = 480;

export interface LegOptions {
  readonly facts: LegFacts;
  readonly invite: IncomingInvite;
  readonly session: MediaSession;
  /** Our answer, or our offer when the INVITE had none. */
  readonly localSdp: string;
  readonly log: Logger;
  readonly onEvent: (event: CallEvent) => void;
  /** Our 200 is on its way: the ACK is waited for from now on. */
  readonly onAnswering: () => void;
  /** Answered just now. */
  readonly onAnswered: () => void;
  /** The far end took us off hold. */
  readonly onResumed: () => void;
  /** The far end or the network ended it. */
  readonly onGone: (ending: Ending) => void;
}

/** How an INVITE that died unanswered ends its call. */
function endingOfInvite(reason: unknown): Ending {
  if (reason === 'LOST') return ENDINGS.signalingLost();
  return reason === 'NO_PRACK' ? ENDINGS.noPrack() : ENDINGS.cancel();
}

/** One SIP dialog with its media. Its state has one writer: this class. */
export class Leg {
  readonly #state = new LegState();
  #answering: Promise<Result<void, Ending>> | null = null;
  #dialog: SipDialog | null = null;
  #termination: Termination | null = null;
  #held: boolean;
  #missedTold = false;
  /** What the 200 says. */
  #localSdp: string;

  constructor(private readonly options: LegOptions) {
    this.#held = options.invite.sdp !== null && isHold(options.invite.sdp);
    this.#localSdp = options.localSdp;
    options.invite.onOffer((offer) => this.#answerOffer(offer));
    options.onEvent({ type: 'leg.created', leg: options.facts });
    options.session.onMissed(() => {
      this.#tellMissed();
    });
    const { cancelled } = options.invite;
    const onCancelled = (): void => {
      if (this.#state.unanswered) options.onGone(endingOfInvite(cancelled.reason));
    };
    // An abort signal does not repeat what happened before: a CANCEL may have won against the media port.
    if (cancelled.aborted) queueMicrotask(onCancelled);
    else cancelled.addEventListener('abort', onCancelled, { once: true });
  }

  get facts(): LegFacts {
    return this.options.facts;
  }

  get session(): MediaSession {
    return this.options.session;
  }

  get state(): LegStateName {
    return this.#state.name;
  }

  get unanswered(): boolean {
    return this.#state.unanswered;
  }

  get over(): boolean {
    return this.#state.over;
  }

  /** The far end put us on hold, or sends nothing by its own word: silence is no failure. */
  get held(): boolean {
    return this.#held;
  }

  /** Sends 180, once. No effect once answered or over. */
  ring(): void {
    if (this.#state.name !== 'new') return;
    this.#state.move('ringing');
    this.options.invite.ring();
    this.options.onEvent({ type: 'leg.ringing', leg: this.facts.leg });
  }

  /** Answers, once however many ask; resolves when the caller acknowledged, with the reason when that never came to be. */
  answer(): Promise<Result<void, Ending>> {
    this.#answering ??= this.#answer();
    return this.#answering;
  }

  /** Ends the dialog the way its state asks for. Called once, by the call's one exit. */
  terminate(termination: Termination): void {
    const before = this.#state.name;
    this.#state.move('ending');
    this.#termination = termination;
    const { cause, sip, by } = termination;
    if (before === 'new' || before === 'ringing') this.#refuse(termination);
    // RFC 3261 §15: no BYE before the ACK. While answering, `#answer` sends it as soon as the ACK is there.
    if (before === 'answered') this.#dialog?.bye(cause);
    this.options.onEvent({ type: 'leg.ended', leg: this.facts.leg, cause, sip, remote: by === 'caller' });
  }

  /** The media is closed and the recordings are final. */
  close(): void {
    this.#state.move('ended');
  }

  #refuse({ sip, cause, reason }: Termination): void {
    this.options.invite.reject(sip ?? NOTHING_BETTER, PASSING.has(reason) ? { cause, retryAfter: RETRY_AFTER_S } : { cause });
  }

  async #answer(): Promise<Result<void, Ending>> {
    if (this.#state.over) return err(ENDINGS.cancel());
    const { invite, onGone, onAnswering, onAnswered, onEvent } = this.options;
    this.#state.move('answering');
    this.session.listen();
    onAnswering();
    const accepted = await invite.accept(this.#localSdp);
    if (this.#termination !== null) {
      // Hung up while the 200 waited for its ACK.
      if (accepted.ok) accepted.value.bye(this.#termination.cause);
      return err(this.#termination);
    }
    if (!accepted.ok) return this.#gone(endingOfError(accepted.error));
    this.#take(accepted.value);
    if (invite.sdp === null && !this.#takeAnswer(accepted.value.remoteSdp)) {
      accepted.value.bye(ENDINGS.noCommonCodec().cause);
      onGone(ENDINGS.noCommonCodec());
      return err(ENDINGS.noCommonCodec());
    }
    this.session.begin();
    this.#state.move('answered');
    onAnswered();
    onEvent({ type: 'leg.answered', leg: this.facts.leg });
    return ok(undefined);
  }

  #gone(ending: Ending): Result<void, Ending> {
    this.options.onGone(ending);
    return err(ending);
  }

  #take(dialog: SipDialog): void {
    this.#dialog = dialog;
    dialog.onReinvite((offer) => this.#answerOffer(offer));
    dialog.onInfo((type, body) => this.#takeInfo(type, body));
    background('the end of a dialog', this.options.log, async () => {
      const ending = endingOfDialog(await dialog.ended);
      if (ending !== null) this.options.onGone(ending);
    });
  }

  /** The caller's answer to an offer of ours (RFC 3264 §4). */
  #takeAnswer(sdp: string | null): boolean {
    if (sdp === null) return false;
    const accepted = this.session.accept(sdp);
    if (!accepted.ok) {
      this.options.log.warn(
        { code: accepted.error.code, reason: accepted.error.message },
        'the answer to our offer has no usable audio',
      );
      return false;
    }
    this.#heard(sdp);
    return true;
  }

  #answerOffer(offer: string | null): OfferAnswer {
    if (offer === null) {
      // RFC 3261 §14.1: when the answer to it is no good, the session stays as it was.
      return { sdp: this.session.offer(), answered: (sdp) => void this.#takeAnswer(sdp) };
    }
    const answer = this.session.answer(offer);
    if (!answer.ok) {
      this.options.log.info({ code: answer.error.code, reason: answer.error.message }, 're-INVITE refused');
      this.options.onEvent({ type: 'note', text: `${answer.error.code}: ${answer.error.message}` });
      return refusedOffer(answer.error);
    }
    this.#heard(offer);
    this.#localSdp = answer.value;
    return { sdp: answer.value };
  }

  /** A key came that cannot be taken: told once, counted always. */
  #tellMissed(): void {
    if (this.#missedTold) return;
    this.#missedTold = true;
    this.options.log.warn({ code: 'KEY_MISSED' }, 'a key of the caller cannot be taken');
    this.options.onEvent({ type: 'note', text: 'KEY_MISSED: A key of the caller cannot be taken.' });
  }

  /** Notes who sends, by the far end's description. */
  #heard(theirs: string): void {
    const wasHeld = this.#held;
    this.#held = isHold(theirs);
    if (wasHeld && !this.#held) this.options.onResumed();
  }

  #takeInfo(contentType: string, body: string): InfoVerdict {
    if (!isDtmfInfo(contentType)) return 'unknown-type';
    const key = dtmfOfInfo(body);
    if (key === null) {
      this.session.missKey();
      return 'unreadable';
    }
    this.session.injectDigit(key);
    return 'taken';
  }
}
