import { parseCSeq } from '../sip/server/message/headers.js';
import { header, type SipMessage, type SipRequest, type SipResponse } from '../sip/server/message/message.js';
import type { DigitStep } from './digit-script.js';
import type { Dialog } from './dialog.js';
import { takeFarRequest } from './far-requests.js';
import type { Heard } from './heard.js';
import type { PhoneMedia } from './media.js';
import type { Timeline } from './timeline.js';
import type { Transactions } from './transactions.js';
import type { PhoneCallOptions, Direction, EndedBy, PhoneCall, PhoneEvent, PhoneResult, Voice } from './types.js';
import { Waiting } from './waiting.js';
import type { Wire } from './wire.js';

const KEY_HOLD_MS = 100;
const KEY_GAP_MS = 100;
const MAX_CALL_MS = 600_000;
/** How long a BYE of ours may stay unanswered before the call counts as over. */
const BYE_GRACE_MS = 2000;
/** Sockets stay open this long after the end, for repeats of the far end's BYE. */
const LINGER_MS = 200;
/** A CANCEL without effect is given up after 64·T1 (RFC 3261 §9.1). */
const CANCEL_LIMIT_MS = 32_000;
const DEFAULT_WAIT_MS = 30_000;
/** Silence that ends a prompt, ms; between two sentences synthesizers pause up to half a second. */
const PROMPT_END_MS = 700;
/** What is heard this soon after a key belongs to the prompt it interrupted. */
const SETTLE_MS = 100;
const SCRIPT_PROMPT_LIMIT_MS = 60_000;

/** What a call is made of; `placeCall` puts it together. */
export interface CallParts {
  readonly options: PhoneCallOptions;
  readonly steps: readonly DigitStep[];
  readonly wire: Wire;
  readonly dialog: Dialog;
  readonly media: PhoneMedia;
  readonly transactions: Transactions;
  readonly timeline: Timeline;
}

/** One outgoing call: the state of its INVITE and dialog, and the verbs of a phone. */
export class Call implements PhoneCall {
  readonly callId: string;
  readonly result: Promise<PhoneResult>;
  readonly heard: Heard;
  readonly #waiting = new Waiting();
  readonly #timers: NodeJS.Timeout[] = [];
  #resolve: (result: PhoneResult) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #invite: SipRequest | null = null;
  #final: SipResponse | null = null;
  #proceeding = false;
  #cancelling = false;
  /** Why we are ending it, once we are. */
  #leaving: EndedBy | null = null;
  #over = false;
  #reinviting = false;
  #reasonHeader: string | null = null;
  #sounding = false;
  /** Our answer to a late offer, for ACKs that must be repeated. */
  #lateAnswer: string | null = null;
  #digitsSent: { key: string; atMs: number }[] = [];

