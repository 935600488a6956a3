import { createHash } from 'node:crypto';
import { normaliseNumber } from '../call/inbound/routing.js';
import type { Flow } from '../flow/document/document.js';
import { background } from '../lib/log/background.js';
import type { Clock } from '../lib/clock.js';
import { CODES, type Code } from '../lib/codes.js';
import { randomCode, type Random } from '../lib/ids.js';
import type { JsonObject } from '../lib/json/json.js';
import type { Logger } from '../lib/log/log.js';
import { problem, type Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';
import { entryVersion, maskedSecret, patchedEntry, shownEntry } from '../webhooks/configured/entry.js';
import { type IntegrationChecks, readIntegration } from './check.js';
import type { IntegrationDocument } from './document.js';
import { integrationOf, targetName } from './event.js';
import type { IntegrationStore } from './ports.js';
import type { ChangedIntegration, ShownIntegration, StoredIntegration, Unfinished } from '../model/integration.js';
import type { DeliveryTarget } from '../webhooks/ports.js';
import { FlowLinks, type LinkedFlow } from './flow-links.js';

/** Why something was not done; nothing was changed. */
export interface IntegrationRefusal {
  readonly code: Code;
  readonly message: string;
  readonly problems: readonly Problem[];
}

type Outcome<T> = Result<T, IntegrationRefusal>;

/** A refusal with a message of its own, else with what its code means. */
export function integrationRefusal(
  code: Code,
  message: string = CODES[code].meaning,
  problems: readonly Problem[] = [],
): IntegrationRefusal {
  return { code, message, problems };
}

/** One that is gone, with what it did not tell any more. */
export type RemovedIntegration = Unfinished & { readonly id: string };

interface Kept {
  readonly stored: StoredIntegration;
  readonly document: IntegrationDocument;
}

export interface BookOptions {
  readonly store: IntegrationStore;
  readonly checks: IntegrationChecks;
  readonly flows: () => ReadonlyMap<string, Flow>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'uuid'>;
  readonly log: Logger;
  /** How many calls of an integration live in this process. */
  readonly live: (id: string) => number;
  /** Called after an integration was started, or has another URL: its target may be sent to again. */
  readonly revived: (target: string) => void;
}

/** Most integrations of one installation; all are kept in memory. */
const MAX_INTEGRATIONS = 1000;
/** Why deliveries are dead whose integration was deleted before they went out. */
const DELETED = 'integration deleted';
/** 32 letters and digits: 190 bits. */
const TOKEN_CHARS = 32;

/** SHA-256 of a token, hex. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * The integrations of this installation (docs/behaviour.md#integration-life): kept in the store and, whole, in memory. Their one
 * writer; changes are made one after the other.
 */
export class IntegrationBook {
  readonly #kept = new Map<string, Kept>();
  readonly #unreadable = new Set<string>();
  /** Which active integration has a number. */
  #numbers: ReadonlyMap<string, string> = new Map();
  readonly #links: FlowLinks;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly options: BookOptions) {
    this.#links = new FlowLinks(options);
  }

  /**
   * Reads them all. One that lacks something since (a secret) stays in use: what cannot be sent is tried again. One that cannot be read
   * is left out; what the store has of it stays.
   */
  static async open(options: BookOptions): Promise<IntegrationBook> {
    const book = new IntegrationBook(options);
    for (const stored of await options.store.all()) {
      const { document, problems } = readIntegration(stored.document, options.checks);
      if (document !== null) book.#kept.set(stored.id, { stored, document });
      else book.#unreadable.add(stored.id);
      const errors = problems.filter(({ severity }) => severity === 'error');
      if (errors.length > 0)
        options.log.error({ code: errors[0]?.code, integration: stored.id, problems: errors }, 'an integration is not in order');
    }
    book.#index();
    await book.#links.load();
    return book;
  }

  // What calls and deliveries ask.

  /** The active integration a new call belongs to: the one its flow names, else the one its number is connected to; or null. */
  of(flow: { readonly integration?: string | undefined } | undefined, did: string): string | null {
    const named = flow?.integration;
    if (named !== undefined) return this.#kept.get(named)?.stored.active === true ? named : null;
    return this.#numbers.get(normaliseNumber(did)) ?? null;
  }

  /** An integration, active or not. */
  get(id: string): { readonly id: string; readonly active: boolean; readonly document: IntegrationDocument } | undefined {
    const kept = this.#kept.get(id);
    return kept === undefined ? undefined : { id, active: kept.stored.active, document: kept.document };
  }

  /** Whether it is active; null: there is none. */
  isActive(id: string): boolean | null {
    return this.#kept.get(id)?.stored.active ?? null;
  }

  /** Where deliveries of that name go; undefined when it is no integration's. */
  target(name: string): DeliveryTarget | undefined {
    const kept = this.#kept.get(integrationOf(name) ?? '');
    if (kept === undefined) return undefined;
    const { url, auth, sign } = kept.document;
    return { name, url, auth, sign };
  }

  /** True for the token of that integration. Hashes are compared: the time it takes tells nothing of the token. */
  isToken(id: string, token: string): boolean {
    return this.#kept.get(id)?.stored.tokenHash === tokenHash(token);
  }

  /** The flows have changed. */
  flowsChanged(): Promise<void> {
    return this.#exclusive(() => this.#links.sync());
  }

  // What the API shows and does.

  list(): readonly ShownIntegration[] {
    return [...this.#kept.keys()].flatMap((id) => this.#card(id) ?? []);
  }

  find(id: string): Outcome<ShownIntegration> {
    const card = this.#card(id);
    return card === null ? err(unknown(id)) : ok(card);
  }

  /** Flows that name it (docs/behaviour.md#linked-flows). */
  linkedFlows(id: string): Outcome<readonly LinkedFlow[]> {
    return this.#kept.has(id) ? ok(this.#links.of(id)) : err(unknown(id));
  }

  /** Adds one, not active. The token is shown this once. */
  create(id: string | null, fields: JsonObject): Promise<Outcome<ChangedIntegration & { readonly token: string }>> {
    return this.#exclusive(async () => {
      const { clock, random } = this.options;
      const name = id ?? random.uuid();
      if (this.#kept.has(name) || this.#unreadable.has(name))
        return err(integrationRefusal('INTEGRATION_ID_TAKEN', `There is an integration ${name} already.`));
      if (this.#kept.size >= MAX_INTEGRATIONS) return err(integrationRefusal('INTEGRATION_TOO_MANY'));
      const token = randomCode(TOKEN_CHARS);
      const now = clock.now();
      const stored = { id: name, document: fields, active: false, tokenHash: tokenHash(token), createdAt: now, changedAt: now };
      const changed = await this.#put(stored);
      return changed.ok ? ok({ ...changed.value, token }) : changed;
    });
  }

  /** Lays fields over it; see `patchedEntry`. */
  change(id: string, patch: JsonObject, expected: string | null): Promise<Outcome<ChangedIntegration>> {
    return this.#onOne(id, ({ stored }) => {
      if (expected !== null && expected !== entryVersion(stored.document)) return err(integrationRefusal('INTEGRATION_VERSION'));
      return this.#put({ ...stored, document: patchedEntry(stored.document, patch) as JsonObject });
    });
  }

  /** From now on it gets the events of new calls. */
  start(id: string): Promise<Outcome<ChangedIntegration>> {
    return this.#onOne(id, async ({ stored }) => {
      const started = await this.#put({ ...stored, active: true });
      if (started.ok) this.options.revived(targetName(id));
      return started;
    });
  }

  /**
   * New calls send it no events; live calls send theirs up to END. Refused while flows name it (docs/behaviour.md#linked-flows).
   */
  stop(id: string): Promise<Outcome<ChangedIntegration>> {
    return this.#onOne(id, ({ stored }) => this.#linked(id) ?? this.#put({ ...stored, active: false }));
  }

  /**
   * Deletes it. Refused while flows name it, and while calls of it live or events wait, whose END would be lost; `force` gives
   * these up. Answers what was given up.
   */
  remove(id: string, force: boolean): Promise<Outcome<RemovedIntegration>> {
    return this.#onOne(id, async ({ stored }) => {
      const linked = this.#linked(id);
      if (linked !== null) return linked;
      const { store, log } = this.options;
      const left = await store.remove({ id, target: targetName(id), giveUp: force ? DELETED : null });
      const live = Math.max(left.live, this.options.live(id));
      if (live + left.waiting > 0 && !force) {
        // A call that began meanwhile brings it back.
        if (left.live + left.waiting === 0) await store.save(stored);
        return err(this.#unfinished(id, { ...left, live }));
      }
      this.#kept.delete(id);
      this.#index();
      if (live + left.waiting > 0) log.warn({ integration: id, ...left, live }, 'an integration was deleted before its last END');
      return ok({ id, live, waiting: left.waiting });
    });
  }

  /**
   * Holds every change back until what is answered is called: while the calls of an earlier process are given their ends, their
   * integrations stay as they are.
   */
  hold(): () => void {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    background('holding integrations', this.options.log, () => this.#exclusive(() => held));
    return release;
  }

  /** Makes a new token; the old one is worth nothing from now on. */
  rotate(id: string): Promise<Outcome<{ readonly id: string; readonly token: string }>> {
    return this.#onOne(id, async ({ stored, document }) => {
      const token = randomCode(TOKEN_CHARS);
      await this.#keep({ ...stored, tokenHash: tokenHash(token) }, document);
      return ok({ id, token });
    });
  }

  /** Checks it as it would be, and keeps it. */
  async #put(stored: StoredIntegration): Promise<Outcome<ChangedIntegration>> {
    const masked = maskedSecret(stored.document);
    if (masked !== null) {
      const message = `\`auth.${masked}\` is ***, which stands for a secret that is there already, and there is none.`;
      return err(integrationRefusal('INTEGRATION_INVALID', message));
    }
    const { document, problems } = readIntegration(stored.document, this.options.checks);
    const taken = document === null ? [] : this.#numberProblems(document);
    const errors = [...problems.filter(({ severity }) => severity === 'error'), ...taken];
    const [first] = errors;
    if (document === null || first !== undefined) {
      return err(integrationRefusal('INTEGRATION_INVALID', first?.message, errors));
    }
    const conflict = stored.active ? this.#conflict(stored.id, document) : null;
    if (conflict !== null) return err(conflict);
    const before = this.#kept.get(stored.id);
    await this.#keep({ ...stored, changedAt: this.options.clock.now() }, document);
    if (before !== undefined && before.document.url !== document.url) this.options.revived(targetName(stored.id));
    const found = this.find(stored.id);
    return found.ok ? ok({ ...found.value, warnings: problems }) : found;
  }

  async #keep(stored: StoredIntegration, document: IntegrationDocument): Promise<void> {
    await this.options.store.save(stored);
    this.#kept.set(stored.id, { stored, document });
    this.#index();
  }

  #index(): void {
    const active = [...this.#kept.values()].filter(({ stored }) => stored.active);
    this.#numbers = new Map(
      active.flatMap(({ stored, document }) =>
        document.connections.map((number) => [normaliseNumber(number), stored.id] as const),
      ),
    );
  }

  /** A number twice in one integration. */
  #numberProblems({ connections }: IntegrationDocument): Problem[] {
    const numbers = connections.map(normaliseNumber);
    return numbers.flatMap((number, index) => {
      if (numbers.indexOf(number) === index) return [];
      const message = `The number ${connections[index] ?? ''} is in the list already.`;
      return [problem('INTEGRATION_INVALID', { path: `$.connections[${index}]`, message })];
    });
  }

  /** A number belongs to one active integration (docs/behaviour.md#connections). */
  #conflict(id: string, { connections }: IntegrationDocument): IntegrationRefusal | null {
    const taken = connections.flatMap((number) => {
      const owner = this.#numbers.get(normaliseNumber(number));
      return owner === undefined || owner === id ? [] : [`${number} belongs to ${this.#named(owner)}`];
    });
    return taken.length === 0 ? null : integrationRefusal('INTEGRATION_CONNECTION_TAKEN', `${taken.join('; ')}.`);
  }

  #linked(id: string): Result<never, IntegrationRefusal> | null {
    const flows = this.#links.of(id).map(({ id: flow, name }) => `${flow} (${name})`);
    const message = `These flows name the integration ${this.#named(id)}: ${flows.join(', ')}.`;
    return flows.length === 0 ? null : err(integrationRefusal('INTEGRATION_LINKED', message));
  }

  #unfinished(id: string, { live, waiting }: Unfinished): IntegrationRefusal {
    const message = `${this.#named(id)}: ${live} of its calls live, ${waiting} of its events wait to be delivered.`;
    return integrationRefusal('INTEGRATION_UNFINISHED', message);
  }

  #named(id: string): string {
    const alias = this.#kept.get(id)?.document.alias;
    return alias === undefined ? id : `${id} (${alias})`;
  }

  #card(id: string): ShownIntegration | null {
    const kept = this.#kept.get(id);
    if (kept === undefined) return null;
    const { stored, document } = kept;
    const { active, createdAt, changedAt } = stored;
    return {
      id,
      alias: document.alias,
      active,
      integration: shownEntry({ ...document }),
      version: entryVersion(stored.document),
      createdAt,
      changedAt,
      flows: this.#links.of(id).length,
    };
  }

  #onOne<T>(id: string, change: (kept: Kept) => Promise<Outcome<T>> | Outcome<T>): Promise<Outcome<T>> {
    return this.#exclusive(async () => {
      const kept = this.#kept.get(id);
      return kept === undefined ? err(unknown(id)) : change(kept);
    });
  }

  /** One change after the other. */
  #exclusive<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function unknown(id: string): IntegrationRefusal {
  return integrationRefusal('INTEGRATION_UNKNOWN', `There is no integration ${id}.`);
}
