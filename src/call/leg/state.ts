/*
 * Where a leg is. How it ended is its `leg.ended` event, and the call's Termination. Of a leg
 * that we dial, `ringing` is their 180 and `answering` their 200.
 *
 *             ring                answer              ACK
 *    new ─────────────► ringing ─────────► answering ─────► answered
 *     │ └───────────────────────────────────►│                 │
 *     │          answer      │               │                 │
 *     └──────────────────────┴───────┬───────┴─────────────────┘
 *                                end │
 *                                    ▼
 *                                 ending ─────────────► ended
 *                                         media closed,
 *                                         recordings final
 */

/** The states of the diagram. */
export type LegStateName = 'new' | 'ringing' | 'answering' | 'answered' | 'ending' | 'ended';

const MOVES: Readonly<Record<LegStateName, readonly LegStateName[]>> = {
  new: ['ringing', 'answering', 'ending'],
  ringing: ['answering', 'ending'],
  answering: ['answered', 'ending'],
  answered: ['ending'],
  ending: ['ended'],
  ended: [],
};

/** The state of one leg; `Leg` is its only writer. */
export class LegState {
  #name: LegStateName = 'new';

  get name(): LegStateName {
    return this.#name;
  }

  /** No final response went out yet. */
  get unanswered(): boolean {
    return this.#name === 'new' || this.#name === 'ringing';
  }

  get over(): boolean {
    return this.#name === 'ending' || this.#name === 'ended';
  }

  /** Moves on. A move the table does not have is a bug and is thrown. */
  move(to: LegStateName): void {
    if (!MOVES[this.#name].includes(to)) throw new Error(`a leg cannot move from ${this.#name} to ${to}`);
    this.#name = to;
  }
}
