import { Candidates } from '../rtp/candidates.js';
import { processNow } from './clock.js';
import type { RtpPacket } from '../rtp/packet.js';
import { sequenceDelta } from '../rtp/sequence.js';
import { isSame, type Source } from '../rtp/source.js';

/** The stream that was taken so far. */
export interface HeardStream {
  /** Whether a packet of it was taken yet; the rest means nothing before. */
  readonly begun: boolean;
  readonly ssrc: number;
  /** Sequence number of its newest packet. */
  readonly newest: number;
}

/** No packet was taken yet. */
const NOTHING_HEARD: HeardStream = { begun: false, ssrc: 0, newest: 0 };
/** Packets in direct sequence that a source other than the negotiated one must show before it is followed. */
const PROOF_PACKETS = 4;
/** Packets in direct sequence that show a stream going on from another port (MIN_SEQUENTIAL of RFC 3550 §A.1). */
const MOVED_PACKETS = 2;
/** Packets of a source that is followed, none of the negotiated one between them, after which nothing else is believed: 5 s. */
const SETTLED_PACKETS = 250;
/** Streams remembered from before the call was answered. */
const MOST_NOTED = 16;
/** Silence of the believed source before its stream may go on from another port, ms: longer than jitter, shorter than patience. */
export const QUIET_MS = 500;
/** Shortest packet interval of a sender, ms: bounds how far a stream can have gone on during a silence. */
const SHORTEST_INTERVAL_MS = 10;
/** Packets a stream may be ahead of that, for a sender that empties its queue. */
const AHEAD_SLACK = 50;
/** Beyond this a sequence number proves nothing (MAX_DROPOUT of RFC 3550 §A.1). */
const MOST_AHEAD = 3000;

/** A stream that was there before our description left. */
interface NotedStream extends Source {
  readonly ssrc: number;
  /** When it was read, ms of {@link processNow}. */
  readonly at: number;
}

/**
 * What to do with a packet: `latch` takes it and believes its source, `follow` takes it and believes the source until the negotiated
 * one speaks, `wait` and `unexpected` do not take it.
 */
export type PacketDecision = 'latch' | 'follow' | 'wait' | 'unexpected';

/**
 * Decides whose packets a leg believes. While one source is believed and speaks, the socket is connected and the kernel keeps
 * everybody else out; this is asked only before that and after {@link QUIET_MS} of silence. The rule, which `docs/nat.md` explains:
 *
 * 1. The negotiated address and port is believed at once.
 * 2. Another port of that address, or the address the signalling came from (symmetric RTP behind NAT, RFC 4961), is followed after
 *    some packets in sequence, and gives way to the negotiated source whenever that speaks.
 * 3. A stream that was believed and has gone quiet may go on from another port of the same address, as after a NAT rebinding: same
 *    SSRC, sequence numbers ahead of the newest by no more than the silence can have held.
 * 4. Everybody else is an unexpected source: neither heard nor answered, whatever they send.
 *
 * Calls of one trunk share one address, so that is not enough: a stream that was there before our description left cannot be our
 * caller, who does not know the port yet. It is the rest of another call, cut off here, that had the same port. Only that stream
 * is unexpected, not its source; and a packet that was read after the description left is never held against anybody,
 * however late this thread learns that it left.
 */
export class SourceLatch {
  #remote: Source | null = null;
  #open = false;
  readonly #candidates = new Candidates();
  /** Whom we believe, for how many packets; permanently from {@link SETTLED_PACKETS} on. */
  #peer: Source | null = null;
  #packets = 0;
  #noted: readonly NotedStream[] = [];

  constructor(private readonly signalingAddress: string) {}

  /** Whether our description has left. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Our description left at that time, ms of {@link processNow}. */
  open(at = processNow()): void {
    if (this.#open) return;
    this.#open = true;
    this.#noted = this.#noted.filter((one) => one.at < at);
  }

  /** Sets what was negotiated. True when that is a new address or port, so that a latch made before no longer holds. */
  expect(remote: Source): boolean {
    const changed = this.#remote === null || !isSame(this.#remote, remote);
    this.#remote = remote;
    if (changed) {
      this.#peer = null;
      this.#candidates.clear();
    }
    return changed;
  }

  /**
   * What to do with an RTP packet from `source`.
   *
   * @param stream what was taken so far
   * @param quietMs how long ago its last packet came
   */
  judge(source: Source, packet: RtpPacket, stream: HeardStream = NOTHING_HEARD, quietMs = 0): PacketDecision {
    if (this.#remote !== null && isSame(source, this.#remote)) return this.#believe(source, SETTLED_PACKETS);
    if (!this.#open) this.#note(source, packet);
    if (!this.#open || this.#remote === null || this.#isNoted(source, packet)) return 'unexpected';
    if (this.#peer !== null) {
      if (isSame(this.#peer, source)) return this.#believe(this.#peer, this.#packets + 1);
      return this.#move(source, packet, source.address === this.#peer.address && goesOn(packet, stream, quietMs));
    }
    if (source.address !== this.#remote.address && source.address !== this.signalingAddress) return 'unexpected';
    if (this.#candidates.count(source, packet) < PROOF_PACKETS) return 'wait';
    return this.#believe(source, PROOF_PACKETS);
  }

  /** Whether somebody may send RTCP for this leg from another address or port than was negotiated: their NAT gave it to them. */
  isBehindNat(source: Source): boolean {
    return (
      this.#open &&
      this.#remote !== null &&
      this.#remote.address !== this.signalingAddress &&
      source.address === this.signalingAddress
    );
  }

  /** A packet from elsewhere, once somebody is believed. */
  #move(source: Source, packet: RtpPacket, goesOn: boolean): PacketDecision {
    if (!goesOn) {
      this.#candidates.drop(source); // one guess that fits among many proves nothing
      return 'unexpected';
    }
    if (this.#candidates.count(source, packet) < MOVED_PACKETS) return 'wait';
    return this.#believe(source, this.#packets);
  }

  #believe(source: Source, packets: number): PacketDecision {
    if (this.#peer === null || !isSame(this.#peer, source)) this.#peer = { address: source.address, port: source.port };
    this.#packets = packets;
    this.#candidates.clear();
    return packets < SETTLED_PACKETS ? 'follow' : 'latch';
  }

  #note({ address, port }: Source, { ssrc }: RtpPacket): void {
    if (this.#noted.length >= MOST_NOTED || this.#isNoted({ address, port }, { ssrc })) return;
    this.#noted = [...this.#noted, { address, port, ssrc, at: processNow() }];
  }

  #isNoted(source: Source, { ssrc }: Pick<RtpPacket, 'ssrc'>): boolean {
    return this.#noted.some((one) => one.ssrc === ssrc && isSame(one, source));
  }
}

/** Whether a packet is what a stream that went quiet would send next, from wherever. */
function goesOn({ ssrc, sequence }: RtpPacket, stream: HeardStream, quietMs: number): boolean {
  if (!stream.begun || ssrc !== stream.ssrc || quietMs < QUIET_MS) return false;
  const ahead = sequenceDelta(sequence, stream.newest);
  return ahead > 0 && ahead <= Math.min(MOST_AHEAD, AHEAD_SLACK + quietMs / SHORTEST_INTERVAL_MS);
}
