import { setMaxListeners } from 'node:events';
import { background, guarded, jobFailed } from '../lib/log/background.js';
import { Aborted, steadyClock, type Clock } from '../lib/clock.js';
import { CODES } from '../lib/codes.js';
import type { Random } from '../lib/ids.js';
import type { JsonObject } from '../lib/json/json.js';
import type { Logger } from '../lib/log/log.js';
import type { Result } from '../lib/result.js';
import { callVariables } from '../model/call-variables.js';
import type { LeftOut, PromptLibrary } from '../speech/types.js';
import type { MediaSession } from '../media/types.js';
import type { IncomingInvite } from '../sip/types.js';
import type { Standing } from './inbound/admission.js';
import type { AnnounceRequest, PlayAnswer } from '../model/call-verbs.js';
import type { Termination } from '../model/termination.js';
import { Announcements } from './verbs/announce-queue.js';
import { createControl, type CallControl } from './verbs/control.js';
import { CallEvents } from './events.js';
import { Leg } from './leg/leg.js';
import { MusicOrders } from './verbs/music-orders.js';
import { callEnded, failed, type CallInternals } from './verbs/verb.js';
import { Recordings } from './leg/recordings.js';
import { ENDINGS, terminationOf, type Ending } from './termination.js';
import { Watchdog, type CallLimits } from './leg/watchdog.js';

/** How long closing the media and the recordings may hold the end of a call up, ms. */
const RELEASE_TIMEOUT_MS = 5000;
/** Prompts of one call that are told of for words that are left out. */
const MOST_LEFT_OUT = 100;

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
  readonly invite: IncomingInvite;
  readonly session: MediaSession;
  /** Our answer to the INVITE's offer, or our offer when it had none. */
  readonly localSdp: string;
  readonly prompts: PromptLibrary;
  readonly recordings: RecordingPlaces;
  readonly limits: CallLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How far the call has got, for who keeps its place. */
  readonly onStanding: (standing: Standing) => void;
  /** Told once, when everything the call held is free again and before `ended` resolves. */
  readonly onReleased: () => void;
}

