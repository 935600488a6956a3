/*
 * The media engine under load: N legs that play and hear 20 ms G.711 both ways, on loopback.
 *
 *   npx tsx bench/media.ts [legs=100,500,1000] [seconds=10] [workers=1] [receive=auto|events] [record=no|yes]
 *
 * The far ends are one process of their own with one socket; packet intervals are measured there, as its event loop gets to them,
 * so its own delays count against the engine. CPU is that of this process: the engine, its main thread and the kernel's share.
 * Keys and prompts are timed with the machine's monotonic clock, which both processes share.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../src/lib/log/log.js';
import { startMediaEngine } from '../src/media/engine/engine.js';
import { makeAudio } from '../src/media/codec/make-audio.js';
import { telephoneEvent } from '../src/media/rtp/telephone-event.js';
import type { MediaSession } from '../src/media/types.js';

/** To the far ends. */
type Order = { readonly ports: readonly number[] } | { readonly press: readonly number[] } | { readonly measure: boolean };
/** From the far ends: their port; when a key was first sent to a leg or its audio changed; what was measured. */
type Report =
  | { readonly port: number }
  | { readonly pressed: number; readonly at: number }
  | { readonly changed: number; readonly at: number }
  | { readonly intervals: Summary; readonly lost: number; readonly packets: number; readonly ownDelay: Summary };

interface Summary {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const rounded = (value: number): number => Math.round(value * 100) / 100;
const summary = (values: readonly number[]): Summary => {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
};

const LEVELS = [2000, 8000, 15_000];

/** The far ends of all legs. */
function farEnds(): void {
  const report = (one: Report): void => void process.send?.(one);
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 8 << 20,
    lookup: (host, _options, done) => done(null, host, 4),
  });
  let legs: { port: number; at: number; sequence: number; code: number; key: number }[] = [];
  let byPort = new Map<number, (typeof legs)[number]>();
  let [intervals, delays, lost, packets, measuring]: [number[], number[], number, number, boolean] = [[], [], 0, 0, false];
  socket.on('message', (bytes, { port }) => {
    const at = now();
    const leg = byPort.get(port);
    if (leg === undefined) return;
    const [sequence, code] = [bytes.readUInt16BE(2), bytes[20] ?? 0];
    packets++;
    if (code !== leg.code) {
      if (code !== 0xff) report({ changed: port, at });
    } else if (measuring && leg.at > 0) {
      intervals.push(at - leg.at);
      lost += ((sequence - leg.sequence) & 0xffff) - 1;
    }
    Object.assign(leg, { at, sequence, code });
  });
  const events = telephoneEvent({ key: '5', durationMs: 100 }) ?? [];
  const speech = Buffer.alloc(172, 0xff);
  const digit = Buffer.alloc(16);
  speech[0] = digit[0] = 0x80;
  const began = now();
  let tick = 0;
  const SLOTS = 20;
  const send = (leg: (typeof legs)[number], index: number, round: number): void => {
    const event = leg.key >= 0 ? events[leg.key] : undefined;
    const packet = event === undefined ? speech : digit;
    packet[1] = event === undefined ? 0 : event.marker ? 0xe5 : 0x65;
    packet.writeUInt16BE(round & 0xffff, 2);
    packet.writeUInt32BE((event === undefined ? round : round - leg.key) * 160, 4);
    packet.writeUInt32BE(index + 1, 8);
    if (event !== undefined) {
      digit.set(event.payload, 12);
      if (leg.key === 0) report({ pressed: leg.port, at: now() });
      leg.key = leg.key + 1 < events.length ? leg.key + 1 : -1;
    }
    socket.send(packet, leg.port, '127.0.0.1');
  };
  const run = (): void => {
    for (; now() >= began + tick; tick++) {
      if (measuring) delays.push(now() - began - tick);
      for (let i = tick % SLOTS; i < legs.length; i += SLOTS) send(legs[i]!, i, Math.floor(tick / SLOTS));
    }
    setTimeout(run, 1);
  };
  process.on('message', (order: Order) => {
    if ('ports' in order) {
      legs = order.ports.map((port) => ({ port, at: 0, sequence: 0, code: -1, key: -1 }));
      byPort = new Map(legs.map((leg) => [leg.port, leg]));
    } else if ('press' in order) {
      for (const port of order.press) byPort.get(port)!.key = 0;
    } else {
      if (!order.measure) report({ intervals: summary(intervals), lost, packets, ownDelay: summary(delays) });
      [intervals, delays, lost, packets, measuring] = [[], [], 0, 0, order.measure];
    }
  });
  socket.bind(0, '127.0.0.1', () => {
    report({ port: socket.address().port });
    run();
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class FarEnds {
  readonly #process: ChildProcess = fork(fileURLToPath(import.meta.url), ['far-ends']);
  readonly changed = new Map<number, (at: number) => void>();
  readonly pressed = new Map<number, (at: number) => void>();
  #next: (report: Report) => void = () => undefined;

  constructor() {
    this.#process.on('message', (report: Report) => {
      if ('changed' in report) this.changed.get(report.changed)?.(report.at);
      else if ('pressed' in report) this.pressed.get(report.pressed)?.(report.at);
      else this.#next(report);
    });
  }

  next(): Promise<Report> {
    return new Promise((resolve) => {
      this.#next = resolve;
    });
  }

  order(order: Order): void {
    this.#process.send(order);
  }

  end(): void {
    this.#process.kill();
  }
}

