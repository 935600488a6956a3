import { randomInt } from 'node:crypto';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { parse, write, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { err, ok, type Result } from '../lib/result.js';
import type { Law } from './audio.js';
import type { SdpError, SdpErrorCode } from './types.js';

/*
 * Offer and answer (RFC 3264) for what the engine can do: one audio stream of G.711 over RTP/AVP, 20 ms a packet, with
 * telephone-event. Whatever else an offer holds is answered with port 0. Pure text in, text and values out; nothing a far end
 * writes makes it throw.
 */

/** The far end's audio as negotiated, seen from our side. */
export interface RemoteMedia {
  /** Where to send. */
  readonly address: string;
  readonly port: number;
  /** Where its RTCP comes from when `a=rtcp:` says so (RFC 3605); else from the port above `port`. */
  readonly rtcp?: { readonly address: string; readonly port: number };
  readonly law: Law;
  readonly payloadType: number;
  /** Payload types that may carry telephone-event; empty when it was not negotiated. */
  readonly eventTypes: readonly number[];
  /** Whether we may send, and whether anything is to be expected (RFC 3264 §5.1, §6.1). */
  readonly send: boolean;
  readonly receive: boolean;
}

/** Larger descriptions than this are refused unread. */
const MAX_CHARACTERS = 16_384;
const MAX_MEDIA_LINES = 32;
const PROTOCOL = 'RTP/AVP';
/** Of the o= line (RFC 4566 §5.2). `-` would do, but scripted clients, sipp's own `regexp` scenario among them, read letters there. */
const USER = 'offhook';
/** Our own payload type for telephone-event in offers; in answers we keep the offered one. */
const OFFERED_EVENT_TYPE = 101;
const STATIC_TYPES: ReadonlyMap<number, Law> = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
]);

const STATIC_TYPE_OF: Readonly<Record<Law, number>> = { PCMU: 0, PCMA: 8 };

type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
type MediaLine = SessionDescription['media'][number];

/** One audio line of ours. */
interface AudioLine {
  readonly codecs: readonly { readonly payloadType: number; readonly law: Law }[];
  readonly eventType: number | null;
  readonly direction: Direction;
}

/** A line of our last description: the audio, or somebody else's line that we keep rejected (RFC 3264 §8). */
type OwnLine = { readonly kind: 'audio' } | { readonly kind: 'rejected'; readonly line: MediaLine };

interface Chosen {
  readonly index: number;
  readonly remote: RemoteMedia;
  readonly eventType: number | null;
  readonly direction: Direction;
}

function failure(code: SdpErrorCode, message: string): { readonly ok: false; readonly error: SdpError } {
  return err({ code, message });
}

/** What we state of ourselves. */
export interface LocalMedia {
  /** The external address where there is one. */
  readonly address: string;
  readonly port: number;
  /** What we offer and accept, preferred first; PCMU and PCMA when absent. */
  readonly laws?: readonly Law[];
}

/** The negotiation of one leg, over its whole life: keeps the session version and the order of the lines. */
export class SdpNegotiation {
  readonly #sessionId = randomInt(1, 2 ** 47);
  #version = 0;
  #lastBody = '';
  #lines: readonly OwnLine[] = [{ kind: 'audio' }];
  #remote: RemoteMedia | null = null;

  constructor(private readonly local: LocalMedia) {}

