import { RtpSocket, type PacketListener, type RtpSocketOptions } from './rtp-socket.js';

/** RTCP packets of one leg taken in one packet interval; a far end sends one every few seconds, and the rest is a flood. */
const MOST_PER_INTERVAL = 8;

/**
 * The port above the RTP port of a leg, where a far end that does not multiplex sends its RTCP (RFC 3550 §11). Nothing is ever sent
 * from it. A port that cannot be had costs no call: it is told to `onProblem`, with the system's code.
 */
export class RtcpPort {
  readonly #opening: Promise<RtpSocket | null>;
  #socket: RtpSocket | null = null;
  #packets = 0;
  #paused = false;

  constructor(options: RtpSocketOptions, onPacket: PacketListener, onProblem: (code: string) => void) {
    const take: PacketListener = (bytes, source) => {
      if (++this.#packets > MOST_PER_INTERVAL) this.#pause();
      else onPacket(bytes, source);
    };
    this.#opening = RtpSocket.open(options, take).then((opened) => {
      if (opened.ok) return (this.#socket = opened.value);
      onProblem(opened.error);
      return null;
    });
  }

  /** A packet interval has passed. */
  tick(): void {
    this.#packets = 0;
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket?.resumeEvents();
  }

  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }

  #pause(): void {
    this.#paused = true;
    this.#socket?.pauseEvents();
  }
}
