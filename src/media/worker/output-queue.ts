import { processNow } from './clock.js';
import { Collect, KeyBuffer, type CollectRules } from './collect.js';
import { Play } from './play.js';
import type { Playout } from './playout.js';
import type { CollectEnd, KeyEnd, PlayAudio, PlayEnd } from '../types.js';
import type { StreamVerb } from './verb.js';

/*
 * What a leg is given to hear, and who takes its keys. What is heard, first of these that there is:
 *
 *   1. the announcement that sounds, to its end: one that stops after a word because the flow goes on helps nobody
 *   2. the prompt of the play or collect
 *   3. the next announcement, unless somebody is typing
 *   4. music, from where it was
 *   5. nothing
 *
 * Who takes a key: a collect; else a wait for that key; else a play; else it is kept for the next collect. A key that a collect
 * or play with barge-in takes, or that was awaited, cuts the announcement that sounds.
 */

/** How anything that was asked for ends. */
export type OutputEnd = PlayEnd | CollectEnd | KeyEnd;

export interface OutputHost {
  /** Monotonic ms. */
  now(): number;
  /** Something that was asked for under that number has ended. */
  onEnd(request: number, end: OutputEnd): void;
}

interface Running {
  readonly request: number;
  readonly kind: 'play' | 'collect';
  readonly machine: StreamVerb<PlayEnd | CollectEnd>;
  /** Its prompt, while that is wanted. */
  playout: Playout | null;
  /** Whether a key it takes cuts an announcement. */
  readonly cuts: boolean;
}

interface Announcement {
  readonly request: number;
  readonly playout: Playout;
}

/** What one leg hears. A state machine without I/O. */
export class OutputQueue {
  readonly #keys = new KeyBuffer();
  #verb: Running | null = null;
  #music: Playout | null = null;
  #speaking: Announcement | null = null;
  #announcements: Announcement[] = [];
  #keyWaits: { readonly request: number; readonly keys: string }[] = [];

  constructor(private readonly host: OutputHost) {}

  /** Begins a prompt, in place of an earlier prompt, collect or music. */
  play(request: number, rules: Pick<PlayAudio, 'bargeIn' | 'stopKeys'>, playout: Playout): void {
    this.#overtake();
    this.#verb = { request, kind: 'play', machine: new Play(rules), playout, cuts: true };
  }

  /** Begins to take digits, in place of an earlier prompt, collect or music. `playout` null: no prompt. */
  collect(request: number, rules: CollectRules, playout: Playout | null): void {
    this.#overtake();
    const machine = new Collect(rules, this.#keys, { prompting: playout !== null, now: this.host.now() });
    this.#verb = { request, kind: 'collect', machine, playout, cuts: rules.bargeIn };
    this.#settle();
  }

  /** Begins music, in place of an earlier prompt, collect or music. */
  music(playout: Playout): void {
    this.#overtake();
    this.#music = playout;
  }

  stopMusic(): void {
    this.#music = null;
  }

  announce(request: number, playout: Playout): void {
    this.#announcements.push({ request, playout });
  }

  /** @param keys those that count; all when empty */
  awaitKey(request: number, keys: string): void {
    this.#keyWaits.push({ request, keys });
  }

  /** Ends whatever has that number, without an answer: nobody waits for it any more. Only a collect tells what it had taken. */
  cancel(request: number): void {
    if (this.#verb?.request === request) {
      if (this.#verb.kind === 'collect') this.#verb.machine.close();
      this.#settle();
      this.#verb = null;
    }
    if (this.#speaking?.request === request) this.#speaking = null;
    this.#announcements = this.#announcements.filter((one) => one.request !== request);
    this.#keyWaits = this.#keyWaits.filter((one) => one.request !== request);
  }

  /** Takes a key, wherever it came from. */
  key(key: string): void {
    const now = this.host.now();
    if (this.#keys.swallows(key, now)) return;
    const verb = this.#verb;
    if (verb?.kind !== 'collect' && this.#takenAlone(key)) {
      this.#cut(key);
      return;
    }
    const use = verb?.machine.key(key, now, verb.playout?.ms ?? 0) ?? 'kept';
    if (use === 'kept') this.#keys.push({ key, at: processNow() });
    if (use !== 'dropped' && verb?.cuts === true) this.#cut(key);
    this.#settle();
  }

  /** A packet interval has passed; where time-outs are noticed. */
  tick(now: number): void {
    if (this.#speaking !== null) {
      this.#verb?.machine.spokenTo(now);
      this.#music?.passLeadIn();
    }
    this.#verb?.machine.tick(now);
    this.#settle();
  }

  /** What is to be heard now; an announcement whose turn has come begins with this. Null: nothing. */
  current(): Playout | null {
    if (this.#verb?.machine.busy !== true) this.#speaking ??= this.#announcements.shift() ?? null;
    return this.#speaking?.playout ?? this.#verb?.playout ?? this.#music;
  }

  /** The current playout has nothing more. True when that ended a play, so that another is likely to be asked for at once. */
  gaveOut(now: number): boolean {
    const [spoken, verb] = [this.#speaking, this.#verb];
    if (spoken !== null) {
      this.#speaking = null;
      this.host.onEnd(spoken.request, { kind: 'done', ms: spoken.playout.ms });
      return false;
    }
    if (verb === null || verb.playout === null) {
      this.#music = null;
      return false;
    }
    verb.machine.promptEnded(now, verb.playout.ms);
    verb.playout = null;
    this.#settle();
    return verb.kind === 'play';
  }

  /** The leg is no more: everything ends as closed. */
  close(): void {
    this.#verb?.machine.close();
    this.#settle();
    const rest = [...(this.#speaking === null ? [] : [this.#speaking]), ...this.#announcements, ...this.#keyWaits];
    this.#speaking = this.#music = null;
    this.#announcements = [];
    this.#keyWaits = [];
    for (const { request } of rest) this.host.onEnd(request, { kind: 'closed' });
  }

  /** A later command takes the stream over. */
  #overtake(): void {
    this.#verb?.machine.overtaken(this.host.now(), this.#verb.playout?.ms ?? 0);
    this.#settle();
    this.#music = null;
  }

  /** Tells how the verb ended, once it has. */
  #settle(): void {
    const verb = this.#verb;
    if (verb === null) return;
    if (!verb.machine.promptWanted) verb.playout = null;
    if (verb.machine.end === null) return;
    this.#verb = null;
    this.host.onEnd(verb.request, verb.machine.end);
  }

  /** Gives a key to the first who awaits it. */
  #takenAlone(key: string): boolean {
    const wait = this.#keyWaits.find(({ keys }) => keys === '' || keys.includes(key));
    if (wait === undefined) return false;
    this.#keyWaits = this.#keyWaits.filter((one) => one !== wait);
    this.host.onEnd(wait.request, { kind: 'pressed', key, at: processNow() });
    return true;
  }

  #cut(key: string): void {
    const spoken = this.#speaking;
    if (spoken === null) return;
    this.#speaking = null;
    this.host.onEnd(spoken.request, { kind: 'interrupted', key, consumed: false, ms: spoken.playout.ms });
  }
}
