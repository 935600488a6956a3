import type { RtpPacket } from './packet.js';
import { sequenceDelta } from './sequence.js';
import type { Source } from './source.js';

/** Sources counted at the same time, so that one that floods does not keep another from being counted. */
const MOST = 8;

interface Candidate {
  readonly address: string;
  readonly port: number;
  ssrc: number;
  sequence: number;
  packets: number;
}

/** Counts, for each source that is not believed yet, the packets of one stream in direct sequence. */
export class Candidates {
  #list: Candidate[] = [];

  /** Packets of this stream in direct sequence, this one included; 1 after a gap, a repeat or another SSRC. */
  count({ address, port }: Source, { ssrc, sequence }: RtpPacket): number {
    const known = this.#list.find((one) => one.port === port && one.address === address);
    if (known === undefined) {
      this.#add({ address, port, ssrc, sequence, packets: 1 });
      return 1;
    }
    const goesOn = known.ssrc === ssrc && sequenceDelta(sequence, known.sequence) === 1;
    known.packets = goesOn ? known.packets + 1 : 1;
    known.ssrc = ssrc;
    known.sequence = sequence;
    return known.packets;
  }

  /** That source has sent something else. */
  drop({ address, port }: Source): void {
    const at = this.#list.findIndex((one) => one.port === port && one.address === address);
    if (at >= 0) this.#list.splice(at, 1);
  }

  clear(): void {
    if (this.#list.length > 0) this.#list = [];
  }

  /** The one with the fewest packets gives way, of several the oldest. */
  #add(candidate: Candidate): void {
    if (this.#list.length >= MOST) {
      const fewest = Math.min(...this.#list.map(({ packets }) => packets));
      this.#list.splice(
        this.#list.findIndex(({ packets }) => packets === fewest),
        1,
      );
    }
    this.#list.push(candidate);
  }
}
