import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Code } from '../lib/codes.js';
import { WrongGuesses } from './wrong-guesses.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The key a request carries: `Authorization: Bearer KEY` or `X-API-Key: KEY`; null without one. */
export function keyOf(headers: IncomingHttpHeaders): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const plain = headers['x-api-key'];
  return typeof plain === 'string' && plain !== '' ? plain : null;
}

/** Name part of a Host or Origin, brackets removed. */
function nameOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : null;
}

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '::1']);

export type Verdict = 'ok' | 'unauthorized' | 'throttled' | 'not-local';

/** How a refused request is answered. */
export const REFUSALS: Readonly<Record<Exclude<Verdict, 'ok'>, readonly [status: number, code: Code]>> = {
  unauthorized: [401, 'API_UNAUTHORIZED'],
  throttled: [429, 'API_THROTTLED'],
  'not-local': [403, 'API_NOT_LOCAL'],
};

/** What is judged of a request, HTTP or WebSocket alike. */
export interface Visitor {
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
}

export interface GatekeeperOptions {
  readonly keys: readonly string[];
  /** Where web pages of ours come from, beside the address the request itself was sent to. */
  readonly publicUrl: () => string;
}

/**
 * Decides who may use the API. With keys: whoever has one; an address that keeps sending wrong ones is throttled, but never
 * keeps out somebody with the right one. Without keys (loopback only): programs of this machine, yet no web page a browser of
 * this machine happens to show, by whatever name it found us.
 */
export class Gatekeeper {
  readonly #digests: readonly Buffer[];
  readonly #publicUrl: () => string;
  readonly #wrong = new WrongGuesses();

  constructor({ keys, publicUrl }: GatekeeperOptions) {
    this.#digests = keys.map(digest);
    this.#publicUrl = publicUrl;
  }

  async judge({ headers, address }: Visitor): Promise<Verdict> {
    if (this.#digests.length === 0) return this.#isLocal(headers) ? 'ok' : 'not-local';
    const key = keyOf(headers);
    if (key !== null && this.#isKnown(key)) return 'ok';
    return key !== null && (await this.#wrong.tooMany(address)) ? 'throttled' : 'unauthorized';
  }

  /** Whether a WebSocket may be opened from a page: only from pages of ours. Programs send no Origin. */
  allowsOrigin({ origin, host }: IncomingHttpHeaders): boolean {
    if (origin === undefined) return true;
    if (!URL.canParse(origin)) return false;
    return origin === new URL(this.#publicUrl()).origin || (host !== undefined && new URL(origin).host === host);
  }

  close(): void {
    this.#wrong.close();
  }

  /** Compares with every key, each in constant time, so that the time taken tells nothing. */
  #isKnown(key: string): boolean {
    const given = digest(key);
    return this.#digests.map((known) => timingSafeEqual(given, known)).includes(true);
  }

  #isLocal({ host, origin }: IncomingHttpHeaders): boolean {
    const name = nameOf(`http://${host ?? ''}`);
    if (name === null || !LOCAL_NAMES.has(name)) return false;
    if (origin === undefined) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }
}
