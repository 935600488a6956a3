import type { RtpPacket } from './rtp/packet.js';
import { sequenceDelta } from './rtp/sequence.js';

/** An address and port packets come from. */
export interface Source {
  readonly address: string;
  readonly port: number;
}

/** Packets in direct sequence that a source other than the negotiated one must show before it is followed. */
const PROOF_PACKETS = 4;
/** Packets of a source that is followed, none of the negotiated one between them, after which nothing else is believed: 5 s. */
const SETTLED_PACKETS = 250;
/** Sources remembered from before the call was answered. */
const MOST_NOTED = 16;

/** Somebody who is not the negotiated source, but may be the caller behind NAT. */
interface Candidate extends Source {
  readonly ssrc: number;
  readonly sequence: number;
  readonly packets: number;
}

/**
 * What to do with a packet: `latch` takes it and believes its source for good, `follow` takes it and believes the source until the
 * negotiated one speaks, `wait` and `stranger` do not take it.
 */
export type Verdict = 'latch' | 'follow' | 'wait' | 'stranger';

/**
 * Decides whose packets a leg believes, until it has decided: then the socket is connected and the kernel keeps everybody else
 * out. The negotiated address and port is believed at once. Another port of that address, or the address the signalling came
 * from (symmetric RTP behind NAT, RFC 4961), is followed after some packets in sequence, and gives way to the negotiated source
 * whenever that speaks. Everybody else is a stranger: neither heard nor answered, whatever they send.
 *
 * Calls of one trunk share one address, so that is not enough: whoever sends before our description has left (until `open`) cannot
 * be our caller, who does not know the port yet. It is the rest of another call, cut off here, that had the same port.
 */
export class Latch {
  #remote: Source | null = null;
  #open = false;
  #candidate: Candidate | null = null;
  #followed: Candidate | null = null;
  readonly #noted: Source[] = [];

  constructor(private readonly signalingAddress: string) {}

  /** Our description is on its way to the far end. */
  open(): void {
    this.#open = true;
  }

  /** Sets what was negotiated. True when that is a new address or port, so that a latch made before no longer holds. */
  expect(remote: Source): boolean {
    const changed = this.#remote === null || !isSame(this.#remote, remote);
    this.#remote = remote;
    if (changed) this.#candidate = this.#followed = null;
    return changed;
  }

  /** What to do with an RTP packet from `source`. */
  judge(source: Source, packet: RtpPacket): Verdict {
    if (this.#remote !== null && isSame(source, this.#remote)) return 'latch';
    if (!this.#open) this.#note(source);
    if (!this.#open || !this.#mayBeTheirs(source)) return 'stranger';
    if (this.#followed !== null) return this.#follow(this.#followed, source);
    this.#candidate = counted(this.#candidate, source, packet);
    if (this.#candidate.packets < PROOF_PACKETS) return 'wait';
    this.#followed = this.#candidate;
    return 'follow';
  }

  #follow(followed: Candidate, source: Source): Verdict {
    if (!isSame(followed, source)) return 'stranger';
    this.#followed = { ...followed, packets: followed.packets + 1 };
    return this.#followed.packets < SETTLED_PACKETS ? 'follow' : 'latch';
  }

  #mayBeTheirs(source: Source): boolean {
    if (this.#remote === null || this.#noted.some((one) => isSame(one, source))) return false;
    return source.address === this.#remote.address || source.address === this.signalingAddress;
  }

  #note({ address, port }: Source): void {
    if (this.#noted.length < MOST_NOTED && !this.#noted.some((one) => isSame(one, { address, port })))
      this.#noted.push({ address, port });
  }
}

/** The candidate with one more packet, or another one with its first. */
function counted(last: Candidate | null, source: Source, { ssrc, sequence }: RtpPacket): Candidate {
  const goesOn = last !== null && isSame(last, source) && last.ssrc === ssrc && sequenceDelta(sequence, last.sequence) === 1;
  return { address: source.address, port: source.port, ssrc, sequence, packets: goesOn ? last.packets + 1 : 1 };
}

function isSame(one: Source, other: Source): boolean {
  return one.address === other.address && one.port === other.port;
}
