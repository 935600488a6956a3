import type { KeyUse, StreamVerb } from './verb.js';
import type { PlayAudio, PlayEnd } from '../types.js';

/** Play: ends with its prompt, or with a key. */
export class Play implements StreamVerb<PlayEnd> {
  end: PlayEnd | null = null;

  constructor(private readonly request: Pick<PlayAudio, 'bargeIn' | 'stopKeys'>) {}

  get promptWanted(): boolean {
    return this.end === null;
  }

  get busy(): boolean {
    return this.promptWanted;
  }

  /** A stop key is consumed; with barge-in any other key stops the prompt too and stays for the next collect. */
  key(key: string, _now: number, playedMs: number): KeyUse {
    const consumed = this.request.stopKeys.includes(key);
    if (!consumed && !this.request.bargeIn) return 'dropped';
    this.end = { kind: 'interrupted', key, consumed, ms: playedMs };
    return consumed ? 'used' : 'kept';
  }

  promptEnded(_now: number, playedMs: number): void {
    this.end ??= { kind: 'done', ms: playedMs };
  }

  spokenTo(): void {
    // The prompt waits; nothing is missed.
  }

  tick(): void {
    // A prompt has no timers of its own.
  }

  /** Another verb took the stream over: what was played so far was all. */
  overtaken(_now: number, playedMs: number): void {
    this.end ??= { kind: 'done', ms: playedMs };
  }

  close(): void {
    this.end = { kind: 'closed' };
  }
}
