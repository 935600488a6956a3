import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { guarded } from '../../lib/log/background.js';
import type { Logger } from '../../lib/log/log.js';
import { err, ok, type Result } from '../../lib/result.js';
import { systemSpelling } from '../sdp/addresses.js';
import { CODEC_NAMES, type CodecName } from '../codec/codec.js';
import { HostNames } from '../sdp/host-names.js';
import { LOAD_LIMITS, type LoadLimits } from '../load-limits.js';
import { isIpv6Place, localMedia, placeFor, serves, type MediaPlace } from '../sdp/places.js';
import { PortPool } from './port-pool.js';
import { WorkerBackedSession } from './session.js';
import { RtpSocket } from '../worker/rtp-socket.js';
import type { EngineStats, MediaEngine, MediaErrorCode, MediaSession } from '../types.js';
import { WorkerLink } from './worker-link.js';

export interface MediaEngineOptions {
  /** Where audio is taken, preferred first; see {@link MediaPlace}. */
  readonly bindAddress: string;
  readonly advertisedAddress: string;
  /** Where it is taken besides, of the other address family. */
  readonly further?: readonly MediaPlace[];
  /** UDP ports, both ends included: even ones for RTP, the odd ones above them for RTCP. */
  readonly ports: { readonly from: number; readonly to: number };
  /** What is offered and accepted, preferred first; all of the table when absent. */
  readonly codecs?: readonly CodecName[];
  /** Media threads; 0 = one less than there are cores, at least one. */
  readonly workers: number;
  /** Silence of the far end that is reported to `onSilent`, ms; 0 = never. */
  readonly mediaTimeoutMs: number;
  /** `events` forbids polled receive. `auto` when absent. */
  readonly receive?: 'auto' | 'events';
  /**
   * Sessions of a worker from which packets are polled instead of taken as events; 50 when absent. Polling halves the cost of a
   * packet; events notice a key at once even from a far end that sends keys out of step with its speech (polled: within 20 ms).
   */
  readonly pollFrom?: number;
  /** Load beyond which new calls are refused. */
  readonly limits?: LoadLimits;
  readonly log: Logger;
}

const POLL_FROM = 50;
/** Rest before a worker that died is replaced, so that one that cannot live does not take the machine with it. */
const RESTART_MS = 500;
/** Ports tried for one call when others on this machine have taken some of ours. */
const MOST_ATTEMPTS = 64;

/** Starts the engine: resolves when every worker is up. The error is a sentence: no RTP socket can be had at that address. */
export async function startMediaEngine(options: MediaEngineOptions): Promise<Result<MediaEngine, string>> {
  const further = await usablePlaces(options);
  if (!further.ok) return further;
  const engine = new Engine(options, further.value);
  const problem = await engine.ready();
  if (problem === null) return ok(engine);
  await engine.close();
  return err(cannotBind(options, problem));
}

function cannotBind({ bindAddress }: Pick<MediaPlace, 'bindAddress'>, problem: string): string {
  return `RTP sockets cannot be bound to ${bindAddress}: ${problem}.`;
}

/** The further places where sockets can be had; the error is that of one that must be. */
async function usablePlaces({ further = [], log }: MediaEngineOptions): Promise<Result<readonly MediaPlace[], string>> {
  const usable: MediaPlace[] = [];
  for (const place of further) {
    const { bindAddress: address, optional } = place;
    const trial = await RtpSocket.open({ address, port: 0, receive: 'events' }, () => undefined);
    if (trial.ok) {
      await trial.value.close();
      usable.push(place);
    } else if (optional) log.warn({ address, problem: trial.error }, 'audio is not taken there: no socket can be bound');
    else return err(cannotBind(place, trial.error));
  }
  return ok(usable);
}

class Engine implements MediaEngine {
  readonly #ports: PortPool;
  readonly #links: WorkerLink[];
  readonly #sessions = new Set<MediaSession>();
  readonly #hostNames = { ipv4: HostNames.ofSystem(false), ipv6: HostNames.ofSystem(true) };
  readonly #places: readonly [MediaPlace, ...MediaPlace[]];
  #closing: Promise<void> | null = null;
  #keysMissed = 0;

  constructor(
    private readonly options: MediaEngineOptions,
    further: readonly MediaPlace[],
  ) {
    const { bindAddress, advertisedAddress } = options;
    this.#places = [{ bindAddress, advertisedAddress, nearOnly: false, optional: false }, ...further];
    this.#ports = new PortPool(options.ports);
    const workers = options.workers > 0 ? options.workers : Math.max(1, availableParallelism() - 1);
    this.#links = Array.from({ length: workers }, (_, index) => this.#startWorker(index));
  }

