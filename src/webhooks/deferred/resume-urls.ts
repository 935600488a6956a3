import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { randomHex } from '../../lib/ids.js';
import type { Logger } from '../../lib/log/log.js';
import { isLoopback } from '../../lib/loopback.js';
import type { DeferredAnswer as DeferredAnswer } from '../../model/deferred-answer.js';

/** What became of a late answer. `gone`: the URL was used already, its time is over, or its call is. */
export type ResumeOutcome = 'taken' | 'gone' | 'unknown' | 'too-large';

/** The deferred answer of one request, which its service may send to the resume URL. */
export interface PendingAnswer {
  /** The resume URL: where the service sends the answer. It holds a secret. */
  readonly url: string;
  /** Resolves with the answer, whenever it comes; never when it does not. */
  readonly answer: Promise<DeferredAnswer>;
  /** The answer is there. */
  readonly answered: boolean;
  /** Closes the URL: nothing waits for the answer any more. Idempotent. */
  close(): void;
}

interface Waiting {
  readonly maxBytes: number;
  readonly take: (answer: DeferredAnswer) => void;
}

const RANDOM_BYTES = 18;
const PROOF_BYTES = 16;
const KEY_BYTES = 32;
/** Keeps proofs apart from whatever else the site's key signs (RFC 5869 §3.2). */
const KEY_PURPOSE = 'offhook resume URL';

/** The first in hex, the second in base64url. */
const TOKEN = /^([0-9a-f]{36})([\w-]{22})$/u;

/**
 * The one-time resume URLs of requests whose answer is deferred. A token is 144 random bits and a proof that this site made it. By the proof
 * a URL that is over, even one of an earlier process, is distinguished from one that never existed, without storing it. Only requests that
 * wait are kept.
 */
export class ResumeUrls {
  readonly #waiting = new Map<string, Waiting>();
  readonly #key: Uint8Array;
  #base: string | null = null;
  #warned = false;

  /** @param signingKey of the site, kept over restarts */
  constructor(
    signingKey: Uint8Array,
    private readonly log: Logger,
  ) {
    this.#key = new Uint8Array(hkdfSync('sha256', signingKey, '', KEY_PURPOSE, KEY_BYTES));
  }

  /** Sets the URL by which services reach the API; before that no service is offered to defer its answer. */
  reachableAt(url: string): void {
    this.#base = url.replace(/\/+$/u, '');
  }

  /** Opens a resume URL for a request; null when the API cannot be reached. */
  open(maxBytes: number): PendingAnswer | null {
    if (this.#base === null) return null;
    this.#warnOnce(this.#base);
    const chance = randomHex(RANDOM_BYTES);
    const token = chance + this.#proof(chance);
    let answered = false;
    const answer = new Promise<DeferredAnswer>((resolve) => {
      this.#waiting.set(token, {
        maxBytes,
        take: (late) => {
          answered = true;
          resolve(late);
        },
      });
    });
    return {
      url: `${this.#base}/resume/${token}`,
      answer,
      get answered() {
        return answered;
      },
      close: () => {
        this.#waiting.delete(token);
      },
    };
  }

  /** The state of a token, before a body is read for it. */
  find(token: string): 'waiting' | 'gone' | 'unknown' {
    if (!this.#isOurs(token)) return 'unknown';
    return this.#waiting.has(token) ? 'waiting' : 'gone';
  }

  /** Hands an answer to the request that waits for it. Only `taken` uses the token up. */
  take(token: string, answer: DeferredAnswer): ResumeOutcome {
    if (!this.#isOurs(token)) return 'unknown';
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return 'gone';
    if (answer.body.length > waiting.maxBytes) return 'too-large';
    this.#waiting.delete(token);
    waiting.take(answer);
    return 'taken';
  }

  /** Requests that wait for a deferred answer. */
  get size(): number {
    return this.#waiting.size;
  }

  #proof(chance: string): string {
    return createHmac('sha256', this.#key).update(chance).digest().subarray(0, PROOF_BYTES).toString('base64url');
  }

  /** Asked before anything else, in constant time: the time taken tells a guesser nothing of the tokens that there are. */
  #isOurs(token: string): boolean {
    const [, chance, proof] = TOKEN.exec(token) ?? [];
    if (chance === undefined || proof === undefined) return false;
    // As texts: a proof has one spelling, though base64url would decode several to the same bytes.
    return timingSafeEqual(Buffer.from(this.#proof(chance)), Buffer.from(proof));
  }

  #warnOnce(base: string): void {
    if (this.#warned || !isLoopback(new URL(base).hostname.replace(/^\[|\]$/gu, ''))) return;
    this.#warned = true;
    this.log.warn(
      { url: base },
      'answers can only be sent later from this machine: set api.publicUrl to what services reach it by',
    );
  }
}
