import { SLOTS_PER_PACKET } from './clock.js';
import { Collect, KeyBuffer, type CollectRules } from './collect.js';
import { Latch, type Source } from './latch.js';
import { musicPlayout } from './music.js';
import { Play } from './play.js';
import type { EncodedAudio, Playout } from './playout.js';
import { InStream } from './receive.js';
import type { Recorder } from './record.js';
import { RTP_HEADER_BYTES } from './rtp/packet.js';
import type { RemoteMedia } from './sdp.js';
import { NOTHING, type RtpSocket } from './socket.js';
import { OutStream } from './stream.js';
import type { CollectEnd, PlayAudio, PlayEnd, RtpStats } from './types.js';
import type { Verb } from './verb.js';

/** What a session needs of the worker it lives in. */
export interface SessionHost {
  /** The slot nearest to now, and the first that is still to be run. */
  readonly slot: number;
  readonly nextSlot: number;
  /** Monotonic ms. */
  now(): number;
  /** Puts the session into the wheel of its `sendDue`, or of its `readDue`. */
  scheduleSend(session: WorkerSession): void;
  scheduleRead(session: WorkerSession): void;
  /** Where packets are read to; one for all sessions. */
  readonly buffer: Uint8Array;
  readonly mediaTimeoutMs: number;
  /** Whether there are enough sessions for polling to pay. */
  readonly crowded: boolean;
  /** A verb has ended. */
  onEnd(request: number, end: PlayEnd | CollectEnd): void;
  onSilent(session: WorkerSession): void;
}

/** Not in any wheel. */
const NEVER = -1;
/** Slots a stream may be ahead of, or behind, its even course after joining commands at once. */
const MOST_DRIFT = 8;
/** Every so many packets a stream that is off its course moves one slot back to it. */
const PACKETS_PER_CORRECTION = 8;
/** Empty reads in a row after which polling gives way to events, which cost nothing while nothing comes. */
const MOST_EMPTY = 9;
/** Packets close together after which events give way to polling. */
const DENSE_PACKETS = 4;
const DENSE_MS = 45;
/** Packets one socket may bring as events in one packet interval; a flood beyond it is left to the kernel. */
const MOST_EVENTS = 64;
/** Every so many polls the next one comes a slot early, to follow a sender whose packets do. */
const POLLS_PER_PROBE = 16;
/** Every so many polls the socket is read empty, in case two packets came close together. */
const POLLS_PER_DRAIN = 8;
/** Most packets of one far end taken in one slot. */
const MOST_PER_SLOT = 16;

/**
 * One leg as its worker knows it: the socket, both streams, the verb that holds the caller's ear. Worker threads only; nothing
 * here waits.
 */
export class WorkerSession {
  sendDue = NEVER;
  readDue = NEVER;
  readonly #stream = new OutStream();
  readonly #received = new InStream();
  readonly #latch: Latch;
  readonly #keys = new KeyBuffer();
  #remote: RemoteMedia | null = null;
  /** Whom we believe to be the far end: packets of others are not taken, ours go there. */
  #peer: Source | null = null;
  #playout: Playout | null = null;
  #verb: { readonly request: number; readonly machine: Verb<PlayEnd | CollectEnd> } | null = null;
  readonly #recorders = new Map<number, Recorder>();
  #drift = 0;
  #polls = 0;
  #empty = 0;
  #backlog = false;
  #polling = false;
  #dense = 0;
  /** Packets that came as events since the last tick, and whether events wait for the next. */
  #events = 0;
  #flooded = false;
  #lastHeard: number;
  #silenceReported = false;
  #strangers = 0;
  #digits = 0;
  /** The call is answered; before that nobody expects packets. */
  #begun = false;
  #closed = false;

  constructor(
    readonly id: string,
    private readonly socket: RtpSocket,
    private readonly host: SessionHost,
    signalingAddress: string,
  ) {
    this.#latch = new Latch(signalingAddress);
    this.#lastHeard = host.now();
  }

  // ---- negotiation ----

