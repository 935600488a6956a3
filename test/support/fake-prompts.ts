import type { Audio } from '../../src/media/codec/audio.js';
import { forEveryCodec } from '../../src/media/codec/codec.js';
import type { PromptErrorCode, PromptLibrary } from '../../src/speech/types.js';
import type { Segment } from '../../src/model/segment.js';
import { err, ok, type Result } from '../../src/lib/result.js';
import type { PromptError } from '../../src/speech/types.js';

let made = 0;

/** Audio of a length, without sound. */
export function silentAudio(ms: number): Audio {
  const bytes = Math.ceil(ms / 20) * 160;
  return { id: ++made, encoded: forEveryCodec(() => new SharedArrayBuffer(bytes)), ms };
}

/** A prompt library that "renders" 1 s a segment, unless told to fail or to wait. */
export class FakePrompts implements PromptLibrary {
  readonly holdMusic = silentAudio(10_000);
  readonly beep = silentAudio(260);
  readonly loads: { readonly segments: readonly Segment[]; readonly language: string }[] = [];
  failWith: PromptErrorCode | null = null;
  /** While set, `load` waits for it. */
  gate: Promise<void> | null = null;

  async load(segments: readonly Segment[], language: string): Promise<Result<readonly Audio[], PromptError>> {
    this.loads.push({ segments, language });
    await this.gate;
    if (this.failWith !== null) return err({ code: this.failWith, message: 'told to fail' });
    return ok(segments.map(() => silentAudio(1000)));
  }

  speaks(): boolean {
    return this.failWith === null;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
