import { acceptCalls, type InboundOptions, type RefusedCall } from '../../src/call/inbound/accept-calls.js';
import { Admission, type AdmissionLimits } from '../../src/call/inbound/admission.js';
import type { Call, CallLimits } from '../../src/call/call.js';
import type { CallEvent } from '../../src/model/call-events.js';
import { CallRegistry } from '../../src/call/registry.js';
import { createRoutes, type RouteEntry } from '../../src/call/inbound/routing.js';
import { silentLogger, type Logger } from '../../src/lib/log/log.js';
import { FakeMedia, type FakeSession } from './fake-media.js';
import { FakePrompts } from './fake-prompts.js';
import { FakeSignaling, type DialOptions, type FakeCaller } from './fake-signaling.js';
import { VirtualClock } from './virtual-clock.js';

export interface RigOptions {
  readonly routes?: readonly RouteEntry[];
  readonly limits?: Partial<CallLimits>;
  readonly admission?: Partial<AdmissionLimits>;
  /** What a call does; by default it rings and waits for its end. */
  readonly onCall?: InboundOptions['onCall'];
  /** Makes the ids of calls, legs and recordings; `uuid-1`, `uuid-2` … when absent. */
  readonly uuid?: () => string;
  readonly log?: Logger;
}

/** Inbound calls on fakes and a virtual clock. */
export class CallRig {
  readonly clock = new VirtualClock();
  readonly signaling = new FakeSignaling();
  readonly media = new FakeMedia(this.clock);
  readonly prompts = new FakePrompts();
  readonly registry = new CallRegistry();
  readonly admission: Admission;
  readonly calls: Call[] = [];
  readonly events: CallEvent[] = [];
  readonly refused: RefusedCall[] = [];
  /** Refusals given to the log. */
  /** Why the store is down, or null. */
  storeDown: string | null = null;
  readonly told: object[] = [];
  #uuid = 0;

  constructor(options: RigOptions = {}) {
    this.admission = new Admission({ maxCalls: 100, maxCallsPerSecond: 1000, ...options.admission }, this.clock);
    acceptCalls({
      signaling: this.signaling,
      media: this.media,
      prompts: this.prompts,
      routes: createRoutes(options.routes ?? [{ kind: 'exact', number: '100', flow: 'test' }]),
      admission: this.admission,
      registry: this.registry,
      limits: { maxCallMs: 0, mediaTimeoutMs: 0, ...options.limits },
      recordings: { path: (file) => `/recordings/${file}`, url: (id) => `https://x/${id}` },
      clock: this.clock,
      random: { next: () => 0.5, uuid: options.uuid ?? (() => `uuid-${++this.#uuid}`) },
      log: options.log ?? silentLogger,
      storeDown: () => this.storeDown,
      refusals: { add: (key, detail) => this.told.push({ ...key, ...detail }) },
      onCall: async (call, route) => {
        this.calls.push(call);
        call.events.on((event) => this.events.push(event));
        if (options.onCall !== undefined) return options.onCall(call, route);
        call.ring();
        await call.ended;
      },
      onRefused: (refused) => this.refused.push(refused),
    });
  }

  /** Somebody calls, and the call has got to its handler (or was refused). */
  async dial(
    options: DialOptions = {},
  ): Promise<{ readonly caller: FakeCaller; readonly call: Call; readonly session: FakeSession }> {
    const caller = this.signaling.dial(options);
    await this.clock.advance(0);
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error(`no call; the caller got ${caller.statuses.join(', ')}`);
    return { caller, call, session: this.media.last };
  }

  /** A call that is up. */
  async answered(options: DialOptions = {}) {
    const dialled = await this.dial(options);
    const answer = await dialled.call.control.answer(never);
    if (answer.kind !== 'done') throw new Error(answer.code);
    return dialled;
  }

  /** Everything a call holds: must be zero when all calls are over. */
  get held() {
    return {
      calls: this.registry.size,
      places: this.admission.active,
      ports: this.media.inUse,
      dialogs: this.signaling.dialogs,
      timers: this.clock.pending,
    };
  }
}

export const NOTHING_HELD = { calls: 0, places: 0, ports: 0, dialogs: 0, timers: 0 };

/** A signal that never fires. */
export const never = new AbortController().signal;
