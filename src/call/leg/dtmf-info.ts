import { INFO_TYPES } from '../../sip/types.js';

/** What some phones write for keys that are no digits (`Signal=10` for `*`, RFC 4733 event numbers). */
const NAMED: Readonly<Record<string, string>> = {
  '10': '*',
  '11': '#',
  '12': 'A',
  '13': 'B',
  '14': 'C',
  '15': 'D',
  STAR: '*',
  POUND: '#',
  HASH: '#',
};
/** `Signal=5`, and how else the field is called and set apart: `Signal:5`, `Digit = 5`, `d=5`, `s="5"`. */
const FIELD = /^[ \t]*(?:signal|digits?|dtmf|key|d|s)[ \t]*[=:][ \t]*"?([^\s"]{1,5})"?[ \t]*(?:[;,].*)?$/im;

/** Whether a SIP INFO of that Content-Type carries a key. */
export function isDtmfInfo(contentType: string): boolean {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  return INFO_TYPES.some((known) => known === type);
}

/**
 * The key in the body of a SIP INFO of one of {@link INFO_TYPES}, or null: in a field (`Signal=5`, by the letter
 * `application/dtmf-relay`) or alone (`application/dtmf`); phones mix the two.
 */
export function dtmfOfInfo(body: string): string | null {
  const text = body.slice(0, 256).replaceAll('\r', '\n');
  const signal = FIELD.exec(text)?.[1] ?? text.trim();
  const named = NAMED[signal.toUpperCase()] ?? signal.toUpperCase();
  return /^[0-9*#A-D]$/.test(named) ? named : null;
}
