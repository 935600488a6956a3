import { Dispatcher, type errors, type Pool } from 'undici';

/**
 * A pool of connections to one origin that can be changed for an empty one. When one kept connection turns out to be dead, the others that
 * were kept beside it are as likely to be: the next request needs a new one, not the next of them.
 */
export class RenewablePool extends Dispatcher {
  #pool: Pool;
  readonly #old = new Set<Pool>();
  #closed = false;
  /** How often it has been renewed. */
  generation = 0;

  /**
   * @param open makes an empty pool
   * @param onClosed told once, when it takes no more requests
   */
  constructor(
    private readonly open: () => Pool,
    private readonly onClosed: () => void,
  ) {
    super();
    this.#pool = this.#watched(open());
  }

  /** Idle connections are closed now, those with a request under way behind its answer; nothing new goes out by them. */
  renew(): void {
    const old = this.#pool;
    this.#pool = this.#watched(this.open());
    this.generation += 1;
    this.#old.add(old);
    // A pool that closes has answered all its requests, whatever it thinks of its own end.
    const forget = (): boolean => this.#old.delete(old);
    old.close().then(forget, forget);
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#pool.dispatch(options, handler);
  }

  get destroyed(): boolean {
    return this.#pool.destroyed;
  }

  override async close(): Promise<void> {
    this.#end();
    await this.#pool.close();
  }

  override async destroy(): Promise<void> {
    this.#end();
    await Promise.all([this.#pool, ...this.#old].map((pool) => pool.destroy()));
  }

  #end(): void {
    if (!this.#closed) this.onClosed();
    this.#closed = true;
  }

  /**
   * An agent lets a pool go when all its connections are closed. It counts them by origin, not by pool, so those of one that is closing
   * would be taken for those of the next: it is told once, when there is neither a connection nor a request.
   */
  #watched(pool: Pool): Pool {
    const look = (origin: URL, _targets: readonly Dispatcher[], error: errors.UndiciError): void => {
      const empty = [this.#pool, ...this.#old].every(({ stats }) => stats.connected === 0 && stats.size === 0);
      if (empty && !this.#closed) this.emit('disconnect', origin, [this], error);
    };
    return pool.on('disconnect', look).on('connectionError', look);
  }
}
