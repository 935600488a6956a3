import type { Socket } from 'node:dgram';
import { CODECS, type Codec, type CodecName } from '../media/codec/codec.js';
import { Heard } from './heard.js';
import { Microphone, type SendingFormat } from './microphone.js';
import { answerDirection, EVENT_TYPE, maySend, readSdp, writeSdp, type FarMedia } from './sdp.js';
import type { Direction, Voice } from './types.js';

const UNSPECIFIED = new Set(['0.0.0.0', '::']);

export interface PhoneMediaOptions {
  readonly socket: Socket;
  readonly codecs: readonly CodecName[];
  readonly voice: Voice;
  /** ms since the INVITE. */
  readonly now: () => number;
  readonly onPacket: () => void;
  readonly onKey: (key: string) => void;
}

/** The phone's RTP: one socket, what is heard, what is said, and the SDP that goes with it. */
export class PhoneMedia {
  readonly heard = new Heard();
  readonly microphone: Microphone;
  readonly #types = {
    codecs: new Map<number, Codec>(Object.values(CODECS).map((codec) => [codec.payloadType, codec])),
    eventTypes: [EVENT_TYPE],
  };
  #far: FarMedia | null = null;
  #direction: Direction = 'sendrecv';
  #version = 0;
  #open = true;

  constructor(private readonly options: PhoneMediaOptions) {
    const { socket, voice, now, onPacket, onKey } = options;
    socket.on('message', (datagram) => {
      if (this.#open && this.heard.take(datagram, now(), this.#types)) onPacket();
    });
    // ICMP errors: nobody listens there yet, or no longer.
    socket.on('error', () => undefined);
    const send = (packet: Uint8Array): void => {
      if (this.#far !== null) socket.send(packet, this.#far.port, this.#far.address, () => undefined);
    };
    const onStall = (ms: number): void => {
      const toMs = now();
      this.heard.stalls.push({ fromMs: toMs - ms, toMs });
    };
    this.microphone = new Microphone(voice, { send, sending: () => this.#sending(), onKey, onStall });
  }

  /** Codec in use; null before the far end has described itself. */
  get codec(): CodecName | null {
    return this.#far?.codec ?? null;
  }

  /** The far end takes keys by RFC 4733. */
  get takesEvents(): boolean {
    return this.#far?.eventType !== null && this.#far !== null;
  }

  /** Our offer, with the direction we want from now on. */
  offer(direction: Direction = this.#direction): string {
    this.#direction = direction;
    return this.#describe(this.options.codecs, EVENT_TYPE);
  }

  /** Takes the far end's answer (or early description); false when it holds nothing usable. */
  accept(sdp: string): boolean {
    const far = readSdp(sdp);
    if (far !== null) this.#far = far;
    return far !== null;
  }

  /** Answers the far end's offer; null when it holds nothing we can do. */
  answer(sdp: string): string | null {
    const far = readSdp(sdp);
    if (far === null) return null;
    this.#far = far;
    this.#direction = answerDirection(far.direction, 'sendrecv');
    const eventType = far.eventType ?? EVENT_TYPE;
    if (!this.#types.eventTypes.includes(eventType)) this.#types.eventTypes.push(eventType);
    this.#types.codecs.set(far.payloadType, CODECS[far.codec]);
    return this.#describe([far.codec], eventType, far.payloadType);
  }

  /** Stops sending and listening; the socket stays for {@link close}. */
  stop(): void {
    this.#open = false;
    this.microphone.stop();
  }

  close(): void {
    this.stop();
    this.options.socket.close();
  }

  /** @param payloadType of the one codec; when absent each has its own of the table */
  #describe(codecs: readonly CodecName[], eventType: number, payloadType?: number): string {
    const { address, port } = this.options.socket.address();
    const types = codecs.map((codec) => ({ codec, payloadType: payloadType ?? CODECS[codec].payloadType }));
    return writeSdp({ address, port, types, eventType, direction: this.#direction, version: ++this.#version });
  }

  #sending(): SendingFormat | null {
    const far = this.#far;
    if (far === null || UNSPECIFIED.has(far.address) || !maySend(this.#direction, far.direction)) return null;
    return { codec: CODECS[far.codec], payloadType: far.payloadType, eventType: far.eventType };
  }
}
