import { longName } from './headers.js';

/** One part of a multipart body: its headers by long lower-case name, and what follows them. */
export interface BodyPart {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Parts beyond these are not looked at. */
const MAX_PARTS = 20;
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i;

/** The parts of a multipart body (RFC 2046 §5.1), at most 20; null when the type names no boundary or the body does not have it. */
export function bodyParts(contentType: string, body: string): readonly BodyPart[] | null {
  const named = BOUNDARY.exec(contentType);
  const boundary = named?.[1] ?? named?.[2];
  if (boundary === undefined) return null;
  // What stands before the first boundary and behind the closing one is for readers without MIME.
  const [, ...pieces] = `\r\n${body}`.split(`\r\n--${boundary}`, MAX_PARTS + 1);
  const parts = pieces.filter((piece) => !piece.startsWith('--')).map(readPart);
  return parts.length === 0 ? null : parts;
}

/** A part without headers begins with an empty line. */
function readPart(piece: string): BodyPart {
  const blank = piece.indexOf('\r\n\r\n');
  const head = blank < 0 ? piece : piece.slice(0, blank);
  const headers = new Map<string, string>();
  for (const line of head.split(/\r\n(?![ \t])/).slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(longName(line.slice(0, colon).trim()), line.slice(colon + 1).trim());
  }
  return { headers, body: blank < 0 ? '' : piece.slice(blank + 4) };
}