interface Options {
  readonly seconds: number;
  readonly workers: number;
  readonly receive: 'auto' | 'events';
  readonly record: boolean;
}

async function measure(count: number, { seconds, workers, receive, record }: Options): Promise<void> {
  const far = new FarEnds();
  const first = await far.next();
  if (!('port' in first)) throw new Error('far ends did not start');
  const started = await startMediaEngine({
    bindAddress: '127.0.0.1',
    advertisedAddress: '127.0.0.1',
    ports: { from: 20_000, to: 32_000 },
    workers,
    mediaTimeoutMs: 0,
    receive,
    limits: { lateP99Ms: Infinity, cpuShare: Infinity, fromSessions: 0 },
    log: silentLogger,
  });
  if (!started.ok) throw new Error(started.error);
  const engine = started.value;
  const offer = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${first.port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n`;
  const sessions: MediaSession[] = [];
  const opening = now();
  for (let i = 0; i < count; i++) {
    const session = await engine.open({ signalingAddress: '127.0.0.1' });
    if (!session.ok) throw new Error(session.error);
    session.value.answer(offer);
    session.value.begin();
    sessions.push(session.value);
    if (i % 10 === 9) await sleep(7); // calls do not all come at one moment
  }
  const openMs = (now() - opening) / count;
  far.order({ ports: sessions.map(({ port }) => port) });
  const talking = now();
  const prompts = LEVELS.map((level) => makeAudio(new Int16Array(8000 * 60).fill(level)));
  const never = (): AbortSignal => new AbortController().signal;
  const collect = {
    gainDb: 0,
    bargeIn: true,
    min: 1,
    max: 1,
    endOn: '',
    allow: '',
    firstDigitTimeoutMs: 1e6,
    interDigitTimeoutMs: 1e6,
  };
  const collecting = sessions.map(async (session) => {
    const end = await session.collect({ ...collect, audio: [prompts[0]!, prompts[0]!, prompts[0]!], typeAhead: false }, never());
    return { at: now(), end };
  });
  if (record) {
    await Promise.all(
      sessions.map(({ id }, i) =>
        sessions[i]!.startRecording({ file: join(tmpdir(), `bench-${id}.wav`), tracks: 'both', maxMs: 0 }),
      ),
    );
  }
  await sleep(3000);
  far.order({ measure: true });
  const [cpu, began] = [process.cpuUsage(), now()];
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const wall = (now() - began) / 1000;
  const load = engine.stats();
  const heardSeconds = (now() - talking) / 1000;
  const received = (await Promise.all(sessions.map((session) => session.stats()))).reduce((sum, one) => sum + one.received, 0);
  const reply = far.next();
  far.order({ measure: false });
  const figures = await reply;
  if (!('intervals' in figures)) throw new Error('no figures');

  // Then every leg's key, spread over two seconds, and a prompt on top.
  const [digits, firsts]: [number[], number[]] = [[], []];
  await Promise.all(
    sessions.map(async (session, i) => {
      const pressed = new Promise<number>((resolve) => far.pressed.set(session.port, resolve));
      await sleep((i / count) * 2000);
      far.order({ press: [session.port] });
      digits.push((await collecting[i]!).at - (await pressed));
      await sleep(100 + (i % 40));
      const changed = new Promise<number>((resolve) => far.changed.set(session.port, resolve));
      const asked = now();
      void session.play({ audio: [prompts[1]!], loop: 1, gainDb: 0, bargeIn: false, stopKeys: '' }, never());
      firsts.push((await changed) - asked);
    }),
  );
  const cpuUs = (user + system) / wall / count;
  console.log(
    JSON.stringify({
      legs: count,
      receive: load.receive,
      record,
      cpuUsPerCallSecond: Math.round(cpuUs),
      cpuPercentPer100Calls: rounded(cpuUs / 100),
      packetsPercent: rounded((100 * figures.packets) / (count * 50 * wall)),
      receivedPercent: rounded((100 * received) / (count * 50 * heardSeconds)),
      intervalMs: figures.intervals,
      lost: figures.lost,
      farEndsOwnDelayMs: figures.ownDelay,
      keyToEventMs: summary(digits),
      playToFirstPacketMs: summary(firsts),
      workers: load.workers.map(({ lateP99Ms, cpuShare }) => ({ lateP99Ms: rounded(lateP99Ms), cpuShare: rounded(cpuShare) })),
      openMs: rounded(openMs),
      rssMbPerLeg: rounded(process.memoryUsage.rss() / 1e6 / count),
    }),
  );
  await engine.close();
  far.end();
}

if (process.argv[2] === 'far-ends') {
  farEnds();
} else {
  const given = new Map(process.argv.slice(2).map((option) => option.split('=', 2) as [string, string]));
  const option = (name: string, otherwise: string): string => given.get(name) ?? otherwise;
  console.log(`# ${cpus().length} × ${cpus()[0]?.model ?? '?'}, Linux ${release()}, Node ${process.version}, loopback`);
  for (const legs of option('legs', '100,500,1000').split(',').map(Number)) {
    await measure(legs, {
      seconds: Number(option('seconds', '10')),
      workers: Number(option('workers', '1')),
      receive: option('receive', 'auto') === 'events' ? 'events' : 'auto',
      record: option('record', 'no') === 'yes',
    });
  }
  process.exit(0);
}
