import { createSocket, type Socket } from 'node:dgram';
import { Histogram } from '../statistics.js';
import { Ear, Mouth } from './call.js';
import { ack, bye, invite, okTo, read, readAnswer, type Dialog } from './messages.js';
import type { CallRecord, FromCaller, Load, LoadReport, ToCaller } from './types.js';

/*
 * The caller: a process that places up to some thousand calls at once. Calls share a few sockets, because a socket each would cost
 * more than the calls themselves; which call an RTP packet is of is told by the port it comes from. A packet's arrival is when this
 * process takes it from the kernel: its own delays count against the server, and are reported beside.
 */

/** Clock all processes of a machine share, ms. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

const PHASES = 20;
const HOST = '127.0.0.1';
const SIP_SOCKETS = 4;
const RTP_SOCKETS = 16;
const BUFFER_BYTES = 4 << 20;
/** A call that lasts longer than this has been forgotten by the server, ms. */
const LONGEST_CALL_MS = 60_000;
/** From the BYE to the verdict on a call, ms. */
const SETTLE_MS = 200;
/** RFC 3261 timers T1 and B, ms. */
const T1_MS = 500;
const GIVE_UP_MS = 32_000;

const tell = (message: FromCaller): void => void process.send?.(message);

function openSocket(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: BUFFER_BYTES,
    lookup: (host, _options, done) => {
      done(null, host, 4);
    },
  });
  return new Promise((resolve) => {
    socket.bind(0, HOST, () => {
      resolve(socket);
    });
  });
}

interface Sockets {
  readonly sip: readonly Socket[];
  readonly rtp: readonly Socket[];
}

let callers = 1_000_000;

/** A call. Its records are what remains of it. */
class Call {
  readonly dialog: Dialog;
  readonly mouth: Mouth;
  readonly ear: Ear;
  state: 'inviting' | 'up' | 'ending' | 'over' = 'inviting';
  rtpPort = 0;
  retransmitAt: number;
  retransmitAfter = T1_MS;

  constructor(
    readonly record: CallRecord,
    load: Load,
    readonly sockets: { readonly sip: Socket; readonly rtp: Socket },
    onInterval: (ms: number) => void,
  ) {
    const { caller, silent } = record;
    this.dialog = {
      number: load.number,
      caller,
      serverPort: load.port,
      ownPort: sockets.sip.address().port,
      rtpPort: sockets.rtp.address().port,
      callId: `${caller}-${process.pid}`,
      contact: '',
      to: '',
    };
    this.mouth = new Mouth(Number(caller) * 7919, !silent);
    this.ear = new Ear(load.expect?.hertz ?? null, record, onInterval);
    this.retransmitAt = record.invited + T1_MS;
  }

  send(message: string): void {
    this.sockets.sip.send(message, this.dialog.serverPort, HOST);
  }
}

/** Runs one load. */
class Run {
  readonly #began = now();
  readonly #calls = new Map<string, Call>();
  readonly #byPort = new Map<number, Call>();
  readonly #phases: Set<Call>[] = Array.from({ length: PHASES }, () => new Set());
  readonly #records: CallRecord[] = [];
  readonly #intervals = new Histogram();
  readonly #delays = new Histogram();
  #step = 0;
  #credit = 1;
  #live = 0;
  #liveSum = 0;
  #liveSamples = 0;
  #endedInWindow = 0;
  #repeated = 0;
  #lost = 0;
  #window: 'before' | 'open' | 'closed' = 'before';
  #finish: (report: LoadReport) => void = () => undefined;

  constructor(
    private readonly load: Load,
    private readonly sockets: Sockets,
  ) {}

