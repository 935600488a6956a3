import type { Json } from '../../lib/json/json.js';

/** A question a run asks the world, as the journal shows it. */
export interface Question {
  /** Numbers the questions of the run from 1, reads included. */
  readonly ask: number;
  /** e.g. `call.play` */
  readonly op: string;
  readonly request: Json;
}

/** Where answers come from: the world, or a journal that is replayed. */
export interface AnswerSource {
  /** Something that takes time. `live` asks the world. */
  answer<A>(question: Question, live: (signal: AbortSignal) => Promise<A>, signal: AbortSignal): Promise<A>;
  /** Something that is known at once: the time, a fact of the call. Undefined when there is nothing. */
  read(question: Question, live: () => Json | undefined): Json | undefined;
}

/** The world. */
export const liveAnswers: AnswerSource = {
  answer: (_question, live, signal) => live(signal),
  read: (_question, live) => live(),
};