  constructor(private readonly parts: CallParts) {
    this.callId = parts.dialog.callId;
    this.heard = parts.media.heard;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get events(): readonly PhoneEvent[] {
    return this.parts.timeline.events;
  }

  get answered(): boolean {
    return this.#final !== null && this.#final.status < 300;
  }

  get ended(): boolean {
    return this.#over;
  }

  now(): number {
    return this.parts.timeline.now();
  }

  /** Sends the INVITE. */
  start(): void {
    const { options, dialog, media, timeline, transactions } = this.parts;
    const maxMs = options.maxMs ?? MAX_CALL_MS;
    this.#after(maxMs, () => this.#leave('max'));
    // A far end that answers nothing cannot keep the phone busy.
    this.#after(maxMs + BYE_GRACE_MS, () => this.#end('max'));
    if (options.cancelAfterMs !== undefined) this.#after(options.cancelAfterMs, () => this.cancel());
    this.#invite = dialog.invite(options.lateOffer === true ? null : media.offer(), options.headers);
    timeline.add({ kind: 'invite', by: 'us' });
    transactions.request(this.#invite, dialog.place, (response) => this.#aside(this.#inviteResponse(response)));
  }

  /** Takes a message off the wire. */
  take(message: SipMessage): void {
    if (message.kind === 'response') {
      this.parts.transactions.response(message);
      return;
    }
    const { dialog, media, transactions, timeline } = this.parts;
    const onBye = (bye: SipRequest): void => {
      this.#reasonHeader = header(bye, 'Reason');
      this.#end(this.#leaving ?? 'far');
    };
    this.#aside(takeFarRequest({ dialog, media, transactions, timeline, onBye, reinviting: () => this.#reinviting }, message));
  }

  /** The connection broke. */
  lost(): void {
    this.#end('transport');
  }

  /** A packet or an event came: tells listeners of sound and silence, and resolves waits. */
  noticed(): void {
    if (this.heard.arrivals.length === 1 && this.events.every(({ kind }) => kind !== 'first-packet')) {
      this.parts.timeline.add({ kind: 'first-packet' });
    }
    const { lastSoundMs } = this.heard;
    const sounding = lastSoundMs !== null && this.now() - lastSoundMs < PROMPT_END_MS;
    if (sounding !== this.#sounding) {
      this.#sounding = sounding;
      this.parts.timeline.add({ kind: sounding ? 'sound' : 'quiet' });
    }
    this.#waiting.check();
  }

  /** The first packet of a key is out. */
  keySent(key: string): void {
    this.#digitsSent.push({ key, atMs: this.now() });
    this.parts.timeline.add({ kind: 'digit', key });
  }

  async press(keys: string, { holdMs = KEY_HOLD_MS, gapMs = KEY_GAP_MS } = {}): Promise<void> {
    const { media } = this.parts;
    const all = Array.from(keys).map((key) =>
      media.takesEvents ? media.microphone.press(key, holdMs, gapMs) : this.pressInfo(key),
    );
    await Promise.all(all);
  }

  pressInfo(key: string): Promise<number | null> {
    if (!this.answered || this.#over) return Promise.resolve(null);
    this.keySent(key);
    const body = { type: 'application/dtmf-relay', text: `Signal=${key}\r\nDuration=${KEY_HOLD_MS}\r\n` };
    return this.#inside(this.parts.dialog.inside('INFO', body));
  }

  hangup(): void {
    this.#leave('us');
  }

  cancel(): void {
    if (!this.answered) this.#leave('cancelled');
  }

  say(voice: Voice): void {
    this.parts.media.microphone.say(voice);
  }

  reinvite({ direction }: { readonly direction: Direction }): Promise<number | null> {
    if (!this.answered || this.#over || this.#reinviting) return Promise.resolve(null);
    const { dialog, media, transactions, timeline } = this.parts;
    const invite = dialog.invite(media.offer(direction));
    this.#reinviting = true;
    timeline.add({ kind: 'reinvite', by: 'us' });
    return new Promise((resolve) => {
      transactions.request(invite, dialog.place, (response) => {
        if (response !== null && response.status < 200) return;
        this.#reinviting = false;
        if (response !== null) this.#aside(this.#reinviteAnswered(invite, response));
        resolve(response?.status ?? null);
      });
    });
  }

  waitFor(predicate: (call: PhoneCall) => boolean, timeoutMs = DEFAULT_WAIT_MS): Promise<boolean> {
    return this.#waiting.until(() => predicate(this), timeoutMs);
  }

  heardSpeechAfter(ms: number): boolean {
    return this.heard.lastSoundMs !== null && this.heard.lastSoundMs > ms;
  }

  waitForPromptEnd(quietMs = PROMPT_END_MS, timeoutMs = DEFAULT_WAIT_MS): Promise<boolean> {
    const lastKey = this.#digitsSent.at(-1)?.atMs;
    const since = lastKey === undefined ? this.heard.answeredMs : lastKey + SETTLE_MS;
    return this.waitFor(() => this.heardSpeechAfter(since) && this.now() - (this.heard.lastSoundMs ?? 0) >= quietMs, timeoutMs);
  }

  /** A response to the first INVITE, repeats included; null when nobody answered in time (timer B). */
  async #inviteResponse(response: SipResponse | null): Promise<void> {
    const { timeline, media } = this.parts;
    if (response === null) {
      this.#end(this.#leaving ?? 'no-answer');
      return;
    }
    if (this.#over && this.#final === null) return;
    const repeated = this.#final !== null;
    if (!repeated) timeline.add({ kind: 'response', status: response.status, reason: response.reason });
    if (response.status < 200) {
      this.#proceeding = true;
      // Early media (RFC 3960).
      if (response.body.length > 0 && media.codec === null) media.accept(response.body.toString('utf8'));
      if (this.#leaving !== null) this.#sendCancel();
    } else if (response.status < 300) {
      await this.#accepted(response, repeated);
    } else {
      this.#refused(response);
    }
  }

  #refused(response: SipResponse): void {
    const { dialog, wire } = this.parts;
    if (this.#invite !== null) wire.send(dialog.ackRefusal(this.#invite, response), dialog.place);
    if (this.#over) return;
    this.#final = response;
    this.#reasonHeader = header(response, 'Reason');
    this.#end(this.#leaving ?? 'refused');
  }

  async #accepted(response: SipResponse, repeated: boolean): Promise<void> {
    const { dialog, media, options, timeline, wire } = this.parts;
    const sdp = response.body.toString('utf8');
    if (!repeated) {
      this.#final = response;
      this.heard.answeredMs = this.now();
      if (options.lateOffer === true) this.#lateAnswer = media.answer(sdp);
      else if (sdp !== '') media.accept(sdp);
    }
    await dialog.establish(response);
    if (options.noAck !== true) {
      wire.send(dialog.ack(parseCSeq(header(response, 'CSeq') ?? '')?.seq ?? 1, this.#lateAnswer), dialog.place);
      if (!repeated) timeline.add({ kind: 'ack', by: 'us' });
    }
    if (repeated || this.#over) return;
    if (this.#leaving !== null) {
      // The 200 overtook our CANCEL (RFC 3261 §9.1): what is established must be ended.
      this.#sendBye(this.#leaving);
      return;
    }
    media.microphone.start();
    if (options.hangupAfterMs !== undefined) this.#after(options.hangupAfterMs, () => this.hangup());
    this.#aside(this.#runScript());
  }

  async #reinviteAnswered(invite: SipRequest, response: SipResponse): Promise<void> {
    const { dialog, media, wire } = this.parts;
    if (response.status >= 300) {
      wire.send(dialog.ackRefusal(invite, response), dialog.place);
      return;
    }
    await dialog.establish(response);
    media.accept(response.body.toString('utf8'));
    wire.send(dialog.ack(parseCSeq(header(response, 'CSeq') ?? '')?.seq ?? 1), dialog.place);
  }

  async #runScript(): Promise<void> {
    for (const step of this.parts.steps) {
      if (this.#over) return;
      if (step.kind === 'press') await this.press(step.key);
      else if (step.kind === 'wait') await this.waitFor(() => false, step.ms);
      else await this.waitForPromptEnd(PROMPT_END_MS, SCRIPT_PROMPT_LIMIT_MS);
    }
  }

  /** Ends the call from our side by whatever fits its state. */
  #leave(why: EndedBy): void {
    if (this.#over || this.#leaving !== null) return;
    this.#leaving = why;
    if (this.answered) this.#sendBye(why);
    else if (this.#proceeding) this.#sendCancel();
    // Before any response nothing may be sent (RFC 3261 §9.1); the CANCEL follows the first one.
  }

  #sendCancel(): void {
    if (this.#cancelling || this.#invite === null) return;
    this.#cancelling = true;
    const { dialog, transactions, timeline } = this.parts;
    timeline.add({ kind: 'cancel', by: 'us' });
    transactions.request(dialog.cancel(this.#invite), dialog.place, () => undefined);
    this.#after(CANCEL_LIMIT_MS, () => this.#end(this.#leaving ?? 'cancelled'));
  }

  #sendBye(why: EndedBy): void {
    const { dialog, media, options, timeline } = this.parts;
    media.microphone.stop();
    if (options.noBye === true) {
      this.#end(why);
      return;
    }
    timeline.add({ kind: 'bye', by: 'us' });
    this.#after(BYE_GRACE_MS, () => this.#end(why));
    this.#aside(this.#inside(dialog.inside('BYE')).then(() => this.#end(why)));
  }

  /** Sends a request in the dialog; its final status, null when none came. */
  #inside(request: SipRequest): Promise<number | null> {
    const { dialog, transactions } = this.parts;
    return new Promise((resolve) => {
      transactions.request(request, dialog.place, (response) => {
        if (response === null || response.status >= 200) resolve(response?.status ?? null);
      });
    });
  }

  /** Work nobody waits for: a bug in it ends the call, and `result` rejects with it. */
  #aside(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#reject(error);
      this.#end('transport');
    });
  }

  #after(ms: number, fire: () => void): void {
    this.#timers.push(setTimeout(fire, ms));
  }

  /** The one end of a call: stops everything, resolves the result. */
  #end(by: EndedBy): void {
    if (this.#over) return;
    this.#over = true;
    const { media, timeline, transactions, wire } = this.parts;
    timeline.add({ kind: 'ended', by });
    media.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#waiting.close();
    setTimeout(() => {
      transactions.close();
      media.close();
      wire.close();
    }, LINGER_MS);
    this.#resolve(this.#report(by));
  }

  #report(endedBy: EndedBy): PhoneResult {
    const { media, timeline } = this.parts;
    const retryAfter = Number.parseInt(this.#final === null ? '' : (header(this.#final, 'Retry-After') ?? ''), 10);
    return {
      status: this.#final?.status ?? null,
      statusText: this.#final?.reason ?? '',
      endedBy,
      reasonHeader: this.#reasonHeader,
      retryAfter: Number.isNaN(retryAfter) ? null : retryAfter,
      callId: this.callId,
      times: timeline.times(),
      codec: media.codec,
      digitsSent: this.#digitsSent,
      digitsHeard: this.heard.digits,
      rtp: { sent: media.microphone.sent, ...this.heard.counts() },
      heard: this.heard,
      events: timeline.events,
    };
  }
}
