import { randomCode } from '../../lib/ids.js';
import { err, ok } from '../../lib/result.js';
import { readLongUrl } from './long-url.js';
import type { FunctionServices, LinkStore } from './ports.js';
import type { NewShortLink } from '../../model/link.js';

const DAY_MS = 86_400_000;
/** 62⁹ codes: nobody finds one by trying. */
const CODE_CHARS = 9;
/** A code that is taken is a matter of one in 10¹⁶; several in a row are a defect. */
const TRIES = 5;

export interface LinkMakerOptions {
  readonly store: Pick<LinkStore, 'add'>;
  readonly now: () => number;
  /** What others reach the redirects by, without a slash at the end. */
  readonly publicUrl: () => string;
  /** What else leads to the same redirects. */
  readonly alsoAt?: () => readonly string[];
  /** A random code of so many letters and digits; that of the system unless told. */
  readonly code?: (chars: number) => string;
}

/** Makes short links (docs/behaviour.md#short-links); see {@link FunctionServices}. */
export function linkMaker(options: LinkMakerOptions): FunctionServices['makeLink'] {
  const { store, now, publicUrl, alsoAt, code = randomCode } = options;
  return async (longUrl, days) => {
    const read = readLongUrl(longUrl);
    if (!read.ok) return read;
    const url = read.value;
    // Two links that lead to each other would redirect a visitor for ever.
    if ([publicUrl(), ...(alsoAt?.() ?? [])].some((base) => isShortLink(url, base))) return err('is a short link itself');
    const createdAt = now();
    const expiresAt = days === null ? null : createdAt + days * DAY_MS;
    for (let tries = 0; tries < TRIES; tries++) {
      const link: NewShortLink = { code: code(CODE_CHARS), url, createdAt, expiresAt };
      if (await store.add(link)) return ok({ link, shortUrl: `${redirects(publicUrl())}${link.code}` });
    }
    throw new Error(`no free code for a short link in ${TRIES} tries`);
  };
}

/** What every short link below this address begins with. */
function redirects(base: string): string {
  return `${base.replace(/\/+$/u, '')}/s/`;
}

/** True of an address below the redirects; http and https are the same machine. */
function isShortLink(url: string, base: string): boolean {
  const [one, own] = [new URL(url), new URL(redirects(base))];
  return one.hostname === own.hostname && portOf(one) === portOf(own) && one.pathname.startsWith(own.pathname);
}

function portOf({ port }: URL): string {
  return port === '80' || port === '443' ? '' : port;
}

/** Where a code leads. An expired link is told from one that never was. */
export async function followLink(
  store: Pick<LinkStore, 'find' | 'visited'>,
  code: string,
  { now, count }: { readonly now: number; readonly count: boolean },
): Promise<{ readonly kind: 'found'; readonly url: string } | { readonly kind: 'unknown' | 'expired' }> {
  const link = await store.find(code);
  if (link === null) return { kind: 'unknown' };
  if (link.expiresAt !== null && link.expiresAt <= now) return { kind: 'expired' };
  if (count) store.visited(code, now);
  return { kind: 'found', url: link.url };
}
