import type { SessionDescription } from 'sdp-transform';
import type { Law } from '../codec/audio.js';

/*
 * From payload types to what they carry. An offer may say several things of one number, by mistake or because a gateway has put two lists
 * together: what we can use of it counts, in the order of the lines.
 */

type MediaLine = SessionDescription['media'][number];
type RtpMap = MediaLine['rtp'][number];

/** RFC 3551 §6: static types need no rtpmap. */
const STATIC_TYPES: ReadonlyMap<number, Law> = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
]);
/** Both codecs, preferred first. */
export const ALL_LAWS: readonly Law[] = [...STATIC_TYPES.values()];
const CLOCK_RATE = 8000;

/** The first payload type that is one of `laws`, for the offerer's order counts (RFC 3264 §6.1). */
export function codecOf(line: MediaLine, laws: readonly Law[]): { readonly payloadType: number; readonly law: Law } | null {
  for (const payloadType of typesOf(line)) {
    const law = lawsOfType(line, payloadType).find((one) => laws.includes(one));
    if (law !== undefined) return { payloadType, law };
  }
  return null;
}

/** The first payload type of telephone-event at the clock rate of our codecs (RFC 4733 §2.1), other than that of the audio. */
export function eventTypeOf(line: MediaLine, audio: number): number | null {
  return typesOf(line).find((type) => type !== audio && mapsOf(line, type).some(isEvent)) ?? null;
}

function lawsOfType(line: MediaLine, type: number): readonly Law[] {
  const maps = mapsOf(line, type);
  const fixed = STATIC_TYPES.get(type);
  if (maps.length === 0) return fixed === undefined ? [] : [fixed];
  return maps.map(lawOf).filter((law) => law !== null);
}

/** A field as text: the library hands over digits as numbers, against its own types. */
export function textOf(field: unknown): string {
  return typeof field === 'string' || typeof field === 'number' ? String(field) : '';
}

function mapsOf(line: MediaLine, type: number): readonly RtpMap[] {
  return line.rtp.filter(({ payload }) => payload === type);
}

function typesOf({ payloads }: MediaLine): readonly number[] {
  return textOf(payloads)
    .split(/\s+/)
    .filter((type) => /^\d{1,3}$/.test(type))
    .map(Number)
    .filter((type) => type < 128);
}

function lawOf(map: RtpMap): Law | null {
  const name = nameOf(map);
  const mono = map.encoding === undefined || map.encoding === 1;
  return (name === 'PCMU' || name === 'PCMA') && hasOurClock(map) && mono ? name : null;
}

function isEvent(map: RtpMap): boolean {
  return nameOf(map) === 'TELEPHONE-EVENT' && hasOurClock(map);
}

/** Names are compared without case (RFC 4855 §3). */
function nameOf({ codec }: RtpMap): string {
  return textOf(codec).toUpperCase();
}

/** The rate may be missing, though RFC 4566 §6 wants it: it is 8,000 for everything we know. */
function hasOurClock({ rate }: RtpMap): boolean {
  return rate === undefined || rate === CLOCK_RATE;
}
