import { Latch, type Source } from './latch.js';
import { InStream } from './receive.js';
import type { RemoteMedia } from './sdp.js';
import { NOTHING, type RtpSocket } from './socket.js';

/** What a reader needs of the worker it lives in. */
export interface ReaderHost {
  /** The slot nearest to now, and the first that is still to be run. */
  readonly slot: number;
  readonly nextSlot: number;
  /** Monotonic ms. */
  now(): number;
  /** Where packets are read to; one for all sessions. */
  readonly buffer: Uint8Array;
  readonly mediaTimeoutMs: number;
  /** Whether there are enough sessions for polling to pay. */
  readonly crowded: boolean;
}

/** What a reader tells its leg. */
export interface ReaderEvents {
  /** `due` has moved: the next poll is to come in that slot. */
  readonly onDue: () => void;
  readonly onKey: (key: string) => void;
  /** An audio packet was taken into `stream`; the bytes are valid during the call only. */
  readonly onAudio: (bytes: Uint8Array, stream: InStream) => void;
  /** Nothing was heard for the media time-out; once per silence. */
  readonly onSilent: () => void;
}

/** Not to be polled. */
const NEVER = -1;
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

/** The incoming half of one leg: whose packets are believed, how they are read, and when the far end has gone silent. */
export class PacketReader {
  /** Slot of the next poll. */
  due = NEVER;
  readonly #stream = new InStream();
  readonly #latch: Latch;
  #negotiated = false;
  #expecting = false;
  /** Whom we believe to be the far end: packets of others are not taken, ours go there. */
  #peer: Source | null = null;
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
  #closed = false;

  constructor(
    private readonly socket: RtpSocket,
    private readonly host: ReaderHost,
    private readonly events: ReaderEvents,
    signalingAddress: string,
  ) {
    this.#latch = new Latch(signalingAddress);
    this.#lastHeard = host.now();
  }

  get peer(): Source | null {
    return this.#peer;
  }

  /** Takes what was negotiated, again after a re-INVITE. */
  expect(remote: RemoteMedia): void {
    const first = !this.#negotiated;
    this.#negotiated = true;
    this.#expecting = remote.receive;
    this.#stream.expect(remote);
    if (first || remote.receive) this.#heard(this.host.now());
    if (!this.#latch.expect(remote) || first) return;
    this.#stopPolling();
    this.socket.disconnect();
    this.#peer = null;
  }

  /** Our description is on its way to the far end. */
  open(): void {
    this.#latch.open();
    this.#heard(this.host.now());
  }

  /** The slot of the next poll has come. */
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
    this.#readAt(slot + this.#stream.interval - probe);
  }

  /** A packet that came as an event. */
  onPacket(bytes: Uint8Array, source: Source): void {
    if (++this.#events > MOST_EVENTS) this.#throttle();
    if (!this.#stream.read(bytes, bytes.length)) return;
    if (!this.socket.connected) {
      const verdict = this.#latch.judge(source, this.#stream.packet);
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

  /** A packet interval has passed. */
  tick(now: number): void {
    this.#watchSilence(now);
    this.#unthrottle();
  }

  stats(): { readonly received: number; readonly lost: number; readonly strangers: number; readonly silentMs: number } {
    const { received, lost } = this.#stream.sequence;
    return { received, lost, strangers: this.#strangers, silentMs: Math.round(this.host.now() - this.#lastHeard) };
  }

  close(): void {
    this.#closed = true;
    this.#polling = false;
    this.due = NEVER;
  }

  #take(bytes: Uint8Array, now: number): 'urgent' | 'plain' {
    this.#heard(now);
    const what = this.#stream.take(bytes, now);
    if (what === 'key') this.events.onKey(this.#stream.key);
    if (what === 'audio') this.events.onAudio(bytes, this.#stream);
    return what === 'audio' ? 'plain' : 'urgent';
  }

  #heard(now: number): void {
    this.#lastHeard = now;
    this.#silenceReported = false;
  }

  #watchSilence(now: number): void {
    const limit = this.host.mediaTimeoutMs;
    if (limit === 0 || this.#silenceReported || now - this.#lastHeard < limit || !this.#expecting) return;
    this.#silenceReported = true;
    this.events.onSilent();
  }

  // ---- polling ----

  #readOne(): 'urgent' | 'plain' | typeof NOTHING {
    const { buffer } = this.host;
    const length = this.socket.read(buffer);
    if (length === NOTHING) return NOTHING;
    return this.#stream.read(buffer, length) ? this.#take(buffer, this.host.now()) : 'plain';
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
    this.due = slot;
    this.events.onDue();
  }

  /** Only a connected socket is polled: a polled packet does not tell its source. */
  #startPolling(): void {
    if (this.#polling || !this.socket.canPoll || !this.socket.connected || this.#closed) return;
    this.#polling = true;
    this.#empty = 0;
    this.socket.pauseEvents();
    this.#readAt(Math.max(this.host.nextSlot, this.host.slot + this.#stream.interval));
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
    this.due = NEVER;
    this.socket.resumeEvents();
  }
}
