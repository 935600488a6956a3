import { parse } from 'sdp-transform';
import { type Codec, codecNamed, CODECS, staticCodec, type CodecName } from '../media/codec/codec.js';
import { FRAME_MS, SAMPLE_RATE } from '../media/codec/frame.js';
import type { Direction } from './types.js';

/*
 * The phone's own SDP: written and read apart from the engine's, so that a fault there cannot hide behind the same fault here. Only
 * the table of codecs is common to both.
 */

/** Ours for telephone-event in offers. */
export const EVENT_TYPE = 101;

/** What the far end said about its audio. */
export interface FarMedia {
  readonly address: string;
  readonly port: number;
  readonly codec: CodecName;
  /** Payload type it wants that codec in. */
  readonly payloadType: number;
  /** Payload type it wants telephone-events in; null when it takes none. */
  readonly eventType: number | null;
  readonly direction: Direction;
}

export interface OwnMedia {
  readonly address: string;
  readonly port: number;
  readonly types: readonly { readonly codec: CodecName; readonly payloadType: number }[];
  readonly eventType: number;
  readonly direction: Direction;
  /** Of the session; rises with every description (RFC 3264 §8). */
  readonly version: number;
}

/** One audio line with the given codecs, telephone-event and 20 ms packets. */
export function writeSdp(own: OwnMedia): string {
  const family = own.address.includes(':') ? 'IP6' : 'IP4';
  const types = own.types.map(({ payloadType }) => payloadType);
  const lines = [
    'v=0',
    `o=phone 1 ${own.version} IN ${family} ${own.address}`,
    's=Offhook test phone',
    `c=IN ${family} ${own.address}`,
    't=0 0',
    `m=audio ${own.port} RTP/AVP ${[...types, own.eventType].join(' ')}`,
    ...own.types.map(({ codec, payloadType }) => `a=rtpmap:${payloadType} ${codec}/${CODECS[codec].clockRate}`),
    `a=rtpmap:${own.eventType} telephone-event/${SAMPLE_RATE}`,
    `a=fmtp:${own.eventType} 0-15`,
    `a=ptime:${FRAME_MS}`,
    `a=${own.direction}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

const isDirection = (text: string | undefined): text is Direction =>
  text === 'sendrecv' || text === 'sendonly' || text === 'recvonly' || text === 'inactive';

/** The codec that an rtpmap names (RFC 8866 §6.6); null when its name, clock rate or number of channels is of none in the table. */
function mappedCodec(
  map: { readonly codec: string; readonly rate?: number; readonly encoding?: number } | undefined,
): Codec | null {
  const codec = codecNamed(map?.codec ?? '');
  return map?.rate === codec?.clockRate && (map?.encoding ?? 1) === 1 ? codec : null;
}

/** Reads the first audio line; null when there is none with a codec of the table, or it is refused with port 0. */
export function readSdp(text: string): FarMedia | null {
  let session: ReturnType<typeof parse>;
  try {
    session = parse(text);
  } catch {
    return null;
  }
  const line = session.media.find(({ type }) => type === 'audio');
  if (line === undefined || line.port === 0) return null;
  // A single payload type comes as a number, whatever the types say.
  const payloads: unknown = line.payloads;
  const types = typeof payloads === 'string' ? payloads.split(' ').map(Number) : [Number(payloads)];
  const maps = new Map(line.rtp.map((map) => [map.payload, map]));
  const [offered] = types.flatMap((payloadType) => {
    const codec = staticCodec(payloadType) ?? mappedCodec(maps.get(payloadType));
    return codec === null ? [] : [{ codec: codec.name, payloadType }];
  });
  const address = line.connection?.ip ?? session.connection?.ip;
  if (offered === undefined || address === undefined) return null;
  const own: string | undefined = line.direction ?? session.direction;
  return {
    address,
    port: line.port,
    ...offered,
    eventType: types.find((type) => maps.get(type)?.codec.toLowerCase() === 'telephone-event') ?? null,
    direction: isDirection(own) ? own : 'sendrecv',
  };
}

/** The direction that answers an offered one when we would like `wanted` (RFC 3264 §6.1). */
export function answerDirection(offered: Direction, wanted: Direction): Direction {
  const mayReceive = offered === 'sendrecv' || offered === 'sendonly';
  const maySend = offered === 'sendrecv' || offered === 'recvonly';
  const send = maySend && (wanted === 'sendrecv' || wanted === 'sendonly');
  const receive = mayReceive && (wanted === 'sendrecv' || wanted === 'recvonly');
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/** True when the media of both sides' directions lets us send. */
export function maySend(own: Direction, far: Direction): boolean {
  return (own === 'sendrecv' || own === 'sendonly') && (far === 'sendrecv' || far === 'recvonly');
}
