/** What became of a key: taken by the verb, kept for the next collect, or lost on purpose. */
export type KeyUse = 'used' | 'kept' | 'dropped';

/**
 * Play or collect while it lasts: a state machine without I/O, told what happens and holding its outcome once there is one.
 * `now` is monotonic ms, `playedMs` how much of the prompt was played.
 */
export interface StreamVerb<End> {
  readonly end: End | null;
  /** False once the prompt must fall silent. */
  readonly promptWanted: boolean;
  /** Its prompt is to be heard, or keys are being typed: nothing else may be said meanwhile. */
  readonly busy: boolean;
  key(key: string, now: number, playedMs: number): KeyUse;
  promptEnded(now: number, playedMs: number): void;
  /** Another prompt is playing, so the input timer of this verb does not run. Called every packet interval meanwhile, before {@link tick}. */
  spokenTo(now: number): void;
  /** Called every packet interval; where time-outs are noticed. */
  tick(now: number): void;
  /** A later verb took the outgoing stream. */
  overtaken(now: number, playedMs: number): void;
  close(): void;
}
