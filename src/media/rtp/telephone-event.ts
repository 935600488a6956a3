import { FRAME_MS, FRAME_SAMPLES, SAMPLES_PER_MS } from '../codec/frame.js';
import { sequenceDelta, timestampDelta } from './sequence.js';

/*
 * DTMF as RTP payload (RFC 4733, telephone-event). A key is reported on the first packet of its event, whichever packet that
 * is; everything after it belongs to the same press until a packet proves otherwise.
 */

/** Keys in the order of their event codes 0–15 (RFC 4733 §3.2). */
export const KEYS = '0123456789*#ABCD';

/** The event code of a key; null for anything that is no single key. */
export function eventOfKey(key: string): number | null {
  const code = key.length === 1 ? KEYS.indexOf(key.toUpperCase()) : -1;
  return code < 0 ? null : code;
}

/** Bytes of one event in a payload (RFC 4733 §2.3). */
const EVENT_BYTES = 4;
/** Samples of one 20 ms packet. */
const PACKET = FRAME_SAMPLES;
/** Longest duration one event can state; longer presses go on as a new segment (RFC 4733 §2.5.1.3). */
const MAX_DURATION = 0xffff;
/** Packets that near in sequence, ends among them, are of one press: its end alone is three packets. */
const NEAR = 4;
/** A press goes on after at most that many lost packets, and that much duration, when all else about it has changed: 0.5 s. */
const MOST_MISSED = 25;
/** Events remembered so that a late or repeated packet of an earlier press is not taken for a new one. */
const REMEMBERED = 8;

/** Why a packet was a new digit (`new…`) or was not. Counted, so that a digit complaint can be answered from the figures. */
const DIGIT_REASONS = [
  'new', // first packet of the event: the ordinary case
  'new-start-lost', // first packet seen, but the event had begun before it
  'new-same-timestamp', // a sender that gives a new press the timestamp of the one before
  'repeat', // another packet of the press already taken
  'moved-timestamp', // the same press from a sender that moves its timestamp
  'moved-ssrc', // the same press from a sender that changes its SSRC in the middle of it
  'segment', // the same press, held until its duration started anew
  'late', // a packet of an earlier press, overtaken on the way or held on to under the next one
  'not-a-key', // an event that is no key, e.g. hook flash
  'malformed', // too short to be an event
] as const;

export type DigitReason = (typeof DIGIT_REASONS)[number];

/** What one packet meant. `key` is set exactly when the reason begins with `new`. */
export interface DigitVerdict {
  readonly key: string | null;
  readonly reason: DigitReason;
}

/** The header fields that matter here. */
interface EventHeader {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
}

/** The press being received. */
interface Press {
  ssrc: number;
  /** Timestamp of its first packet seen. */
  timestamp: number;
  event: number;
  ended: boolean;
  /** Longest duration seen, samples, and by how much it grows from packet to packet. */
  duration: number;
  step: number;
  firstSequence: number;
  /** Of the packet furthest ahead. */
  lastSequence: number;
  lastTimestamp: number;
}

interface EventPacket {
  readonly event: number;
  readonly end: boolean;
  readonly duration: number;
  readonly header: EventHeader;
}

/** Turns telephone-event packets into key presses, once each. One per incoming stream; pure. */
export class TelephoneEventReceiver {
  /** Packets by what they were. */
  readonly counts: Record<DigitReason, number> = Object.fromEntries(DIGIT_REASONS.map((reason) => [reason, 0])) as Record<
    DigitReason,
    number
  >;
  #press: Press | null = null;
  /** Presses before the current one. */
  readonly #earlier: Press[] = [];

