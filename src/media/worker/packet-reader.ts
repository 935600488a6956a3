import { SourceLatch, QUIET_MS } from './source-latch.js';
import { IncomingStream } from './incoming-stream.js';
import { isRtcp } from '../rtp/packet.js';
import { rtcpSender } from '../rtp/rtcp.js';
import type { RemoteMedia } from '../sdp/answer.js';
import { NOTHING, type RtpSocket } from './rtp-socket.js';
import { isSame, type Source } from '../rtp/source.js';

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
  /** A key came that cannot be taken. */
  readonly onMissed: () => void;
  /** An audio packet was taken into `stream`; the bytes are valid during the call only. */
  readonly onAudio: (bytes: Uint8Array, stream: IncomingStream) => void;
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
  readonly #stream = new IncomingStream();
  readonly #latch: SourceLatch;
  #remote: RemoteMedia | null = null;
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
  /** When the last sign of life came, and the last RTP packet. */
  #lastHeard: number;
  #lastTaken: number;
  /** Whose RTCP is believed though nobody negotiated it and no RTP came. */
  #reporter: Source | null = null;
  #silenceReported = false;
  #unexpected = 0;
  #closed = false;

  constructor(
    private readonly socket: RtpSocket,
    private readonly host: ReaderHost,
    private readonly events: ReaderEvents,
    signalingAddress: string,
  ) {
    this.#latch = new SourceLatch(signalingAddress);
    this.#lastHeard = this.#lastTaken = host.now();
  }

  get peer(): Source | null {
    return this.#peer;
  }

  /** Takes what was negotiated, again after a re-INVITE. */
  expect(remote: RemoteMedia): void {
    const first = this.#remote === null;
    this.#remote = remote;
    this.#stream.expect(remote);
    if (first || remote.receive) this.#heard(this.host.now());
    if (!this.#latch.expect(remote) || first) return;
    this.#stopPolling();
    this.socket.admit(remote);
    this.#peer = this.#reporter = null;
  }

  /** Our description left for the far end at that time, ms of `processNow`. */
  open(at: number): void {
    this.#latch.open(at);
  }

  /** The call is answered: silence counts from here. */
  answered(): void {
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
    if (++this.#events > MOST_EVENTS && !this.#throttle()) return;
    if (!this.#stream.read(bytes, bytes.length)) {
      this.onRtcp(bytes, source);
      return;
    }
    const now = this.host.now();
    if (!this.#believes(source, now)) return;
    const close = now - this.#lastHeard < DENSE_MS;
    this.#take(bytes, now);
    this.#dense = close ? this.#dense + 1 : 0;
    if (this.#dense >= DENSE_PACKETS && this.host.crowded) this.#startPolling();
  }

  /** A datagram that may be RTCP, from the RTP port (RFC 5761) or from the port above it: the far end's is a sign of life. */
  onRtcp(bytes: Uint8Array, source: Source): void {
    const sender = isRtcp(bytes, bytes.length) ? rtcpSender(bytes, bytes.length) : null;
    if (sender === null) return;
    if (this.#mayReport(source, sender)) this.#heard(this.host.now());
    else this.#unexpected++;
  }

  /** A packet interval has passed. */
  tick(now: number): void {
    this.#watchSilence(now);
    this.#unthrottle();
    // Connected, a stream that goes on from another port would never be seen.
    if (this.socket.connected && now - this.#lastTaken >= QUIET_MS) this.#letOthersIn();
  }

  stats(): { readonly received: number; readonly lost: number; readonly unexpected: number; readonly silentMs: number } {
    const { received, lost } = this.#stream.sequence;
    // Never 0: that is the silence of a session that was lost.
    const silentMs = Math.max(1, Math.round(this.host.now() - this.#lastHeard));
    return { received, lost, unexpected: this.#unexpected, silentMs };
  }

  close(): void {
    this.#closed = true;
    this.#polling = false;
    this.due = NEVER;
  }

  /** Whether the packet just read is the far end's; follows or connects to it where that is new. */
  #believes(source: Source, now: number): boolean {
    if (this.socket.connected) {
      if (this.#peer !== null && isSame(source, this.#peer)) return true;
      this.#unexpected++; // came before the kernel was told to keep it out
      return false;
    }
    const { packet, sequence } = this.#stream;
    const verdict = this.#latch.judge(source, packet, sequence, now - this.#lastTaken);
    if (verdict === 'unexpected') this.#unexpected++;
    if (verdict === 'unexpected' || verdict === 'wait') return false;
    if (this.#peer === null || !isSame(source, this.#peer)) this.#peer = { address: source.address, port: source.port };
    if (verdict === 'latch') this.socket.connect(this.#peer);
    return true;
  }

  /**
   * Whether RTCP of that SSRC from there is the far end's. Where it was negotiated to come from, and where RTP comes from, at once;
   * from another port of those addresses by the SSRC of the RTP. From the signalling address, of a far end behind NAT that sent no
   * RTP yet, the first to come is believed.
   */
  #mayReport(source: Source, sender: number): boolean {
    const remote = this.#remote;
    if (remote === null) return false;
    const { address } = source;
    const rtcp = remote.rtcp ?? { address: remote.address, port: remote.port + 1 };
    const theirs = [remote, rtcp, ...(this.#peer === null ? [] : [this.#peer])];
    if (theirs.some((one) => isSame(one, source))) return true;
    const { begun, ssrc } = this.#stream.sequence;
    if (begun) return sender === ssrc && theirs.some((one) => one.address === address);
    if (!this.#latch.isBehindNat(source)) return false;
    this.#reporter ??= { address, port: source.port };
    return isSame(this.#reporter, source);
  }

  #letOthersIn(): void {
    this.#stopPolling();
    this.socket.disconnect();
  }

  #take(bytes: Uint8Array, now: number): 'urgent' | 'plain' {
    this.#heard(now);
    this.#lastTaken = now;
    const what = this.#stream.take(bytes, now);
    if (what === 'key') this.events.onKey(this.#stream.key);
    if (what === 'missed') this.events.onMissed();
    if (what === 'audio') this.events.onAudio(bytes, this.#stream);
    return what === 'audio' ? 'plain' : 'urgent';
  }

  #heard(now: number): void {
    this.#lastHeard = now;
    this.#silenceReported = false;
  }

  #watchSilence(now: number): void {
    const limit = this.host.mediaTimeoutMs;
    if (limit === 0 || this.#silenceReported || now - this.#lastHeard < limit || this.#remote?.receive !== true) return;
    this.#silenceReported = true;
    this.events.onSilent();
  }

  // ---- polling ----

  #readOne(): 'urgent' | 'plain' | typeof NOTHING {
    const { buffer } = this.host;
    const length = this.socket.read(buffer);
    if (length === NOTHING) return NOTHING;
    if (this.#stream.read(buffer, length)) return this.#take(buffer, this.host.now());
    // Polled packets are the far end's: the socket is connected.
    if (isRtcp(buffer, length) && rtcpSender(buffer, length) !== null) this.#heard(this.host.now());
    return 'plain';
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

  /**
   * Somebody floods the socket: a poll takes a bounded number of packets, and where polling is not allowed yet, events wait. False
   * when the packet is to be left unread: events cannot wait here, and anybody may have sent it.
   */
  #throttle(): boolean {
    if (this.socket.connected) this.#startPolling();
    else {
      this.#flooded = true;
      this.socket.pauseEvents();
    }
    return this.socket.connected || this.socket.canPoll;
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
