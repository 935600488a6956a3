import type { RtpPacket } from './rtp/packet.js';
import { sequenceDelta } from './rtp/sequence.js';

/** An address and port packets come from. */
export interface Source {
  readonly address: string;
  readonly port: number;
}

/** Packets in direct sequence that a source other than the negotiated one must show. */
const PROOF_PACKETS = 4;

/**
 * Decides whose packets a leg believes, until it has decided: then the socket is connected and the kernel keeps everybody else
 * out. The negotiated address and port is believed at once. Another port of that address, or the address the signalling came
 * from (symmetric RTP behind NAT, RFC 4961), only after some packets in sequence. Everybody else is a stranger: neither heard nor
 * answered, whatever they send.
 */
export class Latch {
  #remote: Source | null = null;
  #candidate: (Source & { ssrc: number; sequence: number; packets: number }) | null = null;

  constructor(private readonly signalingAddress: string) {}

  /** Sets what was negotiated. True when that is a new address or port, so that a latch made before no longer holds. */
  expect(remote: Source): boolean {
    const changed = this.#remote?.address !== remote.address || this.#remote.port !== remote.port;
    this.#remote = remote;
    if (changed) this.#candidate = null;
    return changed;
  }

  /** What to do with an RTP packet from `source`. */
  judge(source: Source, packet: RtpPacket): 'latch' | 'wait' | 'stranger' {
    const remote = this.#remote;
    if (remote === null) return 'stranger';
    if (source.address === remote.address && source.port === remote.port) return 'latch';
    if (source.address !== remote.address && source.address !== this.signalingAddress) return 'stranger';
    const last = this.#candidate;
    const goesOn =
      last?.address === source.address &&
      last.port === source.port &&
      last.ssrc === packet.ssrc &&
      sequenceDelta(packet.sequence, last.sequence) === 1;
    const packets = goesOn ? last.packets + 1 : 1;
    this.#candidate = { ...source, ssrc: packet.ssrc, sequence: packet.sequence, packets };
    return packets >= PROOF_PACKETS ? 'latch' : 'wait';
  }
}
