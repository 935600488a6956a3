import { LRUCache } from 'lru-cache';
import type { Result } from '../../lib/result.js';
import { audioBytes, type Audio } from '../../media/codec/audio.js';
import type { Urgency } from '../voices/speech-pool.js';
import type { PromptError } from '../types.js';

/** Audio, or why there is none. */
export type Loaded = Result<Audio, PromptError>;

/** Something being made right now. */
interface Making {
  readonly urgency: Urgency;
  readonly audio: Promise<Loaded>;
}

/** Audio by key: the most recently used stay up to a number of bytes, and what is wanted twice at once is made once. */
export class AudioMemory {
  readonly #kept: LRUCache<string, Audio>;
  readonly #making = new Map<string, Making>();

  constructor(maxBytes: number) {
    this.#kept = new LRUCache({ maxSize: maxBytes, sizeCalculation: audioBytes });
  }

  /** What is kept under this key. */
  get(key: string): Audio | undefined {
    return this.#kept.get(key);
  }

  /**
   * The audio kept under `key`, or being made under it, or made now by `make`. Joining something that is made in the background
   * for a live call makes it pressing.
   * @param keep whether the audio stays in memory afterwards
   */
  async once(
    key: string,
    { background, keep }: { readonly background: boolean; readonly keep: boolean },
    make: (urgency: Urgency) => Promise<Loaded>,
  ): Promise<Loaded> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return { ok: true, value: kept };
    const running = this.#making.get(key);
    if (running !== undefined) {
      if (!background) running.urgency.background = false;
      return await running.audio;
    }
    const urgency = { background };
    const audio = make(urgency);
    this.#making.set(key, { urgency, audio });
    try {
      const loaded = await audio;
      if (loaded.ok && keep) this.#kept.set(key, loaded.value);
      return loaded;
    } finally {
      this.#making.delete(key);
    }
  }
}
