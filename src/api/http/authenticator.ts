import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Code } from '../../lib/codes.js';
import { FailedLogins } from './failed-logins.js';

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

export type AuthResult = 'ok' | 'unauthorized' | 'throttled' | 'not-local';

/** The answer to a request that is refused, by the reason. */
export const AUTH_REFUSALS: Readonly<Record<Exclude<AuthResult, 'ok'>, readonly [status: number, code: Code]>> = {
  unauthorized: [401, 'API_UNAUTHORIZED'],
  throttled: [429, 'API_THROTTLED'],
  'not-local': [403, 'API_NOT_LOCAL'],
};

/** The part of a request that authentication reads, HTTP or WebSocket. */
export interface ApiClient {
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
}

export interface AuthenticatorOptions {
  readonly keys: readonly string[];
  /** Where web pages of ours come from, beside the address the request itself was sent to. */
  readonly publicUrl: () => string;
}

/**
 * Decides which requests may use the API. With configured keys: those that carry one. An address that sends many wrong keys is
 * throttled; a right key from the same address still works. Without keys (loopback only): programs of this machine, but no web
 * page in a browser of this machine, whatever host name it uses (DNS rebinding).
 */
export class Authenticator {
  readonly #digests: readonly Buffer[];
  readonly #publicUrl: () => string;
  readonly #failed = new FailedLogins();

  constructor({ keys, publicUrl }: AuthenticatorOptions) {
    this.#digests = keys.map(digest);
    this.#publicUrl = publicUrl;
  }

  async authenticate({ headers, address }: ApiClient): Promise<AuthResult> {
    if (this.#digests.length === 0) return this.#isLocal(headers) ? 'ok' : 'not-local';
    const key = keyOf(headers);
    if (key !== null && this.#isKnown(key)) return 'ok';
    return key !== null && (await this.#failed.tooMany(address)) ? 'throttled' : 'unauthorized';
  }

  /** Whether a WebSocket may be opened from a page: only from pages of ours. Programs send no Origin. */
  allowsOrigin({ origin, host }: IncomingHttpHeaders): boolean {
    if (origin === undefined) return true;
    if (!URL.canParse(origin)) return false;
    return origin === new URL(this.#publicUrl()).origin || (host !== undefined && new URL(origin).host === host);
  }

  close(): void {
    this.#failed.close();
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
