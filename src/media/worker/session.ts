import { background } from '../../lib/log/background.js';
import type { Logger } from '../../lib/log/log.js';
import { CODECS } from '../codec/codec.js';
import { SLOTS_PER_PACKET } from './clock.js';
import { DtmfSources, type DtmfSource } from './dtmf-sources.js';
import { musicPlayout } from './music.js';
import { Playout, type EncodedAudio } from './playout.js';
import type { WorkerAnswer, AnsweredVerb, Recording, VerbHandlers } from './protocol.js';
import { OutputQueue, type OutputEnd } from './output-queue.js';
import { PacketReader, type ReaderHost } from './packet-reader.js';
import type { IncomingStream } from './incoming-stream.js';
import { Recorder } from './recorder.js';
import { RTP_HEADER_BYTES } from '../rtp/packet.js';
import type { RtcpPort } from './rtcp-port.js';
import type { RemoteMedia } from '../sdp/answer.js';
import type { RtpSocket } from './rtp-socket.js';
import type { Source } from '../rtp/source.js';
import { OutgoingStream } from './outgoing-stream.js';
import type { AnnounceAudio, CollectDigits, MusicAudio, PlayAudio } from '../types.js';

/** What a session needs of the worker it lives in. */
export interface SessionHost extends ReaderHost {
  /** Puts the session into the wheel of its `sendDue`, or of its `readDue`. */
  scheduleSend(session: WorkerSession): void;
  scheduleRead(session: WorkerSession): void;
  /** Something that was asked for has ended. */
  onEnd(id: number, end: OutputEnd): void;
  answer(id: number, value: WorkerAnswer<AnsweredVerb>): void;
  onSilent(session: WorkerSession): void;
  /** A key came that cannot be taken. */
  onMissed(session: WorkerSession): void;
  readonly log: Pick<Logger, 'error'>;
}

/** Not in the wheel. */
const NEVER = -1;
/** Slots a stream may be ahead of, or behind, its even course after joining commands at once. */
const MOST_DRIFT = 8;
/** Keys that cannot be taken are told that often for one session. */
const MOST_MISSED = 100;
/** Every so many packets a stream that is off its course moves one slot back to it. */
const PACKETS_PER_CORRECTION = 8;

/**
 * One leg as its worker knows it: what it hears goes out packet by packet, what it says comes in through the reader, and both are
 * recorded. Each verb of the protocol is a method. Worker threads only; nothing here waits.
 */
export class WorkerSession implements VerbHandlers {
  sendDue = NEVER;
  /** Null: RTCP is heard on the RTP port only. */
  rtcp: RtcpPort | null = null;
  readonly #stream = new OutgoingStream();
  readonly #reader: PacketReader;
  readonly #output: OutputQueue;
  readonly #recorders = new Map<number, Recorder>();
  readonly #dtmfSources = new DtmfSources();
  #remote: RemoteMedia | null = null;
  #drift = 0;
  #digits = 0;
  #missed = 0;
  /** The call is answered; before that nobody expects packets. */
  #begun = false;
  #closed = false;

