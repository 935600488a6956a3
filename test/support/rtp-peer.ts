import { createSocket, type Socket } from 'node:dgram';
import { isIPv6, type AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { emptyRtpPacket, readRtp, rtpPacket } from '../../src/media/rtp/packet.js';
import { telephoneEvent } from '../../src/media/rtp/telephone-event.js';

/** A packet as it came. */
export interface Heard {
  /** ms of `performance.now()`. */
  readonly at: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

export interface PeerOptions {
  readonly address?: string;
  /** Payload type of its audio; 0 when absent. */
  readonly payloadType?: number;
  readonly eventType?: number;
  readonly ssrc?: number;
}

/** The far end of a leg in tests: one UDP socket that keeps all it hears and says what it is told. */
export class RtpPeer {
  readonly heard: Heard[] = [];
  readonly #watchers = new Set<() => void>();
  #sequence = 100;
  #timestamp = 5000;
  #ssrc: number;
  #speaking: NodeJS.Timeout | null = null;

  private constructor(
    private readonly socket: Socket,
    readonly options: PeerOptions,
  ) {
    this.#ssrc = options.ssrc ?? 0x0ff4004;
    const packet = emptyRtpPacket();
    socket.on('message', (bytes) => {
      if (!readRtp(bytes, bytes.length, packet)) return;
      const payload = Uint8Array.from(bytes.subarray(packet.payloadStart, packet.payloadEnd));
      this.heard.push({ ...packet, at: performance.now(), payload });
      for (const watcher of [...this.#watchers]) watcher();
    });
    socket.on('error', () => undefined);
  }

  static open(options: PeerOptions = {}): Promise<RtpPeer> {
    const { address = '127.0.0.1' } = options;
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, address, () => resolve(new RtpPeer(socket, options)));
    });
  }

  get local(): AddressInfo {
    return this.socket.address();
  }

  /** An SDP offer of this peer. */
  offer(...attributes: readonly string[]): string {
    const { payloadType = 0, eventType = 101 } = this.options;
    const { address, port, family } = this.local;
    const network = family === 'IPv6' ? 'IP6' : 'IP4';
    return [
      'v=0',
      `o=- 1 1 IN ${network} ${address}`,
      's=-',
      `c=IN ${network} ${address}`,
      't=0 0',
      `m=audio ${port} RTP/AVP ${payloadType} ${eventType}`,
      `a=rtpmap:${eventType} telephone-event/8000`,
      ...attributes,
      '',
    ].join('\r\n');
  }

  /** Sends one audio packet of equal codes. */
  say(port: number, code = 0xff, samples = 160): void {
    this.#send(port, this.options.payloadType ?? 0, false, this.#timestamp, new Uint8Array(samples).fill(code));
    this.#timestamp += samples;
  }

  /** Takes over the stream of another peer: same SSRC, next sequence number and timestamp. */
  goOn(from: RtpPeer): void {
    this.#ssrc = from.#ssrc;
    this.#sequence = from.#sequence;
    this.#timestamp = from.#timestamp;
  }

  /** Says what `other` would say next, without a trace in that one's stream. */
  sayAs(other: RtpPeer, port: number): void {
    this.goOn(other);
    for (let i = 0; i < 3; i++) this.say(port);
  }

  /** Begins another stream. */
  restart(ssrc: number): void {
    this.#ssrc = ssrc;
    this.#sequence = 7;
    this.#timestamp = 1;
  }

  /** Sends one packet of comfort noise (RFC 3389). */
  comfortNoise(port: number): void {
    this.#send(port, 13, false, this.#timestamp, Uint8Array.of(70));
    this.#timestamp += 160;
  }

  /** Sends the RTCP of this peer: a receiver report without blocks (RFC 3550 §6.4.2). */
  report(port: number, ssrc = this.#ssrc): void {
    this.sendRaw(port, Uint8Array.of(0x80, 201, 0, 1, ssrc >>> 24, ssrc >>> 16, ssrc >>> 8, ssrc));
  }

  /** Leaves out packets: sequence number and timestamp move on. */
  lose(packets: number): void {
    this.#sequence += packets;
    this.#timestamp += packets * 160;
  }

  /** Says 20 ms of the code every 20 ms until told otherwise. */
  keepSaying(port: number, code = 0xff): void {
    this.silence();
    let due = performance.now();
    const next = (): void => {
      for (; performance.now() >= due; due += 20) this.say(port, code);
      this.#speaking = setTimeout(next, Math.max(1, due - performance.now()));
    };
    next();
  }

  silence(): void {
    if (this.#speaking !== null) clearTimeout(this.#speaking);
    this.#speaking = null;
  }

  /** Sends the packets of a key press all at once. */
  press(port: number, key: string): void {
    for (const { marker, payload } of telephoneEvent({ key, durationMs: 60 }) ?? []) {
      this.#send(port, this.options.eventType ?? 101, marker, this.#timestamp, payload);
    }
    this.#timestamp += 1600;
  }

  /** Sends only the first packet of a key press. */
  touch(port: number, key: string): void {
    const [first] = telephoneEvent({ key, durationMs: 60 }) ?? [];
    if (first !== undefined) this.#send(port, this.options.eventType ?? 101, true, this.#timestamp, first.payload);
    this.#timestamp += 1600;
  }

  sendRaw(port: number, bytes: Uint8Array): void {
    this.socket.send(bytes, port, this.local.family === 'IPv6' ? '::1' : '127.0.0.1');
  }

  /** Resolves once `condition` holds for what was heard. Rejects after 20 s. */
  until(condition: (heard: readonly Heard[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        reject(new Error(`not heard in time; ${this.heard.length} packets came`));
      }, 20_000);
      const check = (): void => {
        if (!condition(this.heard)) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** How many packets have come, those included that nobody has read yet: what comes after was sent after. */
  async arrived(): Promise<number> {
    await setImmediate();
    await setImmediate();
    return this.heard.length;
  }

  close(): Promise<void> {
    this.silence();
    return new Promise((resolve) => {
      this.socket.close(() => resolve());
    });
  }

  #send(port: number, payloadType: number, marker: boolean, timestamp: number, payload: Uint8Array): void {
    const sequence = this.#sequence++ & 0xffff;
    this.sendRaw(port, rtpPacket({ payloadType, marker, sequence, timestamp, ssrc: this.#ssrc }, payload));
  }
}
