/**
 * A port whose user is built before its provider. The provider is bound once, where it is built; using the port before that is a bug of
 * the wiring.
 *
 * @example
 * const api = new Late<Api>('api');
 * const functions = openFunctions({ publicUrl: () => api.get().url() });
 * api.bind(openApi(functions));
 */
export class Late<T> {
  #provider: T | null = null;

  /** @param name for the error of a use before {@link bind} */
  constructor(private readonly name: string) {}

  /** The provider is there from now on; returns it. Throws when there is one already. */
  bind(provider: T): T {
    if (this.#provider !== null) throw new Error(`${this.name} is bound already`);
    this.#provider = provider;
    return provider;
  }

  /** Throws before {@link bind}. */
  get(): T {
    if (this.#provider === null) throw new Error(`${this.name} is used before it is built`);
    return this.#provider;
  }
}
