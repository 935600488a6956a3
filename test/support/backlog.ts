import type { Clock } from '../../src/lib/clock.js';
import type { Delivery, DeliveryStore, Settlement } from '../../src/webhooks/ports.js';

interface Waiting {
  readonly id: string;
  readonly webhook: string;
  dueAt: number | null;
  leasedUntil: number;
  attempts: number;
  state: Delivery['state'];
}

/**
 * A delivery store for very many deliveries: a heap by due time for each target, nothing copied. Held to the same rules as the others as
 * far as an outage needs them (no streams, no replay). It counts what the outbox has in its hands.
 */
export class Backlog implements DeliveryStore {
  readonly #all = new Map<string, Waiting>();
  /** Ids by due time, smallest first, of each target; stale entries are skipped. */
  readonly #due = new Map<string, { readonly at: number; readonly id: string }[]>();
  settledTwice = 0;
  #given = new Set<string>();
  /** Most that the outbox had claimed and not settled at one time since this was last read. */
  #most = 0;

  constructor(private readonly clock: Clock) {}

  get given(): number {
    const most = this.#most;
    this.#most = this.#given.size;
    return most;
  }

  put(webhook: string, dueAt: number): void {
    const id = `${webhook}-${this.#all.size}`;
    this.#all.set(id, { id, webhook, dueAt, leasedUntil: 0, attempts: 0, state: 'pending' });
    this.#push(webhook, dueAt, id);
  }

  delivered(webhook: string): number {
    let count = 0;
    for (const item of this.#all.values()) if (item.webhook === webhook && item.state === 'delivered') count += 1;
    return count;
  }

  claimDue(now: number, limit: number, leaseMs: number, except: readonly string[] = []): Promise<readonly Delivery[]> {
    const claimed: Delivery[] = [];
    for (const [webhook, queue] of this.#due) {
      if (except.includes(webhook)) continue;
      while (claimed.length < limit && (queue[0]?.at ?? Infinity) <= now) {
        const item = this.#all.get(this.#pop(queue));
        if (item === undefined) continue;
        item.leasedUntil = now + leaseMs;
        this.#given.add(item.id);
        claimed.push(this.#shown(item));
      }
    }
    this.#most = Math.max(this.#most, this.#given.size);
    return Promise.resolve(claimed);
  }

  settle(id: string, { attempt, state, dueAt }: Settlement): Promise<void> {
    const item = this.#all.get(id);
    if (item === undefined) throw new Error(`no delivery ${id}`);
    if (item.state !== 'pending' || !this.#given.delete(id)) this.settledTwice += 1;
    Object.assign(item, { state, dueAt, attempts: attempt?.n ?? item.attempts });
    if (dueAt !== null) this.#push(item.webhook, dueAt, id);
    return Promise.resolve();
  }

  nextDue(except: readonly string[] = []): Promise<number | null> {
    const heads = [...this.#due].flatMap(([webhook, [head]]) =>
      head === undefined || except.includes(webhook) ? [] : [head.at],
    );
    return Promise.resolve(heads.length === 0 ? null : Math.min(...heads));
  }

  add = (): Promise<void> => Promise.resolve();
  catchUp = (): Promise<void> => Promise.resolve();
  replay = (): Promise<boolean> => Promise.resolve(false);
  replayAll = (): Promise<number> => Promise.resolve(0);
  revise = (): Promise<'amended'> => Promise.resolve('amended');
  disable = (): Promise<void> => Promise.resolve();
  enable = (): Promise<boolean> => Promise.resolve(false);
  disabled = (): Promise<[]> => Promise.resolve([]);

  #shown({ id, webhook, dueAt, attempts, state }: Waiting): Delivery {
    const made = Array.from({ length: attempts }, (_, i) => ({ n: i + 1, at: 0, ms: 0, status: null, error: 'x' }));
    return { id, callId: id, kind: 'report', webhook, body: '{}', state, createdAt: this.clock.now(), dueAt, attempts: made };
  }

  #push(webhook: string, at: number, id: string): void {
    const queue = this.#due.get(webhook) ?? [];
    this.#due.set(webhook, queue);
    let place = queue.push({ at, id }) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const [above, own] = [queue[parent], queue[place]];
      if (above === undefined || own === undefined || above.at <= own.at) return;
      [queue[parent], queue[place]] = [own, above];
      place = parent;
    }
  }

  #pop(queue: { readonly at: number; readonly id: string }[]): string {
    const [top] = queue;
    const last = queue.pop();
    if (top === undefined || last === undefined) return '';
    if (queue.length === 0) return top.id;
    queue[0] = last;
    for (let place = 0; ;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let least = place;
      for (const child of [left, right]) if ((queue[child]?.at ?? Infinity) < (queue[least]?.at ?? Infinity)) least = child;
      const [own, other] = [queue[place], queue[least]];
      if (least === place || own === undefined || other === undefined) return top.id;
      [queue[place], queue[least]] = [other, own];
      place = least;
    }
  }
}
