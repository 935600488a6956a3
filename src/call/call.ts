import { setMaxListeners } from 'node:events';
import { background, guarded } from '../lib/log/background.js';
import { Aborted, steadyClock, type Clock } from '../lib/clock.js';
import { CODES } from '../lib/codes.js';
import type { Random } from '../lib/ids.js';
import type { JsonObject } from '../lib/json/json.js';
import type { Logger } from '../lib/log/log.js';
import { callVariables } from '../model/call-variables.js';
import type { AnnounceRequest, PlayAnswer } from '../model/call-verbs.js';
import type { Termination } from '../model/termination.js';
import type { PromptLibrary } from '../speech/types.js';
import { CallEvents } from './events.js';
import { Leg, type LegListener, type LegServices, type NewLeg } from './leg/leg.js';
import { callersLegEnd, dialledLegEnd, END_REASONS, terminationOf, type EndReason, type LegEnd } from './termination.js';
import type { CallControl } from './verbs/control.js';
import { callEnded, failed } from './verbs/verb.js';

/** How long a call may last, and how long one of its legs may be silent. */
export interface CallLimits {
  /** Longest a call may last, from its INVITE, ms; 0 = no limit. */
  readonly maxCallMs: number;
  /** How long an answered leg may go without a packet of the far end, ms; 0 = no limit. Hold does not count. */
  readonly mediaTimeoutMs: number;
}

/**
 * How far a call has got, as its place sees it: `setup` until it is to be answered, `answering` until its ACK, then `acknowledged`;
 * `silent` is one of which nothing was heard for long after its answer, `heard` one of which something was.
 */
export type CallStage = 'setup' | 'answering' | 'acknowledged' | 'silent' | 'heard';

/** Where recordings go. */
export interface RecordingPlaces {
  /** Absolute path of a file name below the recordings folder. */
  path(file: string): string;
  /** Address under which a finished recording can be fetched, for `$call.recordingurl`; null when there is none. */
  url(recordingId: string): string | null;
}

/** What a call takes from its flow. */
export interface CallLocale {
  /** BCP 47 tag of spoken text that names none. */
  readonly language: string;
  /** Wall-clock ms as ISO-8601 with the flow's offset. */
  readonly formatTime: (ms: number) => string;
}

/** What a call is made of. */
export interface CallOptions {
  readonly id: string;
  readonly cli: string;
  readonly did: string;
  /** `$call.*` values that are known from the INVITE beside the two numbers, e.g. `sipheader.<name>` (docs/behaviour.md#sip-headers): nothing withheld. */
  readonly known: Readonly<Record<string, string>>;
  /** The party whose call it is: the call lives as long as its leg. */
  readonly caller: NewLeg;
  readonly prompts: PromptLibrary;
  readonly recordings: RecordingPlaces;
  readonly limits: CallLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Called when the call has got further: admission keeps or takes its place by it. */
  readonly onStage: (stage: CallStage) => void;
  /** Called once, when everything the call held is free again, before `ended` resolves. */
  readonly onReleased: () => void;
}

/**
 * One caller's session: the caller's leg, the legs of parties that join, and one end. {@link Call.end} is its only exit, whatever ends
 * it
 * (docs/decisions/0011-one-signal-and-one-termination.md). The end of the caller's leg ends the call; the end of another leg ends that leg alone.
 */
export class Call {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly cli: string;
  readonly did: string;
  /** Dates everything in this call: a wall clock that is set meanwhile counts from the next call on. */
  readonly clock: Clock;
  /** Wall-clock ms of the INVITE. */
  readonly startedAt: number;
  readonly events: CallEvents;
  /** Resolves once, with everything released and every recording final. */
  readonly ended: Promise<Termination>;
  readonly #caller: Leg;
  readonly #others = new Set<Leg>();
  readonly #services: LegServices;
  readonly #over = new AbortController();
  #cancelLimit = (): void => undefined;
  #resolveEnded: (termination: Termination) => void = () => undefined;
  #locale: CallLocale = { language: 'en-US', formatTime: (ms) => new Date(ms).toISOString() };
  /** Moments of this call as formatted: facts are read at every step, and time zones are slow. */
  readonly #formatted = new Map<number, string>();
  #termination: Termination | null = null;
  #answeredAt: number | null = null;
  #endedAt: number | null = null;
  /** Monotonic ms of answer and end. */
  #talk: { readonly from: number; readonly to: number | null } | null = null;
  #digits: string | null = null;
  #recordingUrl: string | null = null;
  #recordWhole = false;