  run(): Promise<LoadReport> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#turn();
    });
  }

  onSip(message: string): void {
    const at = now();
    const said = read(message);
    const call = said === null ? undefined : this.#calls.get(said.callId);
    if (said === null || call === undefined) return;
    if (said.status === 0) this.#onRequest(call, said.method, message);
    else if (said.method === 'INVITE') this.#onAnswer(call, said.status, message, at);
  }

  onRtp(bytes: Buffer, port: number): void {
    this.#byPort.get(port)?.ear.hear(bytes, now());
  }

  /** One turn for each millisecond; a late one does what was missed. */
  readonly #turn = (): void => {
    for (; now() >= this.#began + this.#step; this.#step++) {
      const at = now();
      if (this.#window === 'open') this.#delays.add(at - this.#began - this.#step);
      this.#watchWindow();
      this.#launch(at);
      for (const call of this.#phases[this.#step % PHASES] ?? []) this.#tick(call, at);
    }
    const launched = this.#step >= this.load.launchMs || this.#records.length >= this.load.calls;
    if (launched && this.#live === 0 && this.#window === 'closed') {
      const { calls, byPort } = { calls: this.#records, byPort: this.#byPort };
      byPort.clear();
      this.#finish({
        calls,
        lost: this.#lost,
        intervals: this.#intervals.summary,
        repeated: this.#repeated,
        endedInWindow: this.#endedInWindow,
        meanCalls: this.#liveSum / Math.max(1, this.#liveSamples),
        ownDelay: this.#delays.summary,
      });
      return;
    }
    setTimeout(this.#turn, 1);
  };

  #watchWindow(): void {
    const { fromMs, toMs } = this.load.window;
    const state = this.#step < fromMs ? 'before' : this.#step < toMs ? 'open' : 'closed';
    if (state === 'open') {
      this.#liveSum += this.#live;
      this.#liveSamples++;
    }
    if (state === this.#window) return;
    this.#window = state;
    if (state !== 'before') tell({ window: state });
  }

  #launch(at: number): void {
    const { startsPerSecond, launchMs, calls, atOnce } = this.load;
    this.#credit = Math.min(this.#credit + startsPerSecond / 1000, 1 + startsPerSecond / 20);
    while (this.#credit >= 1 && this.#step < launchMs && this.#records.length < calls && this.#live < atOnce) {
      this.#credit -= 1;
      this.#place(at);
    }
  }

  #place(at: number): void {
    const index = this.#records.length;
    const { audio } = this.load;
    const record: CallRecord = {
      caller: String(callers++),
      failure: null,
      silent: audio === 'none' || (audio === 'every other' && index % 2 === 1),
      counted: this.#window === 'open',
      invited: at,
      answered: 0,
      acknowledged: 0,
      firstPacket: 0,
      keyBegan: 0,
      keyEnded: 0,
      firstExpected: 0,
      ended: 0,
      joints: [],
    };
    const { sip, rtp } = this.sockets;
    const pair = { sip: sip[index % sip.length]!, rtp: rtp[index % rtp.length]! };
    const call = new Call(record, this.load, pair, (ms) => {
      if (this.#window === 'open') this.#intervals.add(ms);
    });
    this.#records.push(record);
    this.#calls.set(call.dialog.callId, call);
    this.#phases[index % PHASES]?.add(call);
    this.#live++;
    record.invited = now();
    call.send(invite(call.dialog));
  }

  /** Every 20 ms of a call. */
  #tick(call: Call, at: number): void {
    const { record, mouth, dialog } = call;
    if (call.state === 'inviting') {
      if (at - record.invited > GIVE_UP_MS) this.#over(call, 'no final answer in 32 s');
      else if (at >= call.retransmitAt) {
        this.#repeated++;
        call.retransmitAt = at + (call.retransmitAfter *= 2);
        call.send(invite(dialog));
      }
      return;
    }
    if (call.state !== 'up') return;
    const { keyAfterMs } = this.load;
    if (keyAfterMs !== null && !mouth.pressed && at - record.acknowledged >= keyAfterMs) mouth.press();
    const packet = mouth.next(record, at);
    if (packet !== null) call.sockets.rtp.send(packet, call.rtpPort, HOST);
    if (at - record.invited > LONGEST_CALL_MS) {
      call.send(bye(dialog));
      this.#over(call, 'the server did not hang up');
    }
  }

  #onAnswer(call: Call, status: number, message: string, at: number): void {
    call.retransmitAt = Infinity; // RFC 3261 §17.1.1.2: any response ends retransmission
    if (status < 200) return;
    const { dialog, record } = call;
    if (call.state !== 'inviting') this.#repeated++;
    else if (status >= 300) this.#over(call, `status ${status}`);
    else {
      const { contact, to, rtpPort } = readAnswer(message);
      Object.assign(dialog, { contact, to });
      call.rtpPort = rtpPort;
      call.state = 'up';
      record.answered = at;
      this.#byPort.set(rtpPort, call);
      record.acknowledged = now();
    }
    call.send(ack(dialog, status));
  }

  #onRequest(call: Call, method: string, message: string): void {
    if (method === 'ACK') return;
    call.send(okTo(message));
    if (method !== 'BYE') return;
    if (call.state === 'up') this.#hungUp(call);
    else this.#repeated++;
  }

  /** Its last packets may lie unread behind the BYE: they have a moment to be heard. */
  #hungUp(call: Call): void {
    call.state = 'ending';
    call.record.ended = now();
    setTimeout(() => {
      this.#over(call, this.#complaint(call));
    }, SETTLE_MS);
  }

  #complaint({ ear }: Call): string | null {
    const { expect } = this.load;
    if (expect === null) return null;
    return ear.expected >= 0.95 * expect.packets ? null : `${ear.expected} of ${expect.packets} packets of the prompt`;
  }

  #over(call: Call, failure: string | null): void {
    if (call.state === 'over') return;
    call.state = 'over';
    call.record.failure = failure;
    this.#live--;
    this.#lost += Math.max(0, call.ear.lost);
    if (this.#window === 'open') this.#endedInWindow++;
    if (this.#byPort.get(call.rtpPort) === call) this.#byPort.delete(call.rtpPort);
    for (const phase of this.#phases) phase.delete(call);
  }
}

let run: Run | null = null;
const sockets: Sockets = {
  sip: await Promise.all(Array.from({ length: SIP_SOCKETS }, openSocket)),
  rtp: await Promise.all(Array.from({ length: RTP_SOCKETS }, openSocket)),
};
for (const socket of sockets.sip) socket.on('message', (bytes) => run?.onSip(bytes.toString('latin1')));
for (const socket of sockets.rtp) socket.on('message', (bytes, { port }) => run?.onRtp(bytes, port));
process.on('disconnect', () => process.exit(0));
process.on('message', ({ load }: ToCaller) => {
  run = new Run(load, sockets);
  void run.run().then((report) => {
    tell({ report });
  });
});
tell({ ready: true });
