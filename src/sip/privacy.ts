import { parseAddress } from './address.js';
import type { SipAddress } from './types.js';

/*
 * What a caller asks not to be told (RFC 3323, RFC 3325 §9.3, RFC 7044 §10.1), and what older networks say instead.
 */

/** The priv-values of a call's Privacy headers, lower case. Values are parted by `;`; commas are taken too. */
export function privacyOf(values: readonly string[]): ReadonlySet<string> {
  return new Set(
    values
      .flatMap((value) => value.toLowerCase().split(/[;,\s]+/u))
      .filter((value) => value !== '')
      .slice(0, 20),
  );
}

/** Values that restrict the presentation of the calling number, as networks read them (ITU-T Q.1912.5, 3GPP TS 29.163). */
const HIDES_NUMBER = ['id', 'user', 'header'];
/** Values that restrict where a call was meant to go before (RFC 7044 §10.1.2). */
const HIDES_HISTORY = ['history', 'header', 'session'];

/** True when the caller's number is not to be told. */
export function hidesNumber(privacy: ReadonlySet<string>): boolean {
  return HIDES_NUMBER.some((value) => privacy.has(value));
}

/** True when the way the call took is not to be told. */
export function hidesHistory(privacy: ReadonlySet<string>): boolean {
  return HIDES_HISTORY.some((value) => privacy.has(value));
}

const ANONYMOUS_USER = /^(?:anonymous|restricted|private|withheld)$/iu;
const ANONYMOUS_NAME =
  /^(?:anonymous|restricted|withheld|(?:private|withheld|restricted)(?: (?:number|caller))|number withheld)$/iu;

/** True for an address that says by itself that its number is withheld (RFC 3323 §4.1.1.3): user, host or display name. */
export function isAnonymous({ user, host, displayName }: SipAddress): boolean {
  return (
    ANONYMOUS_USER.test(user.trim()) ||
    /^(?:anonymous|restricted|unknown)\.invalid$/iu.test(host) ||
    (displayName !== null && ANONYMOUS_NAME.test(displayName.trim()))
  );
}

/** The values of a header that stands on several lines or holds several, parted at the commas that are not inside `<>` or quotes. */
export function listed(lines: readonly string[]): readonly string[] {
  return lines
    .flatMap((line) => line.match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<]|["<])+/gsu) ?? [])
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

/** The addresses of a list of address headers; what is none is left out. */
export function addressesIn(lines: readonly string[]): readonly SipAddress[] {
  return listed(lines).flatMap((value) => parseAddress(value) ?? []);
}
