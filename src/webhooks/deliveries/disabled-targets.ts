import type { Logger } from '../../lib/log/log.js';
import { ENDPOINT_GONE } from './delivery.js';
import type { DeliveryStore, DeliveryTarget } from '../ports.js';
import type { DisabledTarget } from '../../model/delivery.js';

/**
 * The targets that answered 410, as the store has them: nothing is sent there until somebody enables them, or they get another URL.
 * Their one writer.
 */
export class DisabledTargets {
  /** Null until they were read. */
  #known: Map<string, DisabledTarget> | null = null;

  constructor(
    private readonly store: Pick<DeliveryStore, 'disable' | 'enable' | 'disabled'>,
    private readonly log: Logger,
  ) {}

  /** Reads them once; call it before anything is sent. */
  async load(): Promise<void> {
    if (this.#known !== null) return;
    const found = await this.store.disabled();
    this.#known = new Map(found.map((target) => [target.webhook, target]));
    for (const { webhook } of found) this.log.warn({ webhook }, 'this webhook answered 410 and is sent nothing');
  }

  /** Whether nothing may be sent to it. One that has another URL since is another endpoint, and enabled. */
  async has(target: DeliveryTarget): Promise<boolean> {
    const found = this.#known?.get(target.name);
    if (found === undefined) return false;
    if (found.url === target.url) return true;
    await this.enable(target.name);
    this.log.info({ webhook: target.name }, 'the webhook has another URL and is sent to again');
    return false;
  }

  /** Remembers that it is gone; what is pending for it dies with that cause. */
  async add({ name: webhook, url }: DeliveryTarget, at: number): Promise<void> {
    if (this.#known?.get(webhook)?.url === url) return;
    const disabled = { webhook, url, at };
    // Before the store has it: what is claimed meanwhile must not go out.
    this.#known?.set(webhook, disabled);
    await this.store.disable(disabled, ENDPOINT_GONE);
    this.log.error(
      { code: 'WEBHOOK_GONE', webhook },
      'the webhook answered 410: it is sent nothing more until it is enabled again or has another URL',
    );
  }

  /** False when it was not gone. */
  async enable(webhook: string): Promise<boolean> {
    const was = await this.store.enable(webhook);
    this.#known?.delete(webhook);
    return was;
  }
}
