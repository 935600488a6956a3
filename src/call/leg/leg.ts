import { background } from '../../lib/log/background.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { MediaSession } from '../../media/types.js';
import type { CallEvent } from '../../model/call-events.js';
import type { LegFacts } from '../../model/leg.js';
import type { InfoVerdict, OfferAnswer, SipDialog } from '../../sip/types.js';
import type { PromptLibrary } from '../../speech/types.js';
import { endReasonOfDialog, endReasonOfError, END_REASONS, type EndReason, type LegEnd } from '../termination.js';
import { AnnounceQueue } from '../verbs/announce-queue.js';
import { createControl, type CallControl } from '../verbs/control.js';
import { MusicRequests } from '../verbs/music-requests.js';
import type { LegInternals } from '../verbs/verb.js';
import { dtmfOfInfo, isDtmfInfo } from './dtmf-info.js';
import { isHold } from './remote-hold.js';
import { LegNotes } from './notes.js';
import { Recordings } from './recordings.js';
import { refusedOffer } from './refused-offer.js';
import { released } from './release.js';
import type { DialogSetup } from './setup.js';
import { LegState, type LegStateName } from './state.js';
import { Watchdog, type Sound } from './watchdog.js';

/** A party that joins a call. */
export interface NewLeg {
  readonly facts: Omit<LegFacts, 'leg'>;
  /** How its dialog comes to be. */
  readonly setup: DialogSetup;
  /** Its media; the leg closes it. */
  readonly session: MediaSession;
  /** Our first description: the answer to the far end's offer, or our own offer. */
  readonly localSdp: string;
}

