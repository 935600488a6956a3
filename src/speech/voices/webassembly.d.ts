/** The part of the WebAssembly JavaScript API used here; Node has it, the `lib` without DOM does not declare it. */
declare namespace WebAssembly {
  interface Module {
    readonly __module: never;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(module: Module, imports: Record<string, Record<string, unknown>>): Promise<Instance>;
}
