import createSpeexModule, { type SpeexModule } from '@echogarden/speex-resampler-wasm/simd';
import { SAMPLE_RATE } from '../../media/codec/frame.js';
import type { Pcm } from '../types.js';

/** Speex quality, 0–10. 8 keeps speech up to 3.6 kHz; nothing here is in a hurry. */
const QUALITY = 8;
/** Input samples handed over at a time. */
const BLOCK = 8192;

let loading: Promise<SpeexModule> | null = null;

/** Loads the resampler once per thread. */
function speex(): Promise<SpeexModule> {
  loading ??= createSpeexModule();
  return loading;
}

/** A resampling in progress: the state and the buffers in the module's own memory. */
class Resampling {
  readonly #state: number;
  readonly #input: number;
  readonly #output: number;
  readonly #lengths: number;
  readonly #outputRoom: number;

  constructor(
    private readonly module: SpeexModule,
    inRate: number,
  ) {
    this.#outputRoom = Math.ceil((BLOCK * SAMPLE_RATE) / inRate) + 16;
    this.#lengths = module._malloc(8);
    this.#input = module._malloc(BLOCK * 2);
    this.#output = module._malloc(this.#outputRoom * 2);
    this.#state = module._speex_resampler_init(1, inRate, SAMPLE_RATE, QUALITY, this.#lengths);
    if (this.#state === 0) throw new Error(`speex refused ${inRate} Hz (error ${module.HEAP32[this.#lengths >> 2] ?? -1})`);
    module._speex_resampler_skip_zeros(this.#state);
  }

  /** Samples of input that must follow the last one before its last output sample is out. */
  get latency(): number {
    return this.module._speex_resampler_get_input_latency(this.#state);
  }

  /** Feeds at most {@link BLOCK} samples and copies what comes out to `into` at `at`; returns the position after it. */
  feed(block: Int16Array, into: Int16Array, at: number): number {
    const { module } = this;
    let used = 0;
    let position = at;
    while (used < block.length) {
      const rest = block.subarray(used);
      // The heap may have moved since the last call: always through the module.
      module.HEAP16.set(rest, this.#input >> 1);
      module.HEAP32[this.#lengths >> 2] = rest.length;
      module.HEAP32[(this.#lengths >> 2) + 1] = this.#outputRoom;
      module._speex_resampler_process_int(this.#state, 0, this.#input, this.#lengths, this.#output, this.#lengths + 4);
      const produced = module.HEAP32[(this.#lengths >> 2) + 1] ?? 0;
      const from = this.#output >> 1;
      const wanted = Math.min(produced, into.length - position);
      into.set(module.HEAP16.subarray(from, from + wanted), position);
      position += wanted;
      const consumed = module.HEAP32[this.#lengths >> 2] ?? 0;
      if (consumed === 0 && produced === 0) throw new Error('speex made no progress');
      used += consumed;
    }
    return position;
  }

  free(): void {
    this.module._speex_resampler_destroy(this.#state);
    this.module._free(this.#input);
    this.module._free(this.#output);
    this.module._free(this.#lengths);
  }
}

/**
 * Converts to 8 kHz, band-limited, without delay: `round(n · 8 kHz / rate)` samples, the first in time with the first of the input.
 * Overshoot is clamped, never wrapped round. At 8 kHz the input itself comes back.
 */
export async function resampleToTelephone(pcm: Pcm): Promise<Int16Array> {
  if (pcm.sampleRate === SAMPLE_RATE) return pcm.samples;
  const resampling = new Resampling(await speex(), pcm.sampleRate);
  try {
    const out = new Int16Array(Math.round((pcm.samples.length * SAMPLE_RATE) / pcm.sampleRate));
    let at = 0;
    for (let from = 0; from < pcm.samples.length; from += BLOCK) {
      at = resampling.feed(pcm.samples.subarray(from, from + BLOCK), out, at);
    }
    const tail = new Int16Array(Math.min(BLOCK, resampling.latency + Math.ceil(pcm.sampleRate / SAMPLE_RATE)));
    if (at < out.length) resampling.feed(tail, out, at);
    return out;
  } finally {
    resampling.free();
  }
}
