import { isIP, isIPv4, isIPv6 } from 'node:net';
import { parse, type SessionDescription } from 'sdp-transform';
import { err, ok, type Result } from '../../lib/result.js';
import { isToMany, isUnspecified, needsLink, systemSpelling } from './addresses.js';
import { CODEC_NAMES, type CodecName } from '../codec/codec.js';
import { codecOf, eventTypeOf, textOf } from './payloads.js';
import { whatIsOffered } from './refusal.js';
import type { SdpError } from '../types.js';

/*
 * What a far end's description holds for us: its first audio line that we can serve. For one that is refused the error says why.
 */

/** The far end's audio as negotiated, seen from our side. */
export interface RemoteMedia {
  /** Where to send. */
  readonly address: string;
  readonly port: number;
  /** Where its RTCP comes from when `a=rtcp:` says so (RFC 3605); else from the port above `port`. */
  readonly rtcp?: { readonly address: string; readonly port: number };
  readonly codec: CodecName;
  /** The payload type to send it under. */
  readonly payloadType: number;
  /** Payload types that may carry telephone-event; empty when it was not negotiated. */
  readonly eventTypes: readonly number[];
  /** Whether we may send, and whether anything is to be expected (RFC 3264 §5.1, §6.1). */
  readonly send: boolean;
  readonly receive: boolean;
  /** The host name of its c= line, when that is no address: `address` is where the signalling came from until the name has one. */
  readonly name?: string;
}

/** What we state of ourselves. */
export interface LocalMedia {
  /** The external address where there is one. */
  readonly address: string;
  readonly port: number;
  /** What we offer and accept, preferred first; every codec of the table when absent. */
  readonly codecs?: readonly CodecName[];
  /** Where the far end's signalling comes from: stands for a host name in its c= line. Without it such a line is refused. */
  readonly signalingAddress?: string;
  /** Whether a far end with that address of our family can be served; every one when absent. */
  readonly serves?: (address: string) => boolean;
}

/** A description as read. */
export type Description = SessionDescription & {
  /** Addresses of the c= lines, in their order: of the session, and of each media line. The library keeps the last of several. */
  readonly addresses: { readonly session: readonly string[]; readonly media: readonly (readonly string[])[] };
};

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
export type MediaLine = SessionDescription['media'][number];

/** The audio line that is used. */
export interface Chosen {
  readonly index: number;
  readonly remote: RemoteMedia;
  readonly eventType: number | null;
  /** Ours. */
  readonly direction: MediaDirection;
}

/** Larger descriptions than this are refused unread. */
const MAX_CHARACTERS = 16_384;
const MAX_MEDIA_LINES = 32;
/** The profile we offer. */
export const PLAIN = 'RTP/AVP';
/** What we take in the clear. The second allows more feedback by RTCP (RFC 4585), which nobody has to use. */
const PROTOCOLS: ReadonlySet<string> = new Set([PLAIN, 'RTP/AVPF']);
/** Of RFC 3261 §20.43: the network protocol, the format of addresses, multicast. */
const WARNING = { NETWORK: 300, ADDRESS: 301, MULTICAST: 330 } as const;
/** Of a refusal for the address family alone. */
export const NETWORK_WARNING = WARNING.NETWORK;

type Failure = { readonly ok: false; readonly error: SdpError };

function failure(code: SdpError['code'], message: string, warning?: number): Failure {
  return err(warning === undefined ? { code, message } : { code, message, warning });
}

/** Reads a description; never throws. */
export function readDescription(description: string): Result<Description, SdpError> {
  if (description.length > MAX_CHARACTERS) {
    return failure('SDP_INVALID', `The session description is longer than ${MAX_CHARACTERS} characters.`);
  }
  let parsed: SessionDescription;
  try {
    // RFC 4566 §5.14: `port/count`; the library knows no count, and we need none.
    parsed = parse(description.replace(/^(m=\w+ \d+)\/\d+ /gm, '$1 '));
  } catch {
    // The library promises nothing about input it does not know; what it cannot read, nobody answers.
    return failure('SDP_INVALID', 'The session description cannot be read.');
  }
  const { media } = parsed;
  if (media.length === 0) return failure('SDP_INVALID', 'The session description has no media line.');
  if (media.length > MAX_MEDIA_LINES) return failure('SDP_INVALID', 'The session description has too many media lines.');
  const whole = media.every(
    (line) => typeof line.type === 'string' && line.type !== '' && /^[\w/]+$/.test(textOf(line.protocol)),
  );
  if (!whole) return failure('SDP_INVALID', 'A media line of the session description is malformed (RFC 4566 §5.14).');
  return ok({ ...parsed, addresses: addressesOf(description) });
}

function addressesOf(description: string): Description['addresses'] {
  const session: string[] = [];
  const media: string[][] = [];
  for (const line of description.split(/\r\n|\r|\n/)) {
    if (line.startsWith('m=')) media.push([]);
    const address = /^c=IN IP\d (\S*)/.exec(line)?.[1];
    if (address !== undefined) (media.at(-1) ?? session).push(address);
  }
  return { session, media };
}

/** Every line of it has port 0, an audio line among them: the far end has taken its audio away and wants nothing instead. */
export function isSwitchedOff({ media }: SessionDescription): boolean {
  return media.every(({ port }) => port === 0) && media.some(({ type }) => type === 'audio');
}

/**
 * Picks the first audio line we can serve; the error is that of the line that came closest.
 *
 * @param later in a call that has audio already
 */