  /** Redirects the streams as negotiated. */
  negotiated(remote: RemoteMedia): void {
    const first = this.#remote === null;
    this.#remote = remote;
    this.#stream.law = remote.law;
    this.#stream.payloadType = remote.payloadType;
    this.#received.expect(remote);
    if (first || remote.receive) this.#heard(this.host.now());
    if (this.#latch.expect(remote) && !first) {
      this.#stopPolling();
      this.socket.disconnect();
      this.#peer = null;
    }
    if (first && this.#begun) this.#sendAt(this.host.nextSlot);
  }

  /** Starts the outgoing stream. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#latch.open();
    this.#heard(this.host.now());
    if (this.#remote !== null) this.#sendAt(this.host.nextSlot);
  }

  // ---- verbs ----

  play(request: number, rules: Pick<PlayAudio, 'bargeIn' | 'stopKeys'>, playout: Playout): void {
    this.#overtake();
    this.#verb = { request, machine: new Play(rules) };
    this.#start(playout);
  }

  /** `playout` null: no prompt. */
  collect(request: number, rules: CollectRules, playout: Playout | null): void {
    this.#overtake();
    const start = { prompting: playout !== null, now: this.host.now() };
    this.#verb = { request, machine: new Collect(rules, this.#keys, start) };
    const prompting = playout !== null && this.#verb.machine.promptWanted;
    this.#settle();
    if (prompting) this.#start(playout);
  }

  music(audio: EncodedAudio, startDelayMs: number): void {
    this.#overtake();
    this.#start(musicPlayout(audio, startDelayMs));
  }

  stopMusic(): void {
    if (this.#verb === null) this.#playout = null;
  }

  /** Ends the verb of that number without an answer: nobody waits for it any more. */
  cancel(request: number): void {
    if (this.#verb?.request !== request) return;
    this.#verb = null;
    this.#playout = null;
  }

  /** Takes a key, wherever it came from. */
  key(key: string): void {
    this.#digits++;
    const now = this.host.now();
    if (this.#keys.swallows(key, now)) return;
    const use = this.#verb?.machine.key(key, now, this.#playout?.ms ?? 0) ?? 'kept';
    if (use === 'kept') this.#keys.push({ key, at: Date.now() });
    this.#settle();
  }

  // ---- recording ----

  record(ended: number, recorder: Recorder): void {
    this.#recorders.set(ended, recorder);
    void recorder.ended.then(() => this.#recorders.delete(ended));
  }

  stopRecording(ended: number): void {
    void this.#recorders.get(ended)?.stop(this.host.now());
  }

  // ---- slots ----

  /** The slot of this session's next packet has come. */
  tick(slot: number): void {
    const now = this.host.now();
    this.#verb?.machine.tick(now);
    this.#settle();
    for (const recorder of this.#recorders.values()) recorder.tick(now);
    this.#watchSilence(now);
    this.#unthrottle();
    let sent = false;
    if (this.#playout !== null) {
      sent = this.#send(this.#playout, now);
      if (!sent && this.#promptEnded(now)) {
        // The next prompt is a message away: one slot of patience, and it joins without silence between.
        this.#drift--;
        this.#sendAt(slot + 1);
        return;
      }
    }
    if (!sent) this.#send(null, now);
    this.#sendAt(slot + SLOTS_PER_PACKET + this.#correction());
  }

  /** The slot of this session's next poll has come. */
  poll(slot: number): void {
    if (!this.#polling) return;
    const first = this.#readOne();
    if (first === NOTHING) {
      this.#backlog = false;
      if (++this.#empty >= MOST_EMPTY) this.#stopPolling();
      else this.#readAt(slot + 1);
      return;
    }
    this.#empty = 0;
    this.#polls++;
    if (this.#backlog || first === 'urgent' || this.#polls % POLLS_PER_DRAIN === 0) this.#drain();
    const probe = this.#polls % POLLS_PER_PROBE === 0 ? 1 : 0;
    this.#readAt(slot + this.#received.interval - probe);
  }

  /** The clock skipped slots; the stream must not pretend they were sent. */
  skipped(samples: number): void {
    this.#stream.skip(samples);
  }

  // ---- packets ----

  /** A packet that came as an event. */
  onPacket(bytes: Uint8Array, source: Source): void {
    if (++this.#events > MOST_EVENTS) this.#throttle();
    if (!this.#received.read(bytes, bytes.length)) return;
    if (!this.socket.connected) {
      const verdict = this.#latch.judge(source, this.#received.packet);
      if (verdict === 'stranger') this.#strangers++;
      if (verdict === 'stranger' || verdict === 'wait') return;
      this.#peer = { address: source.address, port: source.port };
      if (verdict === 'latch') this.socket.connect(this.#peer);
    } else if (source.address !== this.#peer?.address || source.port !== this.#peer.port) {
      this.#strangers++; // came before the kernel was told to keep it out
      return;
    }
    const now = this.host.now();
    const close = now - this.#lastHeard < DENSE_MS;
    this.#take(bytes, now);
    this.#dense = close ? this.#dense + 1 : 0;
    if (this.#dense >= DENSE_PACKETS && this.host.crowded) this.#startPolling();
  }

  stats(): RtpStats {
    const { sequence } = this.#received;
    return {
      sent: this.#stream.sent,
      received: sequence.received,
      lost: sequence.lost,
      strangers: this.#strangers,
      digits: this.#digits,
      silentMs: Math.round(this.host.now() - this.#lastHeard),
    };
  }

  /** Ends the verb, finalises recordings, frees the port. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.sendDue = this.readDue = NEVER;
    this.#polling = false;
    this.#verb?.machine.close();
    this.#settle();
    const now = this.host.now();
    const recordings = [...this.#recorders.values()].map((recorder) => recorder.stop(now));
    await Promise.all([this.socket.close(), ...recordings]);
  }

  // ---- inside ----

  /** True when that ended a play, so that another is likely to follow at once. */
  #promptEnded(now: number): boolean {
    const playing = this.#verb?.machine instanceof Play;
    this.#verb?.machine.promptEnded(now, this.#playout?.ms ?? 0);
    this.#playout = null;
    this.#settle();
    return playing;
  }

  /** A later command takes the stream over. */
  #overtake(): void {
    this.#verb?.machine.overtaken(this.host.now(), this.#playout?.ms ?? 0);
    this.#settle();
    this.#playout = null;
  }

  /** Tells how the verb ended, once it has. */
  #settle(): void {
    const verb = this.#verb;
    if (verb === null) return;
    if (!verb.machine.promptWanted) this.#playout = null;
    if (verb.machine.end === null) return;
    this.#verb = null;
    this.host.onEnd(verb.request, verb.machine.end);
  }

  /** Begins to play. The first packet leaves now, not in the slot it would have had, unless the stream is too far ahead already. */
  #start(playout: Playout): void {
    this.#playout = playout;
    if (this.#remote === null || !this.#begun || this.#closed) return;
    const slot = this.host.slot;
    const ahead = this.sendDue - slot;
    if (ahead <= 0 || this.#drift + ahead > MOST_DRIFT) return;
    this.#drift += ahead;
    this.tick(slot);
  }

  /** Slots to move the next packet by, to bring the stream back to its even course. */
  #correction(): number {
    if (this.#drift === 0 || this.#stream.sent % PACKETS_PER_CORRECTION !== 0) return 0;
    const move = this.#drift > 0 ? 1 : -1;
    this.#drift -= move;
    return move;
  }

  #sendAt(slot: number): void {
    if (this.#closed) return;
    this.sendDue = slot;
    this.host.scheduleSend(this);
  }

  /** Sends one packet of the playout, or of silence. False when the playout has nothing more. */
  #send(playout: Playout | null, now: number): boolean {
    const remote = this.#remote;
    if (remote === null) return true;
    const { timestamp } = this.#stream;
    const packet = this.#stream.next(playout, remote.send);
    if (packet === null) return false;
    if (remote.send) this.socket.send(packet, this.#peer ?? remote);
    const recorded = { bytes: packet, start: RTP_HEADER_BYTES, end: packet.length, timestamp, law: remote.law };
    for (const recorder of this.#recorders.values()) recorder.ours(recorded, now);
    return true;
  }

  #take(bytes: Uint8Array, now: number): 'urgent' | 'plain' {
    this.#heard(now);
    const { packet } = this.#received;
    const what = this.#received.take(bytes, now);
    if (what === 'key') this.key(this.#received.key);
    if (what === 'audio' && this.#recorders.size > 0) {
      const { payloadStart: start, payloadEnd: end, timestamp } = packet;
      for (const recorder of this.#recorders.values()) {
        recorder.caller({ bytes, start, end, timestamp, law: this.#received.law }, now);
      }
    }
    return what === 'audio' ? 'plain' : 'urgent';
  }

  #heard(now: number): void {
    this.#lastHeard = now;
    this.#silenceReported = false;
  }

  #watchSilence(now: number): void {
    const limit = this.host.mediaTimeoutMs;
    if (limit === 0 || this.#silenceReported || now - this.#lastHeard < limit) return;
    if (this.#remote?.receive !== true) return;
    this.#silenceReported = true;
    this.host.onSilent(this);
  }

  // ---- polling ----

  #readOne(): 'urgent' | 'plain' | typeof NOTHING {
    const { buffer } = this.host;
    const length = this.socket.read(buffer);
    if (length === NOTHING) return NOTHING;
    return this.#received.read(buffer, length) ? this.#take(buffer, this.host.now()) : 'plain';
  }

  #drain(): void {
    this.#backlog = false;
    for (let packets = 1; packets < MOST_PER_SLOT && this.#polling; packets++) {
      if (this.#readOne() === NOTHING) return;
      this.#backlog = true;
    }
  }

  #readAt(slot: number): void {
    if (!this.#polling) return;
    this.readDue = slot;
    this.host.scheduleRead(this);
  }

  /** Only a connected socket is polled: a polled packet does not tell its source. */
  #startPolling(): void {
    if (this.#polling || !this.socket.canPoll || !this.socket.connected || this.#closed) return;
    this.#polling = true;
    this.#empty = 0;
    this.socket.pauseEvents();
    this.#readAt(Math.max(this.host.nextSlot, this.host.slot + this.#received.interval));
  }

  /** Somebody floods the socket: a poll takes a bounded number of packets, and where polling is not allowed yet, events wait. */
  #throttle(): void {
    if (this.socket.connected) this.#startPolling();
    else {
      this.#flooded = true;
      this.socket.pauseEvents();
    }
  }

  #unthrottle(): void {
    this.#events = 0;
    if (!this.#flooded) return;
    this.#flooded = false;
    if (!this.#polling) this.socket.resumeEvents();
  }

  #stopPolling(): void {
    this.#dense = 0;
    if (!this.#polling) return;
    this.#polling = false;
    this.readDue = NEVER;
    this.socket.resumeEvents();
  }
}
