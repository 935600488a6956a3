import { causeOfStatus } from './rfc3398.js';
import type { Warning } from './types.js';

/** Compact header names (RFC 3261 §7.3.3, RFC 3515, RFC 3841, RFC 3892, RFC 4028, RFC 6665, RFC 8224). */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Limits on what is kept of a caller's `X-*` headers. */
const MAX_CUSTOM_HEADERS = 50;
const MAX_CUSTOM_VALUE = 1024;
/** Most lines that are kept of one header. */
const MAX_LINES = 20;

/**
 * The headers of a received message, read from its own text: drachtio-srf joins repeated headers and does not know every compact
 * form, so that neither first values nor names as received can be had from it.
 */
export class HeaderTable {
  readonly #first = new Map<string, string>();
  readonly #lines = new Map<string, string[]>();
  readonly #custom: Record<string, string> = {};

  /** @param raw the message as received: start line, headers, blank line, body */
  constructor(raw: string) {
    const end = raw.indexOf('\r\n\r\n');
    const head = end < 0 ? raw : raw.slice(0, end);
    let custom = 0;
    // RFC 3261 §7.3.1: a line that begins with white space continues the one before.
    for (const line of head.split(/\r\n(?![ \t])/).slice(1)) {
      const colon = line.indexOf(':');
      if (colon < 1) continue;
      const name = line.slice(0, colon).trim();
      const value = line
        .slice(colon + 1)
        .replace(/\r\n[ \t]+/g, ' ')
        .trim();
      const key = longName(name);
      const lines = this.#lines.get(key) ?? [];
      if (lines.length < MAX_LINES) this.#lines.set(key, [...lines, value]);
      if (this.#first.has(key)) continue;
      this.#first.set(key, value);
      if (key.startsWith('x-') && value.length <= MAX_CUSTOM_VALUE && ++custom <= MAX_CUSTOM_HEADERS) {
        this.#custom[name] = value;
      }
    }
  }

  /** First value of a header by any case, compact forms included; null when absent. */
  get(name: string): string | null {
    return this.#first.get(longName(name)) ?? null;
  }

  /** Every line of a header, in order, at most 20; empty when absent. */
  all(name: string): readonly string[] {
    return this.#lines.get(longName(name)) ?? [];
  }

  /** `X-*` headers, names as received; at most 50, values of at most 1,024 characters. */
  get custom(): Readonly<Record<string, string>> {
    return this.#custom;
  }
}

/** The long lower-case name of a header by either of its names. */
export function longName(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

/** What is wrong with a header we are about to send, or null: a name that is no token, or CR, LF or NUL in the value. */
export function headerProblem(name: string, value: string): string | null {
  if (!/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(name)) return `"${JSON.stringify(name).slice(1, -1)}" is not a header name`;
  // Exactly these would end or cut the header (RFC 3261 §7.3.1).
  return /[\r\n\0]/.test(value) ? `the value of ${name} holds a line break or NUL` : null;
}

/** Characters that no text of a caller may carry on: controls, line ends, and those that turn the direction of writing. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu;

/** True when a text holds characters that {@link cleanText} takes out. */
export function holdsControls(text: string): boolean {
  return text.search(CONTROLS) >= 0;
}

/** A caller's text as it may be stored, sent and logged: runs of control characters become one space. */
export function cleanText(text: string): string {
  return text.replace(CONTROLS, ' ').trim();
}

/** Text safe inside a reason phrase or a quoted string: runs of white space, control characters, quotes and backslashes become one space. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\s"\\]+/gu, ' ').trim();
}

/** A Reason header value for a Q.850 cause (RFC 3326). */
export function reasonHeader(cause: number): string {
  return `Q.850;cause=${cause}`;
}

/** A Warning header value (RFC 3261 §20.43); we sign with a pseudonym, for our address may be nobody's business. */
export function warningHeader({ code, text }: Warning): string {
  return `${code} offhook "${plainText(text)}"`;
}

/** The cause and text of a Reason header (RFC 3326 §2); a SIP reason's status is turned into its cause. */
export function parseReason(value: string | null): { readonly cause: number | null; readonly text: string | null } {
  if (value === null) return { cause: null, text: null };
  const reason = value.slice(0, 1024);
  const text = /;\s*text\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))/i.exec(reason);
  const q850 = /(?:^|,)\s*Q\.850\s*;[^,]*?cause\s*=\s*(\d{1,3})(?!\d)/i.exec(reason);
  const sip = /(?:^|,)\s*SIP\s*;[^,]*?cause\s*=\s*(\d{3})(?!\d)/i.exec(reason);
  const cause = q850 !== null ? within(Number(q850[1])) : sip !== null ? causeOfStatus(Number(sip[1])) : null;
  return { cause, text: text === null ? null : (text[1] ?? text[2] ?? null) };
}

function within(cause: number): number | null {
  return cause >= 1 && cause <= 127 ? cause : null;
}
