import { Aborted } from '../../src/lib/clock.js';
import type { CallPort } from '../../src/flow/ports.js';
import type { Segment } from '../../src/model/segment.js';
import { CODECS, forEveryCodec } from '../../src/media/codec/codec.js';
import type { EncodedAudio } from '../../src/media/worker/playout.js';
import { musicPlayout } from '../../src/media/worker/music.js';
import { Playout } from '../../src/media/worker/playout.js';
import { OutputQueue, type OutputEnd } from '../../src/media/worker/output-queue.js';
import { promptMs } from './fake-call.js';
import type { VirtualClock } from './virtual-clock.js';

const TICK_MS = 20;

/** Audio as long as the fake call would take to say it. */
function encoded(segments: readonly Segment[]): readonly EncodedAudio[] {
  const bytes = new Uint8Array(promptMs(segments) * 8);
  return [forEveryCodec(() => bytes)];
}

/** A call whose ear is the media engine's own output, ticked every 20 ms of virtual time as a worker does; no packets. */
export class OutputQueueCall implements Pick<CallPort, 'play' | 'collect' | 'announce' | 'awaitKey' | 'startMusic'> {
  readonly #output: OutputQueue;
  readonly #pending = new Map<number, (end: OutputEnd) => void>();
  readonly #frame = new Uint8Array(160);
  #requests = 0;
  #cancelTick: () => void = () => undefined;

  constructor(private readonly clock: VirtualClock) {
    this.#output = new OutputQueue({
      now: () => clock.monotonic(),
      onEnd: (request, end) => {
        this.#pending.get(request)?.(end);
        this.#pending.delete(request);
      },
    });
    this.#tick();
  }

  press(key: string): void {
    this.#output.key(key);
  }

  play(request: Parameters<CallPort['play']>[0], signal: AbortSignal): ReturnType<CallPort['play']> {
    const playout = new Playout({ audio: encoded(request.segments), loop: request.loop, gainDb: 0 });
    return this.#ask(signal, (id, output) => {
      output.play(id, request, playout);
    });
  }

  collect(request: Parameters<CallPort['collect']>[0], signal: AbortSignal): ReturnType<CallPort['collect']> {
    const { prompt } = request;
    const playout = prompt.length === 0 ? null : new Playout({ audio: encoded(prompt), loop: 1, gainDb: 0 });
    return this.#ask(signal, (id, output) => {
      output.collect(id, request, playout);
    });
  }

  announce(request: Parameters<CallPort['announce']>[0], signal: AbortSignal): ReturnType<CallPort['announce']> {
    const playout = new Playout({ audio: encoded(request.segments), loop: 1, gainDb: 0 });
    return this.#ask(signal, (id, output) => {
      output.announce(id, playout);
    });
  }

  awaitKey({ keys }: { readonly keys: string }, signal: AbortSignal): ReturnType<CallPort['awaitKey']> {
    return this.#ask(signal, (id, output) => {
      output.awaitKey(id, keys);
    });
  }

  startMusic(request: Parameters<CallPort['startMusic']>[0]): ReturnType<CallPort['startMusic']> {
    const audio = encoded([{ kind: 'file', file: 'music' }]);
    const times = { startDelayMs: request.startDelayMs, pauseMs: request.pauseMs ?? 0 };
    this.#join(() => {
      this.#output.music(musicPlayout(audio, times));
    });
    return Promise.resolve({ kind: 'done' });
  }

  #ask<A>(signal: AbortSignal, begin: (id: number, output: OutputQueue) => void): Promise<A> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#output.cancel(id);
        reject(new Aborted('aborted'));
      };
      signal.addEventListener('abort', abort);
      this.#pending.set(id, (end) => {
        signal.removeEventListener('abort', abort);
        if (end.kind !== 'closed') resolve(end as A);
      });
      this.#join(() => {
        begin(id, this.#output);
      });
    });
  }

  /** What is new begins at once, as a session has it. */
  #join(change: () => void): void {
    const before = this.#output.current();
    change();
    const now = this.#output.current();
    if (now !== null && now !== before) this.#tick();
  }

  #tick(): void {
    this.#cancelTick();
    const now = this.clock.monotonic();
    this.#output.tick(now);
    for (let playout = this.#output.current(); playout !== null; playout = this.#output.current()) {
      if (playout.fill(this.#frame, 0, CODECS.PCMU)) break;
      this.#output.gaveOut(now);
    }
    this.#cancelTick = this.clock.after(TICK_MS, () => this.#tick());
  }
}
