/** Numbers some phones use for keys that are no digits (`Signal=10` for `*`, RFC 4733 event numbers). */
const NUMBERED: Readonly<Record<string, string>> = { '10': '*', '11': '#', '12': 'A', '13': 'B', '14': 'C', '15': 'D' };

/**
 * The key a SIP INFO carries, or null: `application/dtmf-relay` (`Signal=5` and a duration) and `application/dtmf` (the key alone).
 * Both are used widely and standardised nowhere; RFC 6086 only gives INFO its frame.
 */
export function dtmfOfInfo(contentType: string, body: string): string | null {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  const text = body.slice(0, 256);
  if (type === 'application/dtmf-relay') return key(/^\s*signal\s*=\s*(\S{1,2})\s*$/im.exec(text)?.[1]);
  if (type === 'application/dtmf') return key(text.trim());
  return null;
}

function key(signal: string | undefined): string | null {
  if (signal === undefined) return null;
  const named = NUMBERED[signal] ?? signal.toUpperCase();
  return /^[0-9*#A-D]$/.test(named) ? named : null;
}
