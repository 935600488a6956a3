import { parentPort, workerData } from 'node:worker_threads';
import { background } from '../../lib/log/background.js';
import { catchUncaughtErrors } from '../../lib/log/uncaught.js';
import type { Logger } from '../../lib/log/log.js';
import { forEveryCodec } from '../codec/codec.js';
import { SAMPLES_PER_MS } from '../codec/frame.js';
import { SLOT_MS, SlotClock } from './clock.js';
import { LoadMeter } from './load.js';
import type { EncodedAudio } from './playout.js';
import type { OutputEnd } from './output-queue.js';
import {
  mapAudio,
  type WorkerAnswer,
  type AnsweredVerb,
  type FromWorker,
  type Message,
  type ToWorker,
  type VerbHandlers,
  type WorkerSettings,
} from './protocol.js';
import { raiseThreadPriority } from './thread-priority.js';
import { RtcpPort } from './rtcp-port.js';
import { RtpSocket, type PacketListener, type RtpSocketOptions } from './rtp-socket.js';
import { TimerWheel } from './timer-wheel.js';
import { WorkerSession, type SessionHost } from './session.js';

/*
 * A media worker: the thread in which legs send and receive. Commands come by message, work is done slot by slot. A fault in one
 * session ends that session and is reported; the others do not notice.
 */

/** Larger than any packet of a far end that keeps to the negotiation. */
const BUFFER_BYTES = 2048;

