import type { Timers } from '../options.js';
import type { SipTimers, WheelTimer } from './wheel.js';
import { CLIENT } from './client.js';
import { INVITE_CLIENT } from './invite-client.js';
import { INVITE_SERVER } from './invite-server.js';
import { SERVER } from './server.js';
import type { Action, Event, RepeatTimer, Table, WaitTimer } from './table.js';

/** What transactions need of the rest of the server. */
export interface TransactionEnvironment {
  readonly wheel: SipTimers;
  readonly timers: Timers;
  onRetransmit(): void;
}

/** What the owner of a transaction does for it. `M` is the message that events carry. */
export interface TransactionHooks<M> {
  /** Puts bytes on the wire; calls `refused` when the network does not take them. */
  send(bytes: Buffer, refused: () => void): void;
  deliver?(message: M): void;
  ack?(message: M): void;
  timeout?(): void;
  failed?(): void;
  /** The transaction has ended and can be forgotten. */
  terminated(): void;
}

const TABLES = { 'invite-client': INVITE_CLIENT, client: CLIENT, 'invite-server': INVITE_SERVER, server: SERVER } as const;
export type TransactionKind = keyof typeof TABLES;

const FIRST_STATE: Readonly<Record<TransactionKind, string>> = {
  'invite-client': 'calling',
  client: 'trying',
  'invite-server': 'proceeding',
  server: 'trying',
};

/** Runs one of the four tables: carries out its actions, keeps its two timers and the message to repeat. */
export class Transaction<M> {
  #state: string;
  /** The message to repeat, as a Latin-1 string: a small Buffer would keep the whole pool it was cut from alive for 32 s. */
  #remembered: string | null = null;
  #interval = 0;
  #repeat: WheelTimer | null = null;
  #wait: WheelTimer | null = null;
  readonly #table: Table<string>;

  /** @param reliable the transport repeats by itself: no retransmissions, no waiting for late copies (Table 4) */
  constructor(
    readonly kind: TransactionKind,
    private readonly reliable: boolean,
    private readonly env: TransactionEnvironment,
    private readonly hooks: TransactionHooks<M>,
  ) {
    this.#table = TABLES[kind];
    this.#state = FIRST_STATE[kind];
  }

  get state(): string {
    return this.#state;
  }

  /**
   * Feeds an event; returns whether the state knows it.
   * @param message handed to the owner by `deliver` and `ack`
   * @param bytes put on the wire by `send`
   */
  fire(event: Event, message?: M, bytes?: Buffer): boolean {
    const step = this.#table[this.#state]?.[event];
    if (step === undefined) return false;
    // The state is entered before anything is done: what the owner does in `deliver` meets the new state.
    const from = this.#state;
    this.#state = step.to;
    for (const action of step.does) {
      this.#carryOut(action, message, bytes);
      // The owner may have ended it meanwhile.
      if (this.#state === 'terminated' && step.to !== 'terminated') return true;
    }
    if (step.to === 'terminated' && from !== 'terminated') this.#end();
    return true;
  }

  /** Ends at once and in silence. */
  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#end();
  }

  #end(): void {
    this.#stop('repeat');
    this.#stop('wait');
    this.#remembered = null;
    this.hooks.terminated();
  }

  #carryOut(action: Action, message: M | undefined, bytes: Buffer | undefined): void {
    switch (action) {
      case 'send':
        if (bytes === undefined) break;
        this.#remembered = bytes.toString('latin1');
        this.#put(bytes);
        break;
      case 'send once':
        this.#remembered = null;
        if (bytes !== undefined) this.#put(bytes);
        break;
      case 'resend':
        if (this.#remembered === null) break;
        this.env.onRetransmit();
        this.#put(Buffer.from(this.#remembered, 'latin1'));
        break;
      case 'deliver':
        if (message !== undefined) this.hooks.deliver?.(message);
        break;
      case 'ack':
        if (message !== undefined) this.hooks.ack?.(message);
        break;
      case 'timeout':
        this.hooks.timeout?.();
        break;
      case 'failed':
        this.hooks.failed?.();
        break;
      case 'stop repeating':
        this.#stop('repeat');
        this.#remembered = null;
        break;
      default:
        if (isRepeat(action)) this.#startRepeat(action.slice(7) as RepeatTimer);
        else this.#startWait(action.slice(5) as WaitTimer);
    }
  }

  #put(bytes: Buffer): void {
    this.hooks.send(bytes, () => this.fire('refused'));
  }

  #startRepeat(timer: RepeatTimer): void {
    if (this.reliable) return;
    const { t1, t2 } = this.env.timers;
    const longest = timer === 'A' ? Number.POSITIVE_INFINITY : t2;
    this.#interval = timer === 'E2' ? t2 : Math.min(this.#interval === 0 ? t1 : this.#interval * 2, longest);
    this.#stop('repeat');
    this.#repeat = this.env.wheel.schedule(this.#interval, () => this.fire('repeat'));
  }

  #startWait(timer: WaitTimer): void {
    this.#stop('wait');
    const ms = this.#duration(timer);
    if (ms === 0) this.fire('elapsed');
    else this.#wait = this.env.wheel.schedule(ms, () => this.fire('elapsed'));
  }

  /** RFC 3261 Table 4, RFC 6026 §8. */
  #duration(timer: WaitTimer): number {
    const { t1, t2, t4, ringing } = this.env.timers;
    switch (timer) {
      case 'B':
      case 'F':
      case 'H':
      case 'L':
      case 'M':
        return 64 * t1;
      case 'C':
        return ringing;
      // At least 32 s with the default T1: as long as the far end's timer H (RFC 3261 §17.1.1.2).
      case 'D':
        return this.reliable ? 0 : Math.max(64 * t1, t2);
      case 'J':
        return this.reliable ? 0 : 64 * t1;
      case 'I':
      case 'K':
        return this.reliable ? 0 : t4;
    }
  }

  #stop(which: 'repeat' | 'wait'): void {
    if (which === 'repeat') {
      this.env.wheel.cancel(this.#repeat);
      this.#repeat = null;
    } else {
      this.env.wheel.cancel(this.#wait);
      this.#wait = null;
    }
  }
}

function isRepeat(action: `repeat ${RepeatTimer}` | `wait ${WaitTimer}`): action is `repeat ${RepeatTimer}` {
  return action.startsWith('repeat');
}
