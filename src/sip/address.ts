import { holdsControls } from './headers.js';
import type { SipAddress } from './types.js';

/** Longest address header taken; more is refused before any other parser sees it. */
export const MAX_ADDRESS = 2048;

const SCHEMES = ['sip:', 'sips:', 'tel:'] as const;

/**
 * A From, To, Contact or P-Asserted-Identity value (name-addr or addr-spec, RFC 3261 §25.1), or null when it is none.
 * Linear in its input; only the first address of a list is read.
 */
export function parseAddress(text: string): SipAddress | null {
  const value = text.trim();
  if (value.length > MAX_ADDRESS) return null;
  let rest = value;
  let displayName: string | null = null;
  if (value.startsWith('"')) {
    const end = closingQuote(value);
    if (end < 0) return null;
    displayName = value.slice(1, end).replace(/\\(.)/gs, '$1');
    rest = value.slice(end + 1).trimStart();
    if (!rest.startsWith('<')) return null;
  }
  const open = rest.indexOf('<');
  const semicolon = rest.indexOf(';');
  // Without angle brackets around the URI one may still stand in a quoted parameter (RFC 3261 §20.10).
  if (open < 0 || (semicolon >= 0 && semicolon < open)) return parseUri(rest.split(/[;,\s]/, 1)[0] ?? '', displayName);
  const close = rest.indexOf('>', open);
  if (close < 0) return null;
  displayName ??= rest.slice(0, open).trim() || null;
  return parseUri(rest.slice(open + 1, close).trim(), displayName);
}

/** A SIP, SIPS or tel URI as an address without a display name, or null. A tel URI's number is its user. */
export function parseUri(uri: string, displayName: string | null = null): SipAddress | null {
  if (uri.length > MAX_ADDRESS) return null;
  const lower = uri.slice(0, 5).toLowerCase();
  const scheme = SCHEMES.find((name) => lower.startsWith(name));
  if (scheme === undefined || /[\s<>"]/.test(uri)) return null;
  const body = uri.slice(scheme.length);
  if (scheme === 'tel:') {
    const user = decode(body.split(';', 1)[0] ?? '');
    return user === '' ? null : anonymised({ user, host: '', displayName, uri });
  }
  // RFC 3261 §19.1.1: the user part ends at the one unescaped @; what follows ; in it are its own parameters (RFC 3966).
  const at = body.indexOf('@');
  const user = at < 0 ? '' : decode((body.slice(0, at).split(':', 1)[0] ?? '').split(';', 1)[0] ?? '');
  const host = hostOf(at < 0 ? body : body.slice(at + 1));
  return host === '' ? null : anonymised({ user, host, displayName, uri });
}

/** A URI without its `?headers` part, which must not travel in a Request-URI (RFC 3261 §19.1.1, table 1). */
export function withoutHeaders(uri: string): string {
  return uri.split('?', 1)[0] ?? '';
}

/** User and host of a caller who is not to be named (RFC 3323 §4.1.1.3). */
const ANONYMOUS = { user: 'anonymous', host: 'anonymous.invalid', uri: 'sip:anonymous@anonymous.invalid' } as const;

/**
 * The address with nothing in it that a log, a header or a program of the site could take for a line end or a command: a user part that
 * hides control characters behind percent signs names nobody, and a display name with some is left out.
 */
function anonymised(address: SipAddress): SipAddress {
  const displayName = address.displayName !== null && holdsControls(address.displayName) ? null : address.displayName;
  return holdsControls(address.user) ? { ...ANONYMOUS, displayName: null } : { ...address, displayName };
}

function hostOf(hostport: string): string {
  const host = hostport.split(/[;?]/, 1)[0] ?? '';
  if (host.startsWith('[')) {
    const end = host.indexOf(']');
    return end < 0 ? '' : host.slice(0, end + 1);
  }
  return host.split(':', 1)[0] ?? '';
}

function closingQuote(value: string): number {
  for (let i = 1; i < value.length; i++) {
    if (value[i] === '\\') i++;
    else if (value[i] === '"') return i;
  }
  return -1;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % is not an escape: keep the text as it came.
    return text;
  }
}