/** What every leg of a call is made with. */
export interface LegServices {
  readonly prompts: PromptLibrary;
  /** Absolute path of a file name below the recordings folder. */
  readonly recordingPath: (file: string) => string;
  /** Makes the ids of recordings. */
  readonly uuid: () => string;
  /** BCP 47 tag of spoken text that names none. */
  readonly language: () => string;
  /** How long an answered leg may go without a packet of the far end, ms; 0 = no limit. Hold does not count. */
  readonly mediaTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a leg tells its call. */
export interface LegListener {
  event(event: CallEvent): void;
  /** The 200 is on its way: from now on its ACK is waited for. */
  answering(): void;
  /** Answered just now. */
  answered(): void;
  /** Whether the far end has sent anything after the answer. */
  sound(sound: Sound): void;
  /** Digits that a collect took and that are not masked. */
  digits(digits: string): void;
  /** The far end, the network, the media or a verb ends the leg: the call terminates it. May be called again, and after the end. */
  gone(ending: EndReason): void;
}

/**
 * One party of a call: a SIP dialog with its media, its recordings, its watchdog, and the verbs that reach it. The first leg of an inbound
 * call is the caller's. A leg reports what happens to it (ringing, answered, keys, gone) to its call. Only a leg writes its
 * {@link LegState}; only its call ends it.
 *
 * @example
 * // Plays to this party alone; another leg of the call hears nothing of it.
 * const played = await leg.control.play({ segments, loop: 1, level: 0, bargeIn: false, stopKeys: '' }, signal);
 */
export class Leg {
  readonly facts: LegFacts;
  /** What can be asked of this party. */
  readonly control: CallControl;
  readonly recordings: Recordings;
  readonly announcements = new AnnounceQueue();
  readonly #state = new LegState();
  readonly #notes: LegNotes;
  readonly #watchdog: Watchdog;
  /** What the setup says of its way to a dialog. */
  readonly #progress = {
    ringing: (): void => {
      if (this.#state.name !== 'new') return;
      this.#state.move('ringing');
      this.call.event({ type: 'leg.ringing', leg: this.id });
    },
    answering: (): void => {
      if (!this.#state.unanswered) return;
      this.#state.move('answering');
      this.call.answering();
    },
  };
  #connecting: Promise<boolean> | null = null;
  #releasing: Promise<void> | null = null;
  #dialog: SipDialog | null = null;
  #end: LegEnd | null = null;
  #held: boolean;
  /** What the 200 or our INVITE says. */
  #localSdp: string;

  constructor(
    id: string,
    private readonly party: NewLeg,
    private readonly services: LegServices,
    private readonly call: LegListener,
  ) {
    const { setup, session, localSdp } = party;
    const { clock, log, mediaTimeoutMs } = services;
    const onEvent = (event: CallEvent): void => {
      call.event(event);
    };
    this.facts = { leg: id, ...party.facts };
    this.#held = setup.offer !== null && isHold(setup.offer);
    this.#localSdp = localSdp;
    this.#notes = new LegNotes(log, onEvent);
    this.recordings = this.#createRecordings(onEvent);
    setup.onOffer((offer) => this.#answerOffer(offer));
    onEvent({ type: 'leg.created', leg: this.facts });
    session.onMissed(() => {
      this.#notes.keyMissed();
    });
    setup.onGone((ending) => {
      if (this.#state.unanswered) call.gone(ending);
    });
    this.#watchdog = new Watchdog({
      mediaTimeoutMs,
      clock,
      session,
      log,
      held: () => this.#held,
      onSound: (sound) => {
        call.sound(sound);
      },
      end: (ending) => {
        call.gone(ending);
      },
    });
    this.control = createControl(this.#internals());
  }

  get id(): string {
    return this.facts.leg;
  }

  get state(): LegStateName {
    return this.#state.name;
  }

  /** No final response has been sent or has come. */
  get unanswered(): boolean {
    return this.#state.unanswered;
  }

  get over(): boolean {
    return this.#state.over;
  }

  /** Rings, once. No effect once answered or over. */
  ring(): void {
    if (this.#state.name === 'new') this.party.setup.ring(this.#progress);
  }

  /**
   * Connects, once however many ask: answers the far end's INVITE, or sends ours and waits for its answer. True when the dialog stands
   * and media may flow, false when that never comes to be.
   */
  answer(): Promise<boolean> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  /** Ends the dialog the way its state asks for. Called once, by the call. */
  terminate(end: LegEnd): void {
    const before = this.#state.name;
    const { cause, sip, remote } = end;
    this.#watchdog.stop();
    this.#state.move('ending');
    this.#end = end;
    if (before === 'new' || before === 'ringing') this.party.setup.giveUp(end);
    // RFC 3261 §15: no BYE before the ACK. While answering, `#connect` sends it as soon as the ACK is there.
    if (before === 'answered') this.#dialog?.bye(cause);
    this.call.event({ type: 'leg.ended', leg: this.id, cause, sip, remote });
  }

  /** Makes the recordings final and closes the media, once however many ask; each for at most 5000 ms. Never rejects. */
  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async #release(): Promise<void> {
    const { clock, log } = this.services;
    await released(this.recordings.finishAll(), 'recordings', clock, log);
    await released(this.party.session.close(), 'media', clock, log);
    this.#state.move('ended');
  }

  async #connect(): Promise<boolean> {
    if (this.#state.over) return false;
    const { setup, session } = this.party;
    session.listen();
    const connected = await setup.connect(this.#localSdp, this.#progress);
    if (this.#end !== null) {
      // Ended while the 200 waited for its ACK, or crossed our CANCEL.
      if (connected.ok) connected.value.bye(this.#end.cause);
      return false;
    }
    if (!connected.ok) {
      this.call.gone(endReasonOfError(connected.error));
      return false;
    }
    this.#take(connected.value);
    if (setup.offer === null && !this.#takeAnswer(connected.value.remoteSdp)) {
      connected.value.bye(END_REASONS.noCommonCodec().cause);
      this.call.gone(END_REASONS.noCommonCodec());
      return false;
    }
    session.begin();
    this.#state.move('answered');
    this.#watchdog.watchMedia();
    this.call.answered();
    this.call.event({ type: 'leg.answered', leg: this.id });
    return true;
  }

  #take(dialog: SipDialog): void {
    this.#dialog = dialog;
    dialog.onReinvite((offer) => this.#answerOffer(offer));
    dialog.onInfo((type, body) => this.#takeInfo(type, body));
    background('the end of a dialog', this.services.log, async () => {
      const ending = endReasonOfDialog(await dialog.ended);
      if (ending !== null) this.call.gone(ending);
    });
  }

  /** The far end's answer to an offer of ours (RFC 3264 §4). */
  #takeAnswer(sdp: string | null): boolean {
    if (sdp === null) return false;
    const accepted = this.party.session.accept(sdp);
    if (accepted.ok) this.#heard(sdp);
    else this.#notes.answerUnusable(accepted.error);
    return accepted.ok;
  }

  #answerOffer(offer: string | null): OfferAnswer {
    const { session } = this.party;
    if (offer === null) {
      // RFC 3261 §14.1: when the answer to it is no good, the session stays as it was.
      return { sdp: session.offer(), answered: (sdp) => void this.#takeAnswer(sdp) };
    }
    const answer = session.answer(offer);
    if (!answer.ok) {
      this.#notes.offerRefused(answer.error);
      return refusedOffer(answer.error);
    }
    this.#heard(offer);
    this.#localSdp = answer.value;
    return { sdp: answer.value };
  }

  /** Notes by the far end's description who sends: on hold, or when it sends nothing by its own word, silence is no failure. */
  #heard(theirs: string): void {
    const wasHeld = this.#held;
    this.#held = isHold(theirs);
    if (wasHeld && !this.#held) this.#watchdog.resumed();
  }

  #takeInfo(contentType: string, body: string): InfoVerdict {
    if (!isDtmfInfo(contentType)) return 'unknown-type';
    const key = dtmfOfInfo(body);
    if (key === null) {
      this.party.session.missKey();
      return 'unreadable';
    }
    this.party.session.injectDigit(key);
    return 'taken';
  }

  #createRecordings(onEvent: (event: CallEvent) => void): Recordings {
    const { recordingPath, uuid } = this.services;
    return new Recordings({
      session: this.party.session,
      uuid,
      path: recordingPath,
      onEvent,
      onProblem: (message) => {
        this.#notes.recordingFailed(message);
      },
      onLate: (ms) => {
        this.#notes.soundLate(ms);
      },
    });
  }

  #internals(): LegInternals {
    const { language, prompts } = this.services;
    const isOver = (): boolean => this.#state.over;
    return {
      session: this.party.session,
      prompts,
      recordings: this.recordings,
      announcements: this.announcements,
      music: new MusicRequests(),
      get language() {
        return language();
      },
      get over() {
        return isOver();
      },
      answer: () => this.answer(),
      end: (ending) => {
        this.call.gone(ending);
      },
      noteDigits: (digits) => {
        this.call.digits(digits);
      },
      noteLeftOut: (left) => {
        this.#notes.wordsLeftOut(left);
      },
    };
  }
}
