import { randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { write, type MediaDescription } from 'sdp-transform';
import { ok, type Result } from '../../lib/result.js';
import { isUnspecified } from './addresses.js';
import { CODECS, type CodecName } from '../codec/codec.js';
import { FRAME_MS, SAMPLE_RATE } from '../codec/frame.js';
import {
  choose,
  isSwitchedOff,
  codecsOf,
  PLAIN,
  readDescription,
  type MediaDirection,
  type LocalMedia,
  type MediaLine,
  type RemoteMedia,
} from './offer.js';
import type { SdpError } from '../types.js';

/*
 * Offer and answer (RFC 3264) for what the engine can do: one audio stream over plain RTP, 20 ms a packet, with
 * telephone-event. Whatever else an offer holds is answered with port 0. Pure text in, text and values out; nothing a far end
 * writes makes it throw.
 */

export type { LocalMedia, RemoteMedia } from './offer.js';

/** Of the o= line (RFC 4566 §5.2). `-` would do, but scripted clients, sipp's own `regexp` scenario among them, read letters there. */
const USER = 'offhook';
/** Our own payload type for telephone-event in offers; in answers we keep the offered one. */
const OFFERED_EVENT_TYPE = 101;

/** One audio line of ours. */
interface AudioLine {
  readonly codecs: readonly { readonly payloadType: number; readonly codec: CodecName }[];
  readonly eventType: number | null;
  readonly direction: MediaDirection;
  /** `RTP/AVP`, or the far end's profile. */
  readonly protocol: string;
}

/** A line of our last description: the audio, or somebody else's line that we keep rejected (RFC 3264 §8). */
type OwnLine = { readonly kind: 'audio' } | { readonly kind: 'rejected'; readonly line: MediaLine };

/** The negotiation of one leg, over its whole life: keeps the session version and the order of the lines. */
export class SdpNegotiation {
  readonly #sessionId = randomInt(1, 2 ** 47);
  #version = 0;
  #lastBody = '';
  #lines: readonly OwnLine[] = [{ kind: 'audio' }];
  /** The last audio there was. */
  #remote: RemoteMedia | null = null;
  /** Profile of the audio line, and what carries telephone-event: a number must not change its meaning in a session (RFC 3264 §8.3.2). */
  #protocol: string = PLAIN;
  #eventType = OFFERED_EVENT_TYPE;

  constructor(private readonly local: LocalMedia) {}

  /**
   * Answers an offer. One without usable audio is an error and changes nothing, but for a later offer (RFC 3264 §8.2) whose lines are
   * all switched off: that is hold by port 0, answered with port 0, and stops both directions.
   */
  answer(offer: string): Result<{ readonly sdp: string; readonly remote: RemoteMedia }, SdpError> {
    const parsed = readDescription(offer);
    if (!parsed.ok) return parsed;
    const { media } = parsed.value;
    const chosen = choose(parsed.value, this.local, this.#remote !== null);
    if (!chosen.ok) {
      if (this.#remote === null || !isSwitchedOff(parsed.value)) return chosen;
      this.#lines = media.map((line) => ({ kind: 'rejected', line }));
      this.#remote = { ...this.#remote, send: false, receive: false };
      return ok({ sdp: this.#write(null), remote: this.#remote });
    }
    const { index, eventType, direction } = chosen.value;
    const remote = this.#keepingAddress(chosen.value.remote);
    this.#lines = media.map((line, at) => (at === index ? { kind: 'audio' } : { kind: 'rejected', line }));
    this.#remote = remote;
    this.#protocol = media[index]?.protocol ?? PLAIN;
    this.#eventType = eventType ?? this.#eventType;
    const codecs = [{ payloadType: remote.payloadType, codec: remote.codec }];
    return ok({ sdp: this.#write({ codecs, eventType, direction, protocol: this.#protocol }), remote });
  }

  /** An offer of everything we can do. Lines of an earlier description stay in their places (RFC 3264 §8). */
  offer(): string {
    const codecs = codecsOf(this.local).map((codec) => ({ payloadType: CODECS[codec].payloadType, codec }));
    if (!this.#lines.some(({ kind }) => kind === 'audio')) {
      const revived = this.#lines.findIndex((line) => line.kind === 'rejected' && line.line.type === 'audio');
      this.#lines = this.#lines.map((line, at) => (at === revived ? { kind: 'audio' } : line));
    }
    return this.#write({ codecs, eventType: this.#eventType, direction: 'sendrecv', protocol: this.#protocol });
  }

  /** Takes the answer to {@link offer}. */
  accept(answer: string): Result<RemoteMedia, SdpError> {
    const parsed = readDescription(answer);
    if (!parsed.ok) return parsed;
    const chosen = choose(parsed.value, this.local, this.#remote !== null);
    if (!chosen.ok) {
      if (this.#remote === null || !isSwitchedOff(parsed.value)) return chosen;
      this.#remote = { ...this.#remote, send: false, receive: false };
      return ok(this.#remote);
    }
    const remote = this.#keepingAddress(chosen.value.remote);
    // RFC 3264 §6.1: each side states the type it wants to receive; some still send with their own number.
    const eventTypes = remote.eventTypes.length === 0 ? [] : [...new Set([this.#eventType, ...remote.eventTypes])];
    this.#remote = { ...remote, eventTypes };
    return ok(this.#remote);
  }

  /** The far end's host name has an address: what is negotiated now, or null when that name is not in use any more. */
  located(name: string, address: string): RemoteMedia | null {
    if (this.#remote?.name !== name) return null;
    const { rtcp, address: before } = this.#remote;
    const moved = rtcp?.address === before ? { rtcp: { ...rtcp, address } } : {};
    this.#remote = { ...this.#remote, ...moved, address };
    return this.#remote;
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

function audioLine({ codecs, eventType, direction, protocol }: AudioLine, port: number): MediaLine {
  const rtp: MediaDescription['rtp'] = codecs.map(({ payloadType, codec }) => {
    return { payload: payloadType, codec, rate: CODECS[codec].clockRate };
  });
  // RFC 4733 §2.1: at the clock rate of the audio beside it.
  const [{ rate = SAMPLE_RATE } = {}] = rtp;
  const events = eventType === null ? [] : [{ payload: eventType, codec: 'telephone-event', rate }];
  const all = [...rtp, ...events];
  return {
    type: 'audio',
    port,
    protocol,
    payloads: all.map(({ payload }) => payload).join(' '),
    rtp: all,
    fmtp: events.map(({ payload }) => ({ payload, config: '0-15' })),
    ptime: FRAME_MS,
    direction,
  };
}

/** RFC 3264 §6: a rejected stream keeps its line and formats, with port 0. */
function rejected(line: OwnLine): MediaLine {
  const { type, protocol, payloads } = line.kind === 'rejected' ? line.line : { type: 'audio', protocol: PLAIN, payloads: '0' };
  return { type, port: 0, protocol, payloads: payloads ?? '0', rtp: [], fmtp: [] };
}