  constructor(private readonly options: CallOptions) {
    const { id, cli, did, caller, limits, clock, random, log } = options;
    this.id = id;
    this.cli = cli;
    this.did = did;
    this.direction = caller.facts.direction;
    this.clock = steadyClock(clock);
    this.startedAt = this.clock.now();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.events = new CallEvents(log);
    // As many operations as the flow and the API begin wait for the end; Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.signal);
    this.#services = {
      prompts: options.prompts,
      recordingPath: (file) => options.recordings.path(file),
      uuid: () => random.uuid(),
      language: () => this.#locale.language,
      mediaTimeoutMs: limits.mediaTimeoutMs,
      clock,
      log,
    };
    this.#caller = new Leg(random.uuid(), caller, this.#services, this.#callersListener());
    if (limits.maxCallMs > 0) {
      this.#cancelLimit = clock.after(limits.maxCallMs, () => {
        this.#endAside(END_REASONS.maxDuration());
      });
    }
  }

  /** Aborts when the call is over; its `reason` is the Termination. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The parties: the caller first, then those that joined and have not left. */
  get legs(): readonly Leg[] {
    return [this.#caller, ...this.#others];
  }

  /** What a flow asks of its call: the verbs of the caller's leg. */
  get control(): CallControl {
    return this.#caller.control;
  }

  /** How it ended; null while it lives. */
  get termination(): Termination | null {
    return this.#termination;
  }

  /** Wall-clock ms of the answer; null when never answered. */
  get answeredAt(): number | null {
    return this.#answeredAt;
  }

  /** Wall-clock ms of the end; null while it lives. */
  get endedAt(): number | null {
    return this.#endedAt;
  }

  /** Takes language and time format from the flow the call runs. */
  speak(locale: CallLocale): void {
    this.#locale = locale;
    this.#formatted.clear();
  }

  /** Sends 180. Called once the call's row exists; no effect once answered or over. */
  ring(): void {
    this.#caller.ring();
  }

  /**
   * Adds the leg of a party that we dial. It is created, answered and ended by events of its own; {@link Leg.answer} sends its INVITE.
   * Null when the call is over: the media of the party then stays open, and the one that opened it closes it.
   */
  addLeg(party: NewLeg): Leg | null {
    if (this.#termination !== null) return null;
    const leg: Leg = new Leg(this.options.random.uuid(), party, this.#services, {
      // What happens on this leg names it; what names no leg is the caller's.
      event: (event) => {
        this.events.emit('leg' in event ? event : { ...event, leg: leg.id });
      },
      answering: () => undefined,
      answered: () => undefined,
      sound: () => undefined,
      digits: () => undefined,
      gone: (ending) => {
        this.#endLeg(leg, dialledLegEnd(ending, leg.unanswered));
      },
    });
    this.#others.add(leg);
    return leg;
  }

  /** The `$call.*` values now (docs/behaviour.md#call-variables), keys without the prefix. */
  facts(): JsonObject {
    return callVariables(
      {
        id: this.id,
        direction: this.direction,
        known: { cli: this.cli, did: this.did, ...this.options.known },
        startedAt: this.startedAt,
        answeredAt: this.#answeredAt,
        endedAt: this.#endedAt,
        talkedMs: this.#talkedMs(),
        termination: this.#termination,
        digits: this.#digits,
        recordingUrl: this.#recordingUrl,
      },
      (ms) => this.#formatTime(ms),
    );
  }

  /** Records the whole call, both sides, from the answer on. A recording that cannot be made is logged and noted, and costs no call. */
  startCallRecording(): void {
    if (this.#recordWhole || this.#termination !== null) return;
    this.#recordWhole = true;
    if (this.#answeredAt !== null) this.#recordWholeCall();
  }

  /**
   * Says something to the caller from outside the flow, whatever the flow is doing: after what was asked for before, as
   * {@link CallControl.announce}. Never rejects: before the answer it is `failed` with CALL_NOT_ANSWERED, when too many are waiting
   * with ANNOUNCEMENTS_FULL, when the call ends first with CALL_ENDED.
   */
  async announce(request: AnnounceRequest): Promise<PlayAnswer> {
    if (this.#termination !== null) return callEnded();
    if (this.#answeredAt === null) return failed('CALL_NOT_ANSWERED', 'The call is not answered yet.');
    const { announcements, control } = this.#caller;
    if (announcements.full) return failed('ANNOUNCEMENTS_FULL', 'Too many announcements are waiting on this call.');
    try {
      return await announcements.count(control.announce(request, this.signal));
    } catch (error) {
      if (error instanceof Aborted) return callEnded();
      throw error;
    }
  }

  /**
   * Ends the call. The first ending counts, later ones change nothing; returns `ended`.
   * In this order: state and termination, BYE or refusal, `leg.ended`, `signal`; then recordings, media, `onReleased`, `ended`.
   */
  end(ending: EndReason): Promise<Termination> {
    if (this.#termination !== null) return this.ended;
    const termination = terminationOf(ending, this.#caller.unanswered);
    this.#termination = termination;
    this.#endedAt = this.clock.now();
    if (this.#talk !== null) this.#talk = { ...this.#talk, to: this.options.clock.monotonic() };
    this.#cancelLimit();
    this.#terminate(this.#caller, callersLegEnd(termination));
    // The others end because the call does, and not by their own far end.
    for (const leg of this.#others) this.#endLeg(leg, dialledLegEnd({ ...termination, by: 'flow' }, leg.unanswered));
    this.#over.abort(termination);
    background('releasing a call', this.options.log, () => this.#release(termination));
    return this.ended;
  }

  /** Ends the call and waits for nothing. */
  #endAside(ending: EndReason): void {
    background('ending a call', this.options.log, () => this.end(ending));
  }

  #recordWholeCall(): void {
    background('recording a call', this.options.log, () => this.#caller.recordings.startWholeCall());
  }

  /** Ends a call that has never shown that somebody is there, because its place is needed. */
  giveWay(): void {
    this.events.emit({ type: 'note', text: `CALL_GAVE_WAY: ${CODES.CALL_GAVE_WAY.meaning}` });
    this.#endAside(this.#answeredAt === null ? END_REASONS.noAck() : END_REASONS.mediaTimeout());
  }

  /** Whatever fails in this, what follows is done: a call that is over holds nothing. */
  #terminate(leg: Leg, end: LegEnd): void {
    guarded('ending the dialog of a call', this.options.log, () => {
      leg.terminate(end);
    })();
  }

  /** Ends a leg that is not the caller's. The first ending counts. */
  #endLeg(leg: Leg, end: LegEnd): void {
    if (leg.over) return;
    this.#terminate(leg, end);
    background('releasing a leg', this.options.log, async () => {
      await leg.release();
      this.#others.delete(leg);
    });
  }

  async #release(termination: Termination): Promise<void> {
    await Promise.all(this.legs.map((leg) => leg.release()));
    this.options.log.info({ ...termination }, 'call ended');
    this.options.onReleased();
    this.#resolveEnded(termination);
  }

  #formatTime(ms: number): string {
    const known = this.#formatted.get(ms);
    if (known !== undefined) return known;
    const text = this.#locale.formatTime(ms);
    this.#formatted.set(ms, text);
    return text;
  }

  #callersListener(): LegListener {
    const { onStage, recordings } = this.options;
    return {
      event: (event) => {
        if (event.type === 'recording') this.#recordingUrl = recordings.url(event.id);
        this.events.emit(event);
      },
      answering: () => {
        onStage('answering');
      },
      answered: () => {
        this.#onAnswered();
      },
      sound: onStage,
      digits: (digits) => {
        this.#digits = digits;
      },
      gone: (ending) => {
        this.#endAside(ending);
      },
    };
  }

  #onAnswered(): void {
    this.options.onStage('acknowledged');
    this.#answeredAt = this.clock.now();
    this.#talk = { from: this.clock.monotonic(), to: null };
    if (this.#recordWhole) this.#recordWholeCall();
  }

  #talkedMs(): number {
    if (this.#talk === null) return 0;
    return (this.#talk.to ?? this.options.clock.monotonic()) - this.#talk.from;
  }
}