  /** Takes the payload `bytes[start, end)` of one packet. */
  take(header: EventHeader, bytes: Uint8Array, start = 0, end = bytes.length): DigitVerdict {
    if (end - start < EVENT_BYTES) return this.#count('malformed', null);
    const event = bytes[start] ?? 0;
    const key = KEYS[event];
    if (key === undefined) return this.#count('not-a-key', null);
    const packet = {
      event,
      end: ((bytes[start + 1] ?? 0) & 0x80) !== 0,
      duration: ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0),
      header,
    };
    const reason = this.#judge(packet);
    if (reason === 'new' || reason === 'new-start-lost' || reason === 'new-same-timestamp') {
      this.#begin(packet);
      return this.#count(reason, key);
    }
    if (reason !== 'late') this.#follow(packet, reason);
    return this.#count(reason, null);
  }

  #judge(packet: EventPacket): DigitReason {
    const press = this.#press;
    const { header, event } = packet;
    if (press?.ssrc === header.ssrc) {
      const samePress = header.timestamp === press.timestamp || header.timestamp === press.lastTimestamp;
      if (event === press.event && samePress) return isPressOfItsOwn(packet, press) ? 'new-same-timestamp' : 'repeat';
      if (this.#goesOnEarlier(packet)) return 'late';
      if (sequenceDelta(header.sequence, press.lastSequence) <= 0 && this.#isEarlier(packet)) return 'late';
      if (event === press.event && continuesSegment(packet, press)) return 'segment';
      if (event === press.event && (movesTimestamp(packet, press) || growsOn(packet, press))) return 'moved-timestamp';
    } else if (press !== null) {
      const known = this.#judgeOtherSsrc(packet, press);
      if (known !== null) return known;
    }
    // RFC 4733 §2.5.1.2: the marker tells the first packet; a first packet states about one packet of duration.
    return header.marker || (!packet.end && packet.duration <= 2 * PACKET) ? 'new' : 'new-start-lost';
  }

  /** Null for a press of its own. */
  #judgeOtherSsrc(packet: EventPacket, press: Press): DigitReason | null {
    if (this.#goesOnEarlier(packet) || this.#isUnderFormerSsrc(packet)) return 'late';
    return packet.event === press.event && changesSsrc(packet, press) ? 'moved-ssrc' : null;
  }

  /** One more packet of an earlier press that overlaps with the current one: two keys held at once. */
  #goesOnEarlier({ event, end, duration, header }: EventPacket): boolean {
    // The latest such: a sender that never moves its timestamp has more than one.
    const one = this.#earlier.findLast(
      ({ ssrc, event: earlier, timestamp }) => ssrc === header.ssrc && earlier === event && timestamp === header.timestamp,
    );
    if (one === undefined || header.marker) return false;
    const ahead = sequenceDelta(header.sequence, one.lastSequence);
    const near = Math.abs(ahead) <= 2 * NEAR;
    const overtaken = ahead <= 0 && near;
    // A sender that never moves its timestamp begins a new press with a duration that starts anew, and not at once.
    const goesOn = overtaken || (one.ended ? end && near : end || duration >= one.duration);
    if (!goesOn) return false;
    one.ended ||= end;
    if (ahead > 0) {
      one.duration = duration;
      one.lastSequence = header.sequence;
    }
    return true;
  }

  /** By its timestamp, or by its place in sequence where the sender moves timestamps. */
  #isEarlier({ event, header }: EventPacket): boolean {
    return this.#earlier.some(
      (one) =>
        one.event === event &&
        one.ssrc === header.ssrc &&
        (one.timestamp === header.timestamp ||
          (sequenceDelta(header.sequence, one.firstSequence) >= -NEAR &&
            sequenceDelta(header.sequence, one.lastSequence) <= NEAR)),
    );
  }

  /** A packet of a press that has ended or goes on under another SSRC, overtaken on the way. */
  #isUnderFormerSsrc({ event, end, header }: EventPacket): boolean {
    if (header.marker && !end) return false;
    return this.#earlier.some(
      ({ ssrc, event: earlier, timestamp }) => ssrc === header.ssrc && earlier === event && timestamp === header.timestamp,
    );
  }

  #remember(press: Press): void {
    this.#earlier.push(press);
    if (this.#earlier.length > REMEMBERED) this.#earlier.shift();
  }

  #begin({ event, end, duration, header }: EventPacket): void {
    const { ssrc, timestamp, sequence } = header;
    if (this.#press !== null) this.#remember(this.#press);
    this.#press = {
      ssrc,
      timestamp,
      event,
      ended: end,
      duration,
      step: PACKET,
      firstSequence: sequence,
      lastSequence: sequence,
      lastTimestamp: timestamp,
    };
  }

  /** Updates the current press with one more of its packets. */
  #follow({ end, duration, header }: EventPacket, reason: DigitReason): void {
    const press = this.#press;
    if (press === null) return;
    if (reason === 'moved-ssrc') {
      this.#remember({ ...press });
      press.ssrc = header.ssrc;
      press.timestamp = press.lastTimestamp = header.timestamp;
      press.firstSequence = press.lastSequence = header.sequence;
    }
    press.ended ||= end;
    const grown = duration - press.duration;
    if (grown > 0 && sequenceDelta(header.sequence, press.lastSequence) === 1) press.step = grown;
    if (reason === 'segment') {
      press.timestamp = header.timestamp;
      press.duration = duration;
    }
    press.duration = Math.max(press.duration, duration);
    if (sequenceDelta(header.sequence, press.lastSequence) > 0) {
      press.lastSequence = header.sequence;
      press.lastTimestamp = header.timestamp;
    }
  }

  #count(reason: DigitReason, key: string | null): DigitVerdict {
    this.counts[reason]++;
    return { key, reason };
  }
}

