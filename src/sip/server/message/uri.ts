import { isIPv4, isIPv6 } from 'node:net';

/** A `sip:` or `sips:` URI (RFC 3261 §19.1), parts as written, nothing unescaped. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | null;
  /** Lower case; IPv6 without its brackets. */
  readonly host: string;
  readonly port: number | null;
  /** Names in lower case; `''` for a parameter without value. */
  readonly params: ReadonlyMap<string, string>;
  /** Everything behind `?`, or null. */
  readonly headers: string | null;
}

const NO_PARAMS: ReadonlyMap<string, string> = new Map();
const SCHEME = /^([a-z][a-z\d+\-.]*):/i;
const HOST_PORT = /^(\[[\da-f:.]+\]|[a-z\d](?:[\w\-.]*[a-z\d])?\.?)(?::(\d{1,5}))?$/i;

/** Scheme of any URI in lower case, or null when there is none. */
export function schemeOf(uri: string): string | null {
  return SCHEME.exec(uri)?.[1]?.toLowerCase() ?? null;
}

/** Reads a `sip:`/`sips:` URI; null when it is another scheme or malformed. Never throws. */
export function parseSipUri(text: string): SipUri | null {
  const scheme = schemeOf(text);
  if (scheme !== 'sip' && scheme !== 'sips') return null;
  const afterScheme = text.slice(scheme.length + 1);
  // The user part may hold ';' and '?' (RFC 3261 §25.1 user-unreserved), so it is cut off first.
  const at = afterScheme.lastIndexOf('@');
  const userInfo = at === -1 ? null : afterScheme.slice(0, at);
  if (userInfo !== null && !isUserInfo(userInfo)) return null;
  let rest = afterScheme.slice(at + 1);
  const question = rest.indexOf('?');
  const headers = question === -1 ? null : rest.slice(question + 1);
  if (question !== -1) rest = rest.slice(0, question);
  const semicolon = rest.indexOf(';');
  const sentTo = parseHostPort(semicolon === -1 ? rest : rest.slice(0, semicolon));
  if (sentTo === null) return null;
  const user = userInfo === null ? null : (userInfo.split(':', 1)[0] ?? '');
  return { scheme, user, ...sentTo, params: semicolon === -1 ? NO_PARAMS : readParams(rest.slice(semicolon)), headers };
}

/** `host[:port]` of a URI; null when it is neither a name nor an address, or the port is none. */
export function parseHostPort(text: string): { host: string; port: number | null } | null {
  const match = HOST_PORT.exec(text);
  if (match?.[1] === undefined) return null;
  const written = match[1].toLowerCase();
  const host = written.startsWith('[') ? written.slice(1, -1) : written;
  if (written.startsWith('[') && !isIPv6(host)) return null;
  const port = match[2] === undefined ? null : Number(match[2]);
  return port !== null && (port === 0 || port > 65_535) ? null : { host, port };
}

function isUserInfo(text: string): boolean {
  return text !== '' && /^[^\s<>"@[\]\\^`{|}]+$/.test(text);
}

function readParams(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).toLowerCase();
    if (!params.has(name)) params.set(name, equals === -1 ? '' : part.slice(equals + 1));
  }
  return params;
}

/** An IP address or name as it stands in a URI or Via: IPv6 in brackets. */
export function hostForm(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** 4 or 6 for an IP literal (IPv6 without brackets), 0 for a name. */
export function ipFamily(host: string): 0 | 4 | 6 {
  if (isIPv4(host)) return 4;
  return isIPv6(host) ? 6 : 0;
}
