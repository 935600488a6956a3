import type { Codec } from '../media/codec/codec.js';
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE } from '../media/codec/frame.js';
import { rtpPacket } from '../media/rtp/packet.js';
import { telephoneEvent, type EventPayload } from '../media/rtp/telephone-event.js';
import { randomInt } from 'node:crypto';
import type { Voice } from './types.js';

/** Level of the tone: −12 dBFS. */
const TONE_AMPLITUDE = 8192;

/** Lateness of our own timer that is told, ms. */
const STALL_MS = 5;

/** How packets are sent just now; null where nothing may be sent. */
export interface SendingFormat {
  readonly codec: Codec;
  readonly payloadType: number;
  readonly eventType: number | null;
}

interface Key {
  readonly key: string;
  readonly holdMs: number;
  readonly gapMs: number;
  readonly sent: () => void;
}

/** What a key press still has to send. */
interface Pressing {
  readonly timestamp: number;
  readonly packets: EventPayload[];
  /** Packets of ordinary audio owed after it. */
  gapPackets: number;
  readonly sent: () => void;
}

/**
 * The sending half: one packet every 20 ms on an absolute schedule, made of the voice or, while a key is pressed, of
 * telephone-events (RFC 4733), which share the sequence numbers and clock of the audio (§2.5.1).
 */
export class Microphone {
  sent = 0;
  readonly #ssrc = randomInt(2 ** 32);
  #sequence = randomInt(2 ** 15);
  #timestamp = randomInt(2 ** 31);
  #voice: Voice;
  /** Samples of the voice said so far. */
  #said = 0;
  readonly #keys: Key[] = [];
  #pressing: Pressing | null = null;
  #timer: NodeJS.Timeout | null = null;
  #nextAt = 0;
  #stopped = false;

  /**
   * @param ports `send` takes one datagram to wherever the far end wants it, `sending` is asked before every packet, `onKey` is told
   * when the first packet of a key is out, `onStall` when this process came more than 5 ms late to send
   */
  constructor(
    voice: Voice,
    private readonly ports: {
      readonly send: (packet: Uint8Array) => void;
      readonly sending: () => SendingFormat | null;
      readonly onKey: (key: string) => void;
      readonly onStall: (ms: number) => void;
    },
  ) {
    this.#voice = voice;
  }

  /** Starts the schedule; the first packet leaves at once. */
  start(): void {
    if (this.#timer !== null || this.#stopped) return;
    this.#nextAt = performance.now();
    this.#tick();
  }

  /** Stops for good; keys not sent yet are dropped and their promises resolved. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#pressing?.sent();
    for (const { sent } of this.#keys.splice(0)) sent();
  }

  say(voice: Voice): void {
    this.#voice = voice;
    this.#said = 0;
  }

  /** Queues a key; resolves when its last packet and the pause after it are out, or the microphone stopped. */
  press(key: string, holdMs: number, gapMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#keys.push({ key, holdMs, gapMs, sent: resolve });
    });
  }

  #tick(): void {
    const late = performance.now() - this.#nextAt;
    if (late > STALL_MS) this.ports.onStall(late);
    // A late timer catches up, so that the far end gets 50 packets a second whatever this machine is doing.
    while (this.#nextAt <= performance.now()) {
      this.#frame();
      this.#nextAt += FRAME_MS;
    }
    this.#timer = setTimeout(() => {
      this.#tick();
    }, this.#nextAt - performance.now());
  }

  #frame(): void {
    const sending = this.ports.sending();
    this.#beginKey(sending);
    const pressing = this.#pressing;
    const event = pressing?.packets.shift();
    if (pressing !== null && event !== undefined) {
      const type = sending?.eventType ?? null;
      if (type !== null) this.#send(type, event.marker, pressing.timestamp, event.payload);
    } else {
      if (sending !== null) this.#speak(sending);
      if (pressing !== null && --pressing.gapPackets <= 0) {
        this.#pressing = null;
        pressing.sent();
      }
    }
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
  }

  #beginKey(sending: SendingFormat | null): void {
    if (this.#pressing !== null || sending === null) return;
    const next = this.#keys.shift();
    if (next === undefined) return;
    const packets = telephoneEvent({ key: next.key, durationMs: next.holdMs });
    this.#pressing = {
      timestamp: this.#timestamp,
      packets: [...(packets ?? [])],
      gapPackets: Math.max(1, Math.round(next.gapMs / FRAME_MS)),
      sent: next.sent,
    };
    this.ports.onKey(next.key);
  }

  #speak({ codec, payloadType }: SendingFormat): void {
    if (this.#voice === 'none') return;
    const payload = this.#nextFrame(this.#voice, codec);
    this.#send(payloadType, this.sent === 0, this.#timestamp, payload);
  }

  #nextFrame(voice: Exclude<Voice, 'none'>, { frame: { bytes }, silence, coder }: Codec): Uint8Array {
    if (voice === 'silence') return new Uint8Array(bytes).fill(silence);
    const from = this.#said;
    this.#said += FRAME_SAMPLES;
    if ('toneHz' in voice) {
      const step = (2 * Math.PI * voice.toneHz) / SAMPLE_RATE;
      return coder.encode(Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => TONE_AMPLITUDE * Math.sin(step * (from + i))));
    }
    const frame = new Int16Array(FRAME_SAMPLES);
    frame.set(voice.samples.subarray(from, from + FRAME_SAMPLES));
    return coder.encode(frame);
  }

  #send(payloadType: number, marker: boolean, timestamp: number, payload: Uint8Array): void {
    const header = { payloadType, marker, sequence: this.#sequence, timestamp, ssrc: this.#ssrc };
    this.ports.send(rtpPacket(header, payload));
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.sent += 1;
  }
}
