/*
 * The engine's time: slots of 5 ms on an absolute schedule, four to a packet interval. A late turn never shifts the schedule; it
 * catches up, and when that would be a burst, it moves the schedule on and says so.
 */

/** Length of a slot, ms. */
export const SLOT_MS = 5;
/** Slots from one packet of a stream to the next (20 ms). */
export const SLOTS_PER_PACKET = 4;
/** Slots run in one turn of the event loop before messages get their turn. */
const MOST_PER_TURN = 4;
/** Later than this is not caught up: the missed slots are skipped. */
const MOST_LATE_MS = 100;
/** A slot may run that much early: timers count whole milliseconds, and waking twice costs more than it gains. */
const EARLY_MS = 0.9;

/** Monotonic ms, the same in every thread of the process, unlike `performance.now()`. */
export function processNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export interface SlotClockEvents {
  /** Runs the work of one slot. */
  readonly onSlot: (slot: number) => void;
  /** `slots` slots were skipped. Slot numbers go on without a hole: streams must move their timestamps. */
  readonly onSkip: (slots: number) => void;
  /** How late the work of a slot was finished, ms. */
  readonly onFinished: (lateMs: number) => void;
}

/** Calls `onSlot` for every slot, in order, each once. Runs only while started. */
export class SlotClock {
  #origin = 0;
  #next = 0;
  #timer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #running = false;

  constructor(
    private readonly events: SlotClockEvents,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The slot that is nearest to this moment; never one that is yet to be run more than once. */
  get slot(): number {
    return this.#running ? Math.round((this.now() - this.#origin) / SLOT_MS) : this.#next;
  }

  /** The first slot that has not been run yet. */
  get next(): number {
    return this.#next;
  }

  /** Idempotent. Slot numbers go on from where they stopped. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#origin = this.now() - (this.#next - 1) * SLOT_MS;
    this.#arm(this.now());
  }

  stop(): void {
    this.#running = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timer = this.#immediate = null;
  }

  #due(): number {
    return this.#origin + this.#next * SLOT_MS;
  }

  #arm(turnBegan: number): void {
    const wait = this.#due() - turnBegan;
    // Timers count from when the loop woke, which is when this turn began, not from now.
    if (this.now() >= this.#due() - EARLY_MS) this.#immediate = setImmediate(this.#turn);
    else this.#timer = setTimeout(this.#turn, Math.ceil(wait - EARLY_MS));
  }

  readonly #turn = (): void => {
    const began = this.now();
    try {
      this.#runDue(began);
    } finally {
      // Whatever a slot throws, the next one comes: without it every call of this thread would fall silent.
      if (this.#running) this.#arm(began);
    }
  };

  #runDue(began: number): void {
    this.#skipHopeless(began);
    let now = began;
    for (let run = 0; run < MOST_PER_TURN && now >= this.#due() - EARLY_MS; run++) {
      const due = this.#due();
      this.events.onSlot(this.#next++);
      now = this.now();
      this.events.onFinished(Math.max(0, now - due));
      if (!this.#running) return;
    }
  }

  #skipHopeless(now: number): void {
    const late = now - this.#due();
    if (late <= MOST_LATE_MS) return;
    const slots = Math.floor(late / SLOT_MS);
    this.#origin += slots * SLOT_MS;
    this.events.onSkip(slots);
  }
}