  constructor(
    readonly id: string,
    private readonly socket: RtpSocket,
    private readonly host: SessionHost,
    signalingAddress: string,
  ) {
    this.#output = new OutputQueue(host);
    const events = {
      onDue: (): void => {
        host.scheduleRead(this);
      },
      onKey: (key: string): void => {
        this.#key(key, 'rtp');
      },
      onMissed: (): void => {
        if (this.#missed++ < MOST_MISSED) host.onMissed(this);
      },
      onAudio: (bytes: Uint8Array, stream: IncomingStream): void => {
        this.#recordCaller(bytes, stream);
      },
      onSilent: (): void => {
        host.onSilent(this);
      },
    };
    this.#reader = new PacketReader(socket, host, events, signalingAddress);
  }

  /** Slot of the next poll. */
  get readDue(): number {
    return this.#reader.due;
  }

  // ---- negotiation ----

  /** Redirects the streams as negotiated. */
  negotiated(remote: RemoteMedia): void {
    const first = this.#remote === null;
    this.#remote = remote;
    this.#stream.use(CODECS[remote.codec], remote.payloadType);
    this.#reader.expect(remote);
    if (first && this.#begun) this.#sendAt(this.host.nextSlot);
  }

  /** Our description leaves at that time, ms of `processNow`: from then on the far end may send. */
  listen(at: number): void {
    this.#reader.open(at);
  }

  /** Starts the outgoing stream. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#reader.answered();
    if (this.#remote !== null) this.#sendAt(this.host.nextSlot);
  }

  // ---- what is heard ----

  play(request: PlayAudio<EncodedAudio>, id: number): void {
    this.#join((output) => {
      output.play(id, request, new Playout(request));
    });
  }

  collect(request: CollectDigits<EncodedAudio>, id: number): void {
    const prompt = request.audio.length === 0 ? null : new Playout({ ...request, loop: 1 });
    this.#join((output) => {
      output.collect(id, request, prompt);
    });
  }

  startMusic(music: MusicAudio<EncodedAudio>): void {
    this.#join((output) => {
      output.music(musicPlayout(music.audio, music));
    });
  }

  announce(request: AnnounceAudio<EncodedAudio>, id: number): void {
    this.#join((output) => {
      output.announce(id, new Playout({ ...request, loop: 1 }));
    });
  }

  stopMusic(): void {
    this.#output.stopMusic();
  }

  awaitKey(keys: string, id: number): void {
    this.#output.awaitKey(id, keys);
  }

  /** Ends whatever has that number; only a collect is answered. */
  cancel(id: number): void {
    this.#output.cancel(id);
  }

  digit(key: string): void {
    this.#key(key, 'info');
  }

  /** Takes a key, unless it came from the other source as well. */
  #key(key: string, source: DtmfSource): void {
    if (!this.#dtmfSources.take(key, source, this.host.now())) return;
    this.#digits++;
    this.#output.key(key);
  }

  // ---- recording ----

  record(request: Recording, id: number): void {
    background('starting a recording', this.host.log, () => this.#record(request, id));
  }

  stopRecording(ended: number): void {
    background('stopping a recording', this.host.log, () => this.#recorders.get(ended)?.stop(this.host.now()));
  }

  async #record(request: Recording, id: number): Promise<void> {
    const { ended } = request;
    const started = await Recorder.start({ ...request, now: this.host.now() });
    if (started.ok) {
      const recorder = started.value;
      background('the end of a recording', this.host.log, async () => {
        this.host.answer(ended, (await recorder.ended) satisfies WorkerAnswer<'recorded'>);
        this.#recorders.delete(ended);
      });
      if (this.#closed) background('stopping a recording', this.host.log, () => recorder.stop(this.host.now()));
      else this.#recorders.set(ended, recorder);
    }
    this.host.answer(id, (started.ok ? null : started.error) satisfies WorkerAnswer<'record'>);
  }

  #recordCaller(bytes: Uint8Array, { packet, codec }: IncomingStream): void {
    if (this.#recorders.size === 0) return;
    const { payloadStart: start, payloadEnd: end, timestamp, ssrc } = packet;
    const now = this.host.now();
    for (const recorder of this.#recorders.values()) recorder.caller({ bytes, start, end, timestamp, ssrc, codec }, now);
  }

  // ---- slots ----

  /** The slot of this session's next packet has come. */
  tick(slot: number): void {
    const now = this.host.now();
    this.#output.tick(now);
    for (const recorder of this.#recorders.values()) recorder.tick(now);
    this.#reader.tick(now);
    this.rtcp?.tick();
    let playout = this.#output.current();
    while (!this.#send(playout, now)) {
      const playEnded = this.#output.gaveOut(now);
      playout = this.#output.current();
      if (playout === null && playEnded) {
        // The next prompt is a message away: one slot of patience, and it joins without silence between.
        this.#drift--;
        this.#sendAt(slot + 1);
        return;
      }
    }
    this.#sendAt(slot + SLOTS_PER_PACKET + this.#correction());
  }

  /** The slot of this session's next poll has come. */
  poll(slot: number): void {
    this.#reader.poll(slot);
  }

  /** The clock skipped slots; the stream must not pretend they were sent. */
  skipped(samples: number): void {
    this.#stream.skip(samples);
  }

  /** A packet that came as an event. */
  onPacket(bytes: Uint8Array, source: Source): void {
    this.#reader.onPacket(bytes, source);
  }

  /** A datagram that came to the RTCP port. */
  onRtcp(bytes: Uint8Array, source: Source): void {
    if (!this.#closed) this.#reader.onRtcp(bytes, source);
  }

  stats(_request: null, id: number): void {
    const { sent } = this.#stream;
    this.host.answer(id, { sent, digits: this.#digits, ...this.#reader.stats() } satisfies WorkerAnswer<'stats'>);
  }

  /** Ends what was asked for, finalises recordings, frees the port. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.sendDue = NEVER;
    this.#reader.close();
    this.#output.close();
    const now = this.host.now();
    const recordings = [...this.#recorders.values()].map((recorder) => recorder.stop(now));
    await Promise.all([this.socket.close(), this.rtcp?.close(), ...recordings]);
  }

  // ---- sending ----

  /**
   * Changes what is heard. The first packet of something new leaves now, not in the slot it would have had, unless the stream is too
   * far ahead already.
   */
  #join(change: (output: OutputQueue) => void): void {
    const before = this.#output.current();
    change(this.#output);
    const now = this.#output.current();
    if (now === null || now === before || this.#remote === null || !this.#begun || this.#closed) return;
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
    const { timestamp, codec } = this.#stream;
    const packet = this.#stream.next(playout, remote.send);
    if (packet === null) return false;
    if (remote.send) this.socket.send(packet, this.#reader.peer ?? remote);
    const recorded = { bytes: packet, start: RTP_HEADER_BYTES, end: packet.length, timestamp, codec };
    for (const recorder of this.#recorders.values()) recorder.ours(recorded, now);
    return true;
  }
}