  /** Null once every worker is up, or why one is not. */
  async ready(): Promise<string | null> {
    const problems = await Promise.all(this.#links.map(({ ready }) => ready));
    return problems.find((problem) => problem !== null) ?? null;
  }

  async open({
    signalingAddress,
    offer = null,
  }: Parameters<MediaEngine['open']>[0]): Promise<Result<MediaSession, MediaErrorCode>> {
    if (this.#closing !== null) return err('CLOSED');
    const link = this.#leastBusy();
    if (link === null) return err('OVERLOADED');
    const leg = { signalingAddress: systemSpelling(signalingAddress), codecs: this.options.codecs ?? CODEC_NAMES };
    let place = placeFor(this.#places, { offer, ...leg });
    const inUse: number[] = [];
    try {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const port = this.#ports.take();
        if (port === null) return err('NO_PORTS');
        const opened = await this.#openOn(link, place, { port, ...leg });
        if (opened.ok) return opened;
        inUse.push(port);
        if (opened.error === 'EADDRINUSE') continue;
        const { bindAddress: address, optional } = place;
        this.options.log.error({ code: 'SOCKET', address, port, problem: opened.error }, 'an RTP socket could not be opened');
        // An address that this machine has no more: the offer is refused as where it never was.
        if (optional) [place] = this.#places;
        else return err('SOCKET');
      }
      return err('NO_PORTS');
    } finally {
      for (const port of inUse) this.#ports.give(port);
    }
  }

  /** The error is the system's code. */
  async #openOn(
    link: WorkerLink,
    place: MediaPlace,
    leg: Parameters<typeof localMedia>[1],
  ): Promise<Result<MediaSession, string>> {
    const id = randomUUID();
    const { port, signalingAddress } = leg;
    const onClosed = (): void => {
      this.#sessions.delete(session);
      this.#ports.give(port);
    };
    const onMissed = (): void => {
      this.#keysMissed++;
    };
    const findHost = (name: string, found: (address: string) => void): void => this.#findHost(place, name, found);
    const session = WorkerBackedSession.open(link, { id, local: localMedia(place, leg), findHost, onMissed, onClosed });
    const rtcpPort = port < this.options.ports.to ? port + 1 : null;
    const problem = await link.ask(id, 'open', { address: place.bindAddress, port, rtcpPort, signalingAddress }).answer;
    if (problem === null) {
      this.#sessions.add(session);
      return ok(session);
    }
    link.detach(id);
    return err(problem);
  }

  #findHost(place: MediaPlace, name: string, found: (address: string) => void): void {
    const { ipv4, ipv6 } = this.#hostNames;
    (isIpv6Place(place) ? ipv6 : ipv4)
      .find(name)
      .then((address) => {
        if (address !== null && serves(place, address)) found(address);
      })
      .catch((error: unknown) => {
        this.options.log.warn({ error: String(error) }, 'a host name of an offer could not be looked up');
      });
  }

  stats(): EngineStats {
    return {
      keysMissed: this.#keysMissed,
      addresses: this.#places.map(({ advertisedAddress }) => advertisedAddress),
      sessions: this.#links.reduce((sum, { sessions }) => sum + sessions, 0),
      portsFree: this.#ports.free,
      workers: this.#links.map(({ sessions, load: { lateP99Ms, cpuShare } }) => ({ sessions, lateP99Ms, cpuShare })),
      receive: this.#links.every(({ receive }) => receive === 'polled') ? 'polled' : 'events',
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Sessions first: their recordings are made whole. */
  async #close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()));
    await Promise.all(this.#links.map((link) => link.close()));
  }

  #leastBusy(): WorkerLink | null {
    const { fromSessions } = this.options.limits ?? LOAD_LIMITS;
    const able = this.#links.filter(({ alive, load, sessions }) => alive && (sessions < fromSessions || !load.overloaded));
    return able.reduce<WorkerLink | null>((best, link) => (best === null || link.sessions < best.sessions ? link : best), null);
  }

  /** A worker that dies takes its legs with it, but not its place: another one is started. */
  #startWorker(index: number): WorkerLink {
    const { bindAddress, receive = 'auto', pollFrom = POLL_FROM, mediaTimeoutMs, limits = LOAD_LIMITS, log } = this.options;
    const settings = { bindAddress, receive, pollFrom, mediaTimeoutMs, limits };
    return new WorkerLink(settings, log, () => {
      const again = guarded('starting a media worker again', log, () => {
        if (this.#closing === null) this.#links[index] = this.#startWorker(index);
      });
      setTimeout(again, RESTART_MS).unref();
    });
  }
}