/** A new press under the old timestamp: no end, though later in sequence than one (an overtaken start is earlier). */
function isPressOfItsOwn({ end, header }: EventPacket, press: Press): boolean {
  return press.ended && !end && sequenceDelta(header.sequence, press.lastSequence) > 0;
}

/** RFC 4733 §2.5.1.3: a press beyond 65,535 samples goes on with the timestamp moved by that much and no marker. */
function continuesSegment({ header }: EventPacket, press: Press): boolean {
  if (press.ended || header.marker || press.duration < MAX_DURATION - 5 * PACKET) return false;
  return Math.abs(timestampDelta(header.timestamp, press.timestamp) - press.duration) <= 5 * PACKET;
}

/**
 * The same press from a sender that moves the timestamp within an event, against RFC 4733 §2.5.1.2: on every packet, or on the
 * end packets only. Its packets follow each other directly; a press of its own would begin with a packet that is no end, after
 * the repeated end packets of the one before. Where packets are missing between, the timestamp tells: that of a press of its
 * own is ahead by more than the duration it states itself, as it starts after the one before has ended.
 */
function movesTimestamp({ end, duration, header }: EventPacket, press: Press): boolean {
  const packets = sequenceDelta(header.sequence, press.lastSequence);
  if (packets <= 0) return packets >= -NEAR;
  if (header.marker) return false;
  if (end && packets <= NEAR) return true;
  if (press.ended) return false;
  const ahead = timestampDelta(header.timestamp, press.timestamp);
  const slack = end ? 2 * PACKET : PACKET; // the last repeat of an end is two packets on
  return ahead > 0 && duration >= press.duration && ahead <= duration + slack;
}

/**
 * The same press after a jump of the timestamp, whichever way: not ended, no marker, and its duration has grown by just what the
 * packets since would have made it grow. A press of its own begins anew.
 */
function growsOn({ end, duration, header }: EventPacket, press: Press): boolean {
  const packets = sequenceDelta(header.sequence, press.lastSequence);
  if (press.ended || header.marker || end || packets > MOST_MISSED) return false;
  return Math.abs(duration - press.duration - packets * press.step) <= press.step / 2;
}

/**
 * The same press from a sender that changes its SSRC in the middle, as when a call is handed over to another media server, with
 * the old timestamp or a new one; sequence numbers tell nothing then. It goes on where its duration does; only repeated ends
 * follow an end. A press of its own begins with a short duration, whatever its marker says.
 */
function changesSsrc({ end, duration, header }: EventPacket, press: Press): boolean {
  const grown = duration - press.duration;
  if (press.ended) return end && grown === 0;
  const starts = !end && duration <= 2 * PACKET;
  if (header.timestamp === press.timestamp || header.timestamp === press.lastTimestamp) return !(starts && header.marker);
  if (header.marker && (starts || press.duration < 2 * PACKET)) return false;
  return (end ? grown >= 0 : grown > 0) && grown <= MOST_MISSED * PACKET;
}

/** One packet of an outgoing event. */
export interface EventPayload {
  /** When to send it, ms after the first. */
  readonly atMs: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

/** A key press to send. */
export interface KeyPressToSend {
  readonly key: string;
  /** How long the key is held; rounded up to whole packets. */
  readonly durationMs: number;
  /** Interval of packets, ms; 20 when absent. */
  readonly intervalMs?: number;
  /** Power level below 0 dBm0, 0–63; 10 when absent. */
  readonly volume?: number;
}

/**
 * The packets of one key press (RFC 4733 §2.5.1): one per interval, all with the timestamp of the first, the last one sent three
 * times with the end bit. Null when it is no key.
 */
export function telephoneEvent(press: KeyPressToSend): readonly EventPayload[] | null {
  const event = eventOfKey(press.key);
  if (event === null) return null;
  const interval = press.intervalMs ?? FRAME_MS;
  const packets = Math.max(1, Math.ceil(press.durationMs / interval));
  const volume = (press.volume ?? 10) & 0x3f;
  const payload = (count: number, end: boolean): Uint8Array => {
    const duration = Math.min(MAX_DURATION, count * interval * SAMPLES_PER_MS);
    return Uint8Array.of(event, (end ? 0x80 : 0) | volume, duration >> 8, duration & 0xff);
  };
  const events: EventPayload[] = [];
  for (let count = 1; count <= packets; count++) {
    events.push({ atMs: (count - 1) * interval, marker: count === 1, payload: payload(count, false) });
  }
  for (let repeat = 0; repeat < 3; repeat++) {
    events.push({ atMs: (packets + repeat) * interval, marker: false, payload: payload(packets, true) });
  }
  return events;
}