export function choose(session: Description, local: LocalMedia, later = false): Result<Chosen, SdpError> {
  let problem: Failure | null = null;
  for (const [index, line] of session.media.entries()) {
    if (line.type !== 'audio' || !PROTOCOLS.has(line.protocol) || line.port === 0) continue;
    const where = whereIs(session, index, local, later);
    const one = where.ok ? readAudio(session, line, local, where.value) : where;
    if (one.ok) return ok({ index, ...one.value });
    problem = one;
  }
  if (problem !== null) return problem;
  const { message, warning } = whatIsOffered(session.media);
  return failure('SDP_NO_AUDIO', message, warning);
}

/** Where a far end is. */
interface Place {
  readonly address: string;
  /** Null: its c= line holds an address. */
  readonly name: string | null;
}

/** Of several c= lines the first that is good, as far ends with two address families write them; the error is that of the first. */
function whereIs({ addresses }: Description, index: number, local: LocalMedia, later: boolean): Result<Place, SdpError> {
  const own = addresses.media[index] ?? [];
  const read = (own.length > 0 ? own : addresses.session).map((text) => readAddress(text, local, later));
  return read.find((one) => one.ok) ?? read[0] ?? readAddress('', local, later);
}

function readAudio(
  session: Description,
  line: MediaLine,
  local: LocalMedia,
  { address, name }: Place,
): Result<Omit<Chosen, 'index'>, SdpError> {
  if (!Number.isInteger(line.port) || line.port > 65_535) return failure('SDP_INVALID', 'The audio port is no port number.');
  const codecs = codecsOf(local);
  const chosen = codecOf(line, codecs);
  if (chosen === null) return failure('SDP_NO_COMMON_CODEC', `No codec of ${codecs.join(', ')} is offered.`);
  const { codec, payloadType } = chosen;
  const eventType = eventTypeOf(line, chosen);
  const direction = mirrored(line.direction ?? session.direction ?? 'sendrecv', isUnspecified(address));
  const remote: RemoteMedia = {
    address,
    port: line.port,
    ...rtcpOf(line, address),
    codec: codec.name,
    payloadType,
    eventTypes: eventType === null ? [] : [eventType],
    send: direction === 'sendrecv' || direction === 'sendonly',
    receive: direction === 'sendrecv' || direction === 'recvonly',
    ...(name === null ? {} : { name }),
  };
  return ok({ remote, eventType, direction });
}

/** RFC 3605 §2.1: a port, and an address where it is another than that of the media. What cannot be used counts as not there. */
function rtcpOf({ rtcp }: MediaLine, address: string): Pick<RemoteMedia, 'rtcp'> {
  if (rtcp === undefined || !Number.isInteger(rtcp.port) || rtcp.port < 1 || rtcp.port > 65_535) return {};
  const own = systemSpelling(textOf(rtcp.address ?? address).toLowerCase());
  return isIP(own) === 0 ? {} : { rtcp: { address: own, port: rtcp.port } };
}

/** Our codecs, preferred first. */
export function codecsOf({ codecs }: LocalMedia): readonly CodecName[] {
  return codecs ?? CODEC_NAMES;
}

/** A domain name: some letter in it, or it is a number that should have been an address. */
function isName(address: string): boolean {
  return address.length <= 255 && /^[a-z\d.-]*[a-z][a-z\d.-]*$/.test(address);
}

/**
 * The address of a c= line. A name is not looked up here, for that would let an offer make us wait: its address is that of the far end's
 * signalling meanwhile. RFC 3261 §21.4.26: a group or the other address family is no mistake, just nothing we can send to.
 *
 * @param later in a call that has audio already, where no address of either family is hold
 */
function readAddress(text: string, local: LocalMedia, later: boolean): Result<Place, SdpError> {
  // Behind a group's address stands how far it reaches (RFC 4566 §5.7).
  const [written = ''] = text.toLowerCase().split('/', 1);
  const address = systemSpelling(written);
  const ipv6 = isIPv6(local.address);
  const own = ipv6 ? isIPv6 : isIPv4;
  if (later && isUnspecified(address)) return ok({ address, name: null });
  if (own(address)) return usable(address, local);
  const needed = `The c= line must hold an IPv${ipv6 ? 6 : 4} address`;
  if (isIP(address) !== 0) {
    return failure('SDP_NO_AUDIO', `${needed}: audio over IPv${ipv6 ? 4 : 6} is offered.`, WARNING.NETWORK);
  }
  if (!isName(address)) return failure('SDP_INVALID', `${needed}.`);
  const { signalingAddress = '' } = local;
  if (own(signalingAddress) && local.serves?.(signalingAddress) !== false)
    return ok({ address: signalingAddress, name: address });
  return failure('SDP_NO_AUDIO', `${needed}: a host name is offered.`, WARNING.ADDRESS);
}

/** An address of our family, where packets can be sent to it. */
function usable(address: string, { address: own, serves }: LocalMedia): Result<Place, SdpError> {
  if (isToMany(address)) {
    return failure('SDP_NO_AUDIO', 'The c= line holds a multicast or broadcast address.', WARNING.MULTICAST);
  }
  if (needsLink(address)) {
    return failure('SDP_NO_AUDIO', 'The c= line holds an address of one link, which nobody else can use.', WARNING.ADDRESS);
  }
  if (serves?.(address) !== false) return ok({ address, name: null });
  return failure('SDP_NO_AUDIO', `The c= line holds an address from which ${own} cannot be reached.`, WARNING.NETWORK);
}

/** Our direction for theirs (RFC 3264 §6.1). An unspecified address is hold as RFC 2543 wrote it: nothing may be sent (§8.4). */
function mirrored(theirs: MediaDirection, onHold: boolean): MediaDirection {
  const send = (theirs === 'sendrecv' || theirs === 'recvonly') && !onHold;
  const receive = theirs === 'sendrecv' || theirs === 'sendonly';
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}
