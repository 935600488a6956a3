import type { SipAddress } from '../../sip/types.js';

/** One line of the number plan: one number, every number that begins so, or all the rest. */
export type RouteEntry =
  | { readonly kind: 'exact' | 'prefix'; readonly number: string; readonly flow: string }
  | { readonly kind: 'default'; readonly flow: string };

/** A number plan. */
export interface Routes {
  /** The entry of a normalised number: exact, else the longest prefix, else the default; null when none fits. */
  find(number: string): RouteEntry | null;
}

/** RFC 3966 §5.1.1 visual separators, and spaces. */
const VISUAL_SEPARATORS = /[-.() ]/g;
const NUMBER = /^\+?[\-.() ]*[0-9*#][0-9*#\-.() ]*$/;

/**
 * A number the way routes compare it: without the leading `+` and without visual separators. Names (`sales`, `order-status`) stay
 * as they are: SIP user parts are case-sensitive (RFC 3261 §19.1.4).
 */
export function normaliseNumber(user: string): string {
  const text = user.trim();
  return NUMBER.test(text) ? text.replace(VISUAL_SEPARATORS, '').replace(/^\+/, '') : text;
}

/** A telephone-subscriber of RFC 3966 §3, with spaces; local numbers may hold the letters of keypads. */
const SUBSCRIBER = /^\+?[\-.() ]*[0-9*#][0-9*#a-d\-.() ]*$/i;

/**
 * The user part of an address as a number: where it is one by its URI (`tel:`, `user=phone`, a leading `+`), visual separators are
 * left out (RFC 3966 §5.1.1). A local number stays without its `phone-context`: the two together need be no number (§5.1.5).
 */
export function telephoneNumber({ user, uri }: Pick<SipAddress, 'user' | 'uri'>): string {
  const text = user.trim();
  const isNumber = text.startsWith('+') || /^tel:/iu.test(uri) || /;user=phone(?=[;?]|$)/iu.test(uri);
  return isNumber && SUBSCRIBER.test(text) ? text.replace(VISUAL_SEPARATORS, '') : text;
}

/** Builds the number plan. Of two entries for one number the first counts; the configuration's check reports such pairs. */
export function createRoutes(entries: readonly RouteEntry[]): Routes {
  const exact = new Map<string, RouteEntry>();
  const prefixes = new Map<string, RouteEntry>();
  for (const entry of entries) {
    const table = entry.kind === 'exact' ? exact : prefixes;
    // Every number begins with nothing.
    const key = entry.kind === 'default' ? '' : normaliseNumber(entry.number);
    if (!table.has(key)) table.set(key, entry);
  }
  const longest = Math.max(0, ...[...prefixes.keys()].map((key) => key.length));
  return {
    find(number) {
      const found = exact.get(number);
      if (found !== undefined) return found;
      for (let length = Math.min(longest, number.length); length >= 0; length--) {
        const prefix = prefixes.get(number.slice(0, length));
        if (prefix !== undefined) return prefix;
      }
      return null;
    },
  };
}