/** One caller's session. `end` is its only exit, whatever ends it (docs/decisions/0011-one-signal-and-one-termination.md). */
export class Call {
  readonly id: string;
  readonly direction = 'inbound';
  readonly cli: string;
  readonly did: string;
  /** Dates everything in this call: a wall clock that is set meanwhile counts from the next call on. */
  readonly clock: Clock;
  /** Wall-clock ms of the INVITE. */
  readonly startedAt: number;
  /** The parties. One until somebody is dialled. */
  readonly legs: readonly Leg[];
  readonly events: CallEvents;
  readonly control: CallControl;
  /** Resolves once, with everything released and every recording final. */
  readonly ended: Promise<Termination>;
  readonly #leg: Leg;
  readonly #recordings: Recordings;
  /** Prompts that were told of. */
  readonly #leftOut = new Set<string>();
  readonly #announcements = new Announcements();
  readonly #watchdog: Watchdog;
  readonly #over = new AbortController();
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
    const { id, cli, did, invite, session, limits, clock, log } = options;
    this.id = id;
    this.cli = cli;
    this.did = did;
    this.clock = steadyClock(clock);
    this.startedAt = this.clock.now();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.events = new CallEvents(log);
    this.events.on((event) => {
      if (event.type === 'recording') this.#recordingUrl = options.recordings.url(event.id);
    });
    this.#recordings = this.#createRecordings();
    this.#leg = new Leg({
      facts: { leg: options.random.uuid(), direction: 'inbound', callee: cli, did, party: 'VISITOR' },
      invite,
      session,
      localSdp: options.localSdp,
      log,
      onEvent: (event) => {
        this.events.emit(event);
      },
      onAnswering: () => {
        options.onStanding('answering');
      },
      onAnswered: () => {
        this.#onAnswered();
      },
      onResumed: () => {
        this.#watchdog.resumed();
      },
      onGone: (ending) => {
        this.#endAside(ending);
      },
    });
    this.legs = [this.#leg];
    // As many operations as the flow and the API begin wait for the end; Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.signal);
    this.#watchdog = new Watchdog({
      limits,
      clock,
      session,
      log,
      held: () => this.#leg.held,
      onSound: options.onStanding,
      end: (ending) => {
        this.#endAside(ending);
      },
    });
    this.control = createControl(this.#internals());
  }

  /** Aborts when the call is over; its `reason` is the Termination. */
  get signal(): AbortSignal {
    return this.#over.signal;
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
    this.#leg.ring();
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
    if (this.#announcements.full) return failed('ANNOUNCEMENTS_FULL', 'Too many announcements are waiting on this call.');
    try {
      return await this.#announcements.count(this.control.announce(request, this.signal));
    } catch (error) {
      if (error instanceof Aborted) return callEnded();
      throw error;
    }
  }

  /**
   * Ends the call. The first ending counts, later ones change nothing; returns `ended`.
   * In this order: state and termination, BYE or refusal, `leg.ended`, `signal`; then recordings, media, `onReleased`, `ended`.
   */
  end(ending: Ending): Promise<Termination> {
    if (this.#termination !== null) return this.ended;
    const termination = terminationOf(ending, this.#leg.unanswered);
    this.#termination = termination;
    this.#endedAt = this.clock.now();
    if (this.#talk !== null) this.#talk = { ...this.#talk, to: this.options.clock.monotonic() };
    this.#watchdog.stop();
    // Whatever fails in one of these, the others follow: a call that is over holds nothing.
    const { log } = this.options;
    guarded('ending the dialog of a call', log, () => {
      this.#leg.terminate(termination);
    })();
    this.#over.abort(termination);
    background('releasing a call', log, () => this.#release(termination));
    return this.ended;
  }

  /** The same for whoever waits for nothing. */
  #endAside(ending: Ending): void {
    background('ending a call', this.options.log, () => this.end(ending));
  }

  #recordWholeCall(): void {
    background('recording a call', this.options.log, () => this.#recordings.startWholeCall());
  }

  /** Ends a call that has never shown that somebody is there, because its place is needed. */
  giveWay(): void {
    this.events.emit({ type: 'note', text: `CALL_GAVE_WAY: ${CODES.CALL_GAVE_WAY.meaning}` });
    this.#endAside(this.#answeredAt === null ? ENDINGS.noAck() : ENDINGS.mediaTimeout());
  }

  async #release(termination: Termination): Promise<void> {
    const { session, onReleased, log } = this.options;
    await this.#bounded(this.#recordings.finishAll(), 'recordings');
    await this.#bounded(session.close(), 'media');
    this.#leg.close();
    log.info({ ...termination }, 'call ended');
    onReleased();
    this.#resolveEnded(termination);
  }

  /** Waits for `work`, not for ever, and whatever it does: nothing may keep a call from ending. */
  #bounded(work: Promise<unknown>, what: string): Promise<void> {
    const { clock, log } = this.options;
    return new Promise((resolve) => {
      const cancel = clock.after(RELEASE_TIMEOUT_MS, () => {
        log.error(
          { code: 'BACKGROUND_JOB_FAILED', job: `releasing ${what}` },
          'releasing took too long; the call ends without it',
        );
        resolve();
      });
      work
        .catch((error: unknown) => {
          jobFailed(`releasing ${what} of a call`, log, error);
        })
        .finally(() => {
          cancel();
          resolve();
        });
    });
  }

  #formatTime(ms: number): string {
    const known = this.#formatted.get(ms);
    if (known !== undefined) return known;
    const text = this.#locale.formatTime(ms);
    this.#formatted.set(ms, text);
    return text;
  }

  #onAnswered(): void {
    this.options.onStanding('acknowledged');
    this.#answeredAt = this.clock.now();
    this.#talk = { from: this.clock.monotonic(), to: null };
    this.#watchdog.watchMedia();
    if (this.#recordWhole) this.#recordWholeCall();
  }

  #talkedMs(): number {
    if (this.#talk === null) return 0;
    return (this.#talk.to ?? this.options.clock.monotonic()) - this.#talk.from;
  }

  #createRecordings(): Recordings {
    const { session, random, recordings, log } = this.options;
    return new Recordings({
      session,
      uuid: () => random.uuid(),
      path: (file) => recordings.path(file),
      onEvent: (event) => {
        this.events.emit(event);
      },
      onProblem: (message) => {
        log.error({ code: 'RECORDING_FAILED', reason: message }, 'a recording failed');
        this.events.emit({ type: 'note', text: `RECORDING_FAILED: ${message}` });
      },
      onLate: (ms) => {
        log.warn({ code: 'RECORDING_SOUND_LATE', ms }, 'sound of the caller came too late for a recording');
        this.events.emit({ type: 'note', text: `RECORDING_SOUND_LATE: ${ms} ms of the caller’s sound came too late.` });
      },
    });
  }

  /** Told once for each prompt, however often it plays. */
  #noteLeftOut({ key, words, scripts, language, provider }: LeftOut): void {
    if (this.#leftOut.has(key) || this.#leftOut.size >= MOST_LEFT_OUT) return;
    this.#leftOut.add(key);
    const code = 'SPEECH_UNREADABLE';
    this.options.log.warn({ code, words, scripts, language, provider }, 'words of a prompt are left out');
    const written = scripts.length === 0 ? '' : ` (${scripts.join(', ')})`;
    this.events.emit({
      type: 'note',
      text: `${code}: ${words} words${written} were left out: ${provider} does not read them in ${language}.`,
    });
  }

  #internals(): CallInternals {
    const language = (): string => this.#locale.language;
    const isOver = (): boolean => this.#termination !== null;
    return {
      session: this.options.session,
      prompts: this.options.prompts,
      recordings: this.#recordings,
      announcements: this.#announcements,
      music: new MusicOrders(),
      get language() {
        return language();
      },
      get over() {
        return isOver();
      },
      answer: (): Promise<Result<void, Ending>> => this.#leg.answer(),
      end: (ending) => {
        this.#endAside(ending);
      },
      mediaClosed: () => {
        this.#endAside(ENDINGS.mediaFailed());
      },
      noteDigits: (digits) => {
        this.#digits = digits;
      },
      noteLeftOut: (left) => {
        this.#noteLeftOut(left);
      },
    };
  }
}
