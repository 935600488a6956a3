import { announce } from './announce.js';
import { answer } from './answer.js';
import { awaitKey } from './await-key.js';
import { collect } from './collect.js';
import { hangup } from './hangup.js';
import { play } from './play.js';
import { startMusic } from './start-music.js';
import { startRecording } from './start-recording.js';
import { stopMusic } from './stop-music.js';
import { stopRecording } from './stop-recording.js';
import type { LegInternals, Verb } from './verb.js';

/** The verbs. A new one is a file of its own and its name here. */
const VERBS = {
  answer,
  play,
  collect,
  startMusic,
  stopMusic,
  announce,
  awaitKey,
  startRecording,
  stopRecording,
  hangup,
};

type Bound<V> = V extends Verb<infer Args, infer Answer> ? (...args: readonly [...Args, AbortSignal]) => Promise<Answer> : never;

/**
 * Everything that can be asked of a leg; that of the caller is the `CallPort` of a flow. Each verb rejects with `Aborted` when its signal
 * fires (a collect that has taken keys answers `left`); everything else that can go wrong is in its answer.
 */
export type CallControl = { readonly [K in keyof typeof VERBS]: Bound<(typeof VERBS)[K]> };

/** The verbs bound to one leg. */
export function createControl(leg: LegInternals): CallControl {
  const bound = Object.entries(VERBS).map(([name, verb]) => [name, (...args: never) => (verb as AnyVerb)(leg, ...args)]);
  return Object.fromEntries(bound) as CallControl;
}

type AnyVerb = (leg: LegInternals, ...args: never) => Promise<unknown>;
