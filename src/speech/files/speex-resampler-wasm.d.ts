/** The raw Emscripten exports of the resampler; `resample.ts` is the only user. Pointers are byte offsets into the heap. */
declare module '@echogarden/speex-resampler-wasm/simd' {
  export interface SpeexModule {
    readonly HEAP16: Int16Array;
    readonly HEAP32: Int32Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _speex_resampler_init(channels: number, inRate: number, outRate: number, quality: number, errorAt: number): number;
    _speex_resampler_skip_zeros(state: number): number;
    _speex_resampler_get_input_latency(state: number): number;
    _speex_resampler_process_int(
      state: number,
      channel: number,
      input: number,
      inputLengthAt: number,
      output: number,
      outputLengthAt: number,
    ): number;
    _speex_resampler_destroy(state: number): void;
  }
  function createSpeexModule(): Promise<SpeexModule>;
  export { createSpeexModule as default };
}
