import type { SessionDescription } from 'sdp-transform';
import { codecNamed, staticCodec, type Codec, type CodecName } from '../codec/codec.js';

/*
 * From payload types to what they carry. An offer may say several things of one number, by mistake or because a gateway has put two lists
 * together: what we can use of it counts, in the order of the lines.
 */

type MediaLine = SessionDescription['media'][number];
type RtpMap = MediaLine['rtp'][number];

/** A codec and the payload type that a description gives it. */
export interface OfferedCodec {
  readonly payloadType: number;
  readonly codec: Codec;
}

/** The first payload type that is one of `names`, for the offerer's order counts (RFC 3264 §6.1). */
export function codecOf(line: MediaLine, names: readonly CodecName[]): OfferedCodec | null {
  for (const payloadType of typesOf(line)) {
    const codec = codecsOfType(line, payloadType).find(({ name }) => names.includes(name));
    if (codec !== undefined) return { payloadType, codec };
  }
  return null;
}

/** The first payload type of telephone-event at the clock rate of the audio (RFC 4733 §2.1), other than that of the audio. */
export function eventTypeOf(line: MediaLine, { payloadType, codec }: OfferedCodec): number | null {
  const isEvent = (map: RtpMap): boolean => nameOf(map).toLowerCase() === 'telephone-event' && hasClock(map, codec.clockRate);
  return typesOf(line).find((type) => type !== payloadType && mapsOf(line, type).some(isEvent)) ?? null;
}

function codecsOfType(line: MediaLine, type: number): readonly Codec[] {
  const maps = mapsOf(line, type);
  // RFC 3551 §6: static types need no rtpmap.
  const meant = maps.length === 0 ? [staticCodec(type)] : maps.map(codecOfMap);
  return meant.filter((codec) => codec !== null);
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

function codecOfMap(map: RtpMap): Codec | null {
  const codec = codecNamed(nameOf(map));
  const mono = map.encoding === undefined || map.encoding === 1;
  return codec !== null && hasClock(map, codec.clockRate) && mono ? codec : null;
}

/** To be compared without case (RFC 4855 §3). */
function nameOf({ codec }: RtpMap): string {
  return textOf(codec);
}

/** The rate may be missing, though RFC 4566 §6 wants it: every name we know has one rate only. */
function hasClock({ rate }: RtpMap, clockRate: number): boolean {
  return rate === undefined || rate === clockRate;
}