class MediaWorker implements SessionHost {
  readonly buffer = new Uint8Array(BUFFER_BYTES);
  readonly mediaTimeoutMs: number;
  /** Lines are written by the main thread, which has the log. */
  readonly log: Pick<Logger, 'error'>;
  readonly #audio = new Map<number, EncodedAudio>();
  readonly #sessions = new Map<string, WorkerSession>();
  readonly #sending = new TimerWheel<WorkerSession>(({ sendDue }) => sendDue);
  readonly #reading = new TimerWheel<WorkerSession>(({ readDue }) => readDue);
  readonly #load: LoadMeter;
  readonly #clock: SlotClock;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly post: (message: FromWorker) => void,
  ) {
    this.mediaTimeoutMs = settings.mediaTimeoutMs;
    this.log = remoteErrors(post);
    this.#load = new LoadMeter(settings.load, settings.limits);
    this.#clock = new SlotClock({
      onSlot: (slot) => {
        this.#runSlot(slot);
      },
      onSkip: (slots) => {
        for (const session of this.#sessions.values()) session.skipped(slots * SLOT_MS * SAMPLES_PER_MS);
      },
      onFinished: (lateMs) => {
        this.#load.add(lateMs);
      },
    });
  }

  get slot(): number {
    return this.#clock.slot;
  }

  get nextSlot(): number {
    return this.#clock.next;
  }

  get crowded(): boolean {
    return this.#sessions.size >= this.settings.pollFrom;
  }

  now(): number {
    return performance.now();
  }

  scheduleSend(session: WorkerSession): void {
    this.#sending.add(session);
  }

  scheduleRead(session: WorkerSession): void {
    this.#reading.add(session);
  }

  onEnd(id: number, end: OutputEnd): void {
    this.answer(id, end);
  }

  answer(id: number, value: WorkerAnswer<AnsweredVerb>): void {
    this.post({ type: 'answer', id, value });
  }

  onSilent(session: WorkerSession): void {
    this.post({ type: 'silent', session: session.id });
  }

  onMissed(session: WorkerSession): void {
    this.post({ type: 'missed', session: session.id });
  }

  /** Takes a message of the main thread. */
  take(message: ToWorker): void {
    if ('verb' in message) this.#takeVerb(message);
    else if (message.type === 'audio') {
      this.#audio.set(
        message.id,
        forEveryCodec(({ name }) => new Uint8Array(message.encoded[name])),
      );
    } else this.#audio.delete(message.id);
  }

  #takeVerb(message: Message): void {
    if (message.verb === 'open') {
      background('opening an RTP socket', this.log, () => this.#open(message));
      return;
    }
    const session = this.#sessions.get(message.session);
    // A session that a fault has closed: its verbs were answered when that happened.
    if (session === undefined) return;
    if (message.verb === 'close') background('closing a media session', this.log, () => this.#close(session, message.id));
    else {
      this.#guard(session, () => {
        this.#handle(session, message);
      });
    }
  }

  #handle<V extends keyof VerbHandlers>(handlers: VerbHandlers, { verb, request, id }: Message<V>): void {
    handlers[verb](
      mapAudio<V, number, EncodedAudio>(request, (audio) => this.#encoded(audio)),
      id,
    );
  }

  #runSlot(slot: number): void {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0; // see RtpSocket.read
    try {
      this.#reading.run(slot, (session) => {
        this.#guard(session, () => {
          session.poll(slot);
        });
      });
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    this.#sending.run(slot, (session) => {
      this.#guard(session, () => {
        session.tick(slot);
      });
    });
  }

  #guard(session: WorkerSession, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#sessions.delete(session.id);
      background('closing a media session', this.log, () => session.close());
      this.post({
        type: 'bug',
        session: session.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }

  async #open({ session: id, id: opening, request }: Message<'open'>): Promise<void> {
    const { address, port, rtcpPort, signalingAddress } = request;
    const { receive } = this.settings;
    let session: WorkerSession | null = null;
    const onPacket: PacketListener = (bytes, source) => {
      const one = session;
      if (one !== null) {
        this.#guard(one, () => {
          one.onPacket(bytes, source);
        });
      }
    };
    const socket = await RtpSocket.open({ address, port, receive }, onPacket);
    if (socket.ok) {
      const one = new WorkerSession(id, socket.value, this, signalingAddress);
      session = one;
      if (rtcpPort !== null) one.rtcp = this.#rtcp(one, { address, port: rtcpPort, receive });
      this.#sessions.set(id, session);
      this.#clock.start();
    }
    this.answer(opening, socket.ok ? null : socket.error);
  }

  #rtcp(session: WorkerSession, options: RtpSocketOptions): RtcpPort {
    const onPacket: PacketListener = (bytes, source) => {
      this.#guard(session, () => {
        session.onRtcp(bytes, source);
      });
    };
    return new RtcpPort(options, onPacket, (problem) => {
      this.post({ type: 'noRtcp', port: options.port, problem });
    });
  }

  async #close(session: WorkerSession, id: number): Promise<void> {
    this.#sessions.delete(session.id);
    await session.close();
    if (this.#sessions.size === 0) {
      this.#clock.stop();
      this.#load.reset();
    }
    this.answer(id, null);
  }

  #encoded(id: number): EncodedAudio {
    const audio = this.#audio.get(id);
    if (audio === undefined) throw new Error(`audio ${id} was never sent to this worker`);
    return audio;
  }
}

/** A log whose lines the main thread writes. */
function remoteErrors(post: (message: FromWorker) => void): Pick<Logger, 'error'> {
  return {
    error: (fields, text) => {
      post({ type: 'log', fields, text });
    },
  };
}

/** Opens a socket to see whether that is possible, and whether this Node lets packets be polled. */
async function tryOut({ bindAddress: address, receive }: WorkerSettings): Promise<Extract<FromWorker, { type: 'ready' }>> {
  const trial = await RtpSocket.open({ address, port: 0, receive }, () => undefined);
  if (!trial.ok) return { type: 'ready', receive: 'events', problem: trial.error };
  const way = trial.value.canPoll ? 'polled' : 'events';
  await trial.value.close();
  return { type: 'ready', receive: way, problem: null };
}

const port = parentPort;
if (port !== null) {
  raiseThreadPriority();
  const settings = workerData as WorkerSettings;
  const post = (message: FromWorker): void => {
    port.postMessage(message);
  };
  catchUncaughtErrors(process, remoteErrors(post), () => performance.now());
  const worker = new MediaWorker(settings, post);
  port.on('message', (message: ToWorker) => {
    worker.take(message);
  });
  post(await tryOut(settings));
}