  /**
   * Answers an offer. A first offer without usable audio is an error; in a later one (RFC 3264 §8.2) an audio line with port 0
   * is answered with port 0 and stops both directions.
   */
  answer(offer: string): Result<{ readonly sdp: string; readonly remote: RemoteMedia }, SdpError> {
    const parsed = read(offer);
    if (!parsed.ok) return parsed;
    const { media } = parsed.value;
    const chosen = choose(parsed.value, this.local);
    if (!chosen.ok) {
      const removed = this.#remote !== null && media.some((line) => line.type === 'audio' && line.port === 0);
      if (!removed || this.#remote === null) return chosen;
      this.#lines = media.map((line) => ({ kind: 'rejected', line }));
      return ok({ sdp: this.#write(null), remote: { ...this.#remote, send: false, receive: false } });
    }
    const { index, eventType, direction } = chosen.value;
    const remote = this.#keepingAddress(chosen.value.remote);
    this.#lines = media.map((line, at) => (at === index ? { kind: 'audio' } : { kind: 'rejected', line }));
    this.#remote = remote;
    const codecs = [{ payloadType: remote.payloadType, law: remote.law }];
    return ok({ sdp: this.#write({ codecs, eventType, direction }), remote });
  }

  /** An offer of everything we can do. Lines of an earlier description stay in their places (RFC 3264 §8). */
  offer(): string {
    const codecs = lawsOf(this.local).map((law) => ({ payloadType: STATIC_TYPE_OF[law], law }));
    if (!this.#lines.some(({ kind }) => kind === 'audio')) {
      const revived = this.#lines.findIndex((line) => line.kind === 'rejected' && line.line.type === 'audio');
      this.#lines = this.#lines.map((line, at) => (at === revived ? { kind: 'audio' } : line));
    }
    return this.#write({ codecs, eventType: OFFERED_EVENT_TYPE, direction: 'sendrecv' });
  }

  /** Takes the answer to {@link offer}. */
  accept(answer: string): Result<RemoteMedia, SdpError> {
    const parsed = read(answer);
    if (!parsed.ok) return parsed;
    const chosen = choose(parsed.value, this.local);
    if (!chosen.ok) return chosen;
    const remote = this.#keepingAddress(chosen.value.remote);
    // RFC 3264 §6.1: each side states the type it wants to receive; some send with their own number all the same.
    const eventTypes = remote.eventTypes.length === 0 ? [] : [...new Set([OFFERED_EVENT_TYPE, ...remote.eventTypes])];
    this.#remote = { ...remote, eventTypes };
    return ok(this.#remote);
  }

  /** Hold as RFC 2543 wrote it takes the address away; the far end is still where it was. */
  #keepingAddress(remote: RemoteMedia): RemoteMedia {
    return isUnspecified(remote.address) && this.#remote !== null ? { ...remote, address: this.#remote.address } : remote;
  }

  #write(audio: AudioLine | null): string {
    const ipVer = isIPv6(this.local.address) ? 6 : 4;
    const media = this.#lines.map((line) =>
      line.kind === 'rejected' || audio === null ? rejected(line) : audioLine(audio, this.local.port),
    );
    const body = write({
      version: 0,
      origin: {
        username: USER,
        sessionId: this.#sessionId,
        sessionVersion: 0,
        netType: 'IN',
        ipVer,
        address: this.local.address,
      },
      name: '-',
      connection: { version: ipVer, ip: this.local.address },
      timing: { start: 0, stop: 0 },
      media,
    });
    // RFC 3264 §8: the version grows by one exactly when the description changes.
    if (body !== this.#lastBody) this.#version++;
    this.#lastBody = body;
    return body.replace(`o=${USER} ${this.#sessionId} 0 `, `o=${USER} ${this.#sessionId} ${this.#version} `);
  }
}

function audioLine({ codecs, eventType, direction }: AudioLine, port: number): MediaLine {
  const rtp: MediaDescription['rtp'] = codecs.map(({ payloadType, law }) => ({ payload: payloadType, codec: law, rate: 8000 }));
  const events = eventType === null ? [] : [{ payload: eventType, codec: 'telephone-event', rate: 8000 }];
  const all = [...rtp, ...events];
  return {
    type: 'audio',
    port,
    protocol: PROTOCOL,
    payloads: all.map(({ payload }) => payload).join(' '),
    rtp: all,
    fmtp: events.map(({ payload }) => ({ payload, config: '0-15' })),
    ptime: 20,
    direction,
  };
}

/** RFC 3264 §6: a rejected stream keeps its line and formats, with port 0. */
function rejected(line: OwnLine): MediaLine {
  const { type, protocol, payloads } =
    line.kind === 'rejected' ? line.line : { type: 'audio', protocol: PROTOCOL, payloads: '0' };
  return { type, port: 0, protocol, payloads: payloads ?? '0', rtp: [], fmtp: [] };
}

/** A field as text: the library hands over digits as numbers, against its own types. */
function text(field: unknown): string {
  return typeof field === 'string' || typeof field === 'number' ? String(field) : '';
}

function read(description: string): Result<SessionDescription, SdpError> {
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
  const whole = media.every((line) => typeof line.type === 'string' && line.type !== '' && /^[\w/]+$/.test(text(line.protocol)));
  return whole ? ok(parsed) : failure('SDP_INVALID', 'A media line of the session description is malformed (RFC 4566 §5.14).');
}

/** Picks the first audio line we can serve; the error is that of the line that came closest. */
function choose(session: SessionDescription, local: LocalMedia): Result<Chosen, SdpError> {
  let problem = failure('SDP_NO_AUDIO', 'The session description offers no audio over RTP/AVP.');
  for (const [index, line] of session.media.entries()) {
    if (line.type !== 'audio' || line.protocol !== PROTOCOL || line.port === 0) continue;
    const one = readAudio(session, line, local);
    if (one.ok) return ok({ index, ...one.value });
    problem = one;
  }
  return problem;
}

function readAudio(session: SessionDescription, line: MediaLine, local: LocalMedia): Result<Omit<Chosen, 'index'>, SdpError> {
  const ipv6 = isIPv6(local.address);
  const { address, problem } = readAddress(line.connection?.ip ?? session.connection?.ip, ipv6);
  // RFC 3261 §21.4.26: a name, a group or the other address family is no mistake, just nothing we can send to.
  if (problem !== null) return failure(isIP(address) !== 0 || isName(address) ? 'SDP_NO_AUDIO' : 'SDP_INVALID', problem);
  if (!Number.isInteger(line.port) || line.port > 65_535) return failure('SDP_INVALID', 'The audio port is no port number.');
  const types = text(line.payloads)
    .split(/\s+/)
    .filter((type) => /^\d{1,3}$/.test(type))
    .map(Number)
    .filter((type) => type < 128);
  const laws = lawsOf(local);
  // RFC 3264 §6.1: the offerer's order counts.
  const codec = types.map((type) => ({ type, law: lawOf(line, type) })).find(({ law }) => law !== null && laws.includes(law));
  if (codec?.law == null) return failure('SDP_NO_COMMON_CODEC', `No codec of ${laws.join(', ')} is offered.`);
  const eventType = types.find((type) => isEvent(line, type)) ?? null;
  const direction = mirrored(line.direction ?? session.direction ?? 'sendrecv', isUnspecified(address));
  const remote: RemoteMedia = {
    address,
    port: line.port,
    ...rtcpOf(line, address),
    law: codec.law,
    payloadType: codec.type,
    eventTypes: eventType === null ? [] : [eventType],
    send: direction === 'sendrecv' || direction === 'sendonly',
    receive: direction === 'sendrecv' || direction === 'recvonly',
  };
  return ok({ remote, eventType, direction });
}

/** RFC 3605 §2.1: a port, and an address where it is another than that of the media. What cannot be used counts as not there. */
function rtcpOf({ rtcp }: MediaLine, address: string): Pick<RemoteMedia, 'rtcp'> {
  if (rtcp === undefined || !Number.isInteger(rtcp.port) || rtcp.port < 1 || rtcp.port > 65_535) return {};
  const own = text(rtcp.address ?? address).toLowerCase();
  return isIP(own) === 0 ? {} : { rtcp: { address: own, port: rtcp.port } };
}

function lawOf(line: MediaLine, type: number): Law | null {
  const map = line.rtp.find(({ payload }) => payload === type);
  if (map === undefined) return STATIC_TYPES.get(type) ?? null; // RFC 3551 §6: static types need no rtpmap
  const name = text(map.codec).toUpperCase();
  return (name === 'PCMU' || name === 'PCMA') && map.rate === 8000 ? name : null;
}

function lawsOf({ laws }: LocalMedia): readonly Law[] {
  return laws ?? [...STATIC_TYPES.values()];
}

function isEvent(line: MediaLine, type: number): boolean {
  const map = line.rtp.find(({ payload }) => payload === type);
  return map?.rate === 8000 && text(map.codec).toLowerCase() === 'telephone-event';
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** A domain name: some letter in it, or it is a number that should have been an address. */
function isName(address: string): boolean {
  return address.length <= 255 && /^[a-z\d.-]*[a-z][a-z\d.-]*$/.test(address);
}

/** The address of a c= line, or why it cannot be sent to. No names: resolving them would let an offer make us wait. */
function readAddress(ip: string | undefined, ipv6: boolean): { readonly address: string; readonly problem: string | null } {
  // Behind a group's address stands how far it reaches (RFC 4566 §5.7).
  const [address = ''] = text(ip).toLowerCase().split('/', 1);
  if (!(ipv6 ? isIPv6(address) : isIPv4(address))) {
    return { address, problem: `The c= line must hold an IPv${ipv6 ? 6 : 4} address.` };
  }
  const toMany = ipv6 ? address.startsWith('ff') : Number(address.split('.')[0]) >= 224;
  return { address, problem: toMany ? 'The c= line holds a multicast or broadcast address.' : null };
}

/** Our direction for theirs (RFC 3264 §6.1). An unspecified address is hold as RFC 2543 wrote it: nothing may be sent (§8.4). */
function mirrored(theirs: Direction, onHold: boolean): Direction {
  const send = (theirs === 'sendrecv' || theirs === 'recvonly') && !onHold;
  const receive = theirs === 'sendrecv' || theirs === 'sendonly';
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}
