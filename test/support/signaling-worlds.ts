import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/lib/clock.js';
import { randomHex } from '../../src/lib/ids.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { createSipServer } from '../../src/sip/server/server.js';
import { createSignaling } from '../../src/sip/signaling.js';
import type { Signaling } from '../../src/sip/types.js';
import { FakeSignaling, OFFER, type FakeCallee, type FakeCaller } from './fake-signaling.js';
import { answerText, requestText, SipPeer, until, type RequestParts, type WireMessage } from './sip-peer.js';

/* The far ends of `Signaling`, once as fakes and once as SIP over UDP, with one face for the contract suite. */

export interface DialRequest {
  readonly number?: string;
  /** Null for a late offer. */
  readonly sdp?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RemoteCaller {
  /** Waits for a response of that status. */
  response(status: number): Promise<{ readonly sdp: string; readonly retryAfter: string; readonly reason: string }>;
  ack(sdp?: string): void;
  /** Never acknowledge: the server gives up. */
  neverAck(): void;
  /** Never answer our session refresh. */
  neverRefresh(): void;
  /** Never acknowledge the 180, though the call requires 100rel: the server gives up. */
  neverPrack(): void;
  /** PRACK of the 180 with an offer in it. */
  prack(offer: string): Promise<{ readonly status: number; readonly sdp: string }>;
  /** Statuses heard so far, repeats and 100 left out. */
  readonly statuses: readonly number[];
  cancel(): void;
  bye(cause?: number): Promise<number>;
  info(contentType: string, body: string): Promise<number>;
  reinvite(sdp: string | null, ackSdp?: string): Promise<{ readonly status: number; readonly sdp: string }>;
  /** Waits for our BYE; its Q.850 cause, or null. */
  hungUp(): Promise<number | null>;
}

export interface RemoteCallee {
  ring(): void;
  answer(sdp: string): void;
  refuse(status: number): void;
  bye(): void;
  cancelled(): Promise<void>;
  hungUp(): Promise<void>;
}

export interface World {
  readonly signaling: Signaling;
  dial(request?: DialRequest): Promise<RemoteCaller>;
  /** Address for `invite`, and the far end there once it rings. */
  readonly target: string;
  callee(): Promise<RemoteCallee>;
  /** The signalling server dies. */
  lose(): Promise<void>;
  close(): Promise<void>;
}

export function fakeWorld(): Promise<World> {
  const signaling = new FakeSignaling();
  return Promise.resolve({
    signaling,
    target: 'sip:200@127.0.0.1:5070',
    dial: (request = {}) => Promise.resolve(fakeCaller(signaling.dial({ autoAck: false, from: 'caller', ...request }))),
    callee: async () => fakeCallee(await until(() => signaling.callees[0], 'our INVITE')),
    lose: () => {
      signaling.lose();
      return Promise.resolve();
    },
    close: () => signaling.close(),
  });
}

function fakeCaller(caller: FakeCaller): RemoteCaller {
  return {
    response: async (status) => {
      const found = await until(() => caller.responses.find((r) => r.status === status), `a ${status}`);
      return {
        sdp: found.sdp ?? '',
        retryAfter: found.retryAfter === null ? '' : String(found.retryAfter),
        reason: found.cause === null ? '' : `Q.850;cause=${found.cause}`,
      };
    },
    ack: (sdp) => {
      caller.ack(sdp);
    },
    neverAck: () => {
      caller.neverAck();
    },
    neverRefresh: () => {
      caller.sessionExpires();
    },
    neverPrack: () => {
      caller.neverPrack();
    },
    prack: (offer) => {
      const answer = caller.prack(offer);
      return Promise.resolve({ status: answer.status, sdp: answer.sdp ?? '' });
    },
    get statuses() {
      return caller.statuses;
    },
    cancel: () => {
      caller.cancel();
    },
    bye: (cause) => {
      caller.bye(cause);
      return Promise.resolve(200);
    },
    info: (type, body) => Promise.resolve(caller.info(type, body)),
    reinvite: (sdp, ackSdp) => {
      const answer = caller.reinvite(sdp, ackSdp);
      return Promise.resolve({ status: answer.status, sdp: answer.sdp ?? '' });
    },
    hungUp: async () => {
      await until(() => caller.byes.length > 0, 'our BYE');
      return caller.byes[0] ?? null;
    },
  };
}

function fakeCallee(callee: FakeCallee): RemoteCallee {
  return {
    ring: () => {
      callee.ring();
    },
    answer: (sdp) => {
      callee.answer(sdp);
    },
    refuse: (status) => {
      callee.refuse(status);
    },
    bye: () => {
      callee.bye();
    },
    cancelled: async () => {
      await until(() => callee.cancelled, 'our CANCEL');
    },
    hungUp: async () => {
      await until(() => callee.byes.length > 0, 'our BYE');
    },
  };
}

/** drachtio-srf on the embedded signalling server, both real, with SIP peers on loopback UDP. */
export async function realWorld(): Promise<World> {
  const secret = randomHex(16);
  // In this thread, with timers ten times as fast as usual.
  const started = await createSipServer(
    {
      listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
      secret,
      timers: { t1: 50, t2: 400, t4: 500, minSession: 1000 },
    },
    { clock: systemClock, log: silentLogger },
  );
  if (!started.ok) throw new Error(started.error.message);
  const server = started.value;
  const created = await createSignaling({ server: { ...server.control, secret }, log: silentLogger, clock: systemClock });
  if (!created.ok) throw new Error(created.error.message);
  const signaling = created.value;
  const port = Number(/:(\d+)$/.exec(signaling.listening[0] ?? '')?.[1]);
  const peers: SipPeer[] = [];
  const peer = async (): Promise<SipPeer> => {
    const made = await SipPeer.open(port);
    peers.push(made);
    return made;
  };
  const far = await peer();
  return {
    signaling,
    target: `sip:200@127.0.0.1:${far.port}`,
    dial: async (request = {}) => new WireCaller(await peer(), port, request),
    callee: async () => new WireCallee(far, await far.request('INVITE')),
    lose: () => server.close(),
    close: async () => {
      await signaling.close();
      await server.close();
      for (const one of peers) one.close();
    },
  };
}

class WireCaller implements RemoteCaller {
  readonly #callId = randomUUID();
  readonly #branch = `z9hG4bK${randomUUID()}`;
  readonly #uri: string;
  #toTag: string | undefined;
  #contact = '';
  #seq = 1;

  constructor(
    private readonly peer: SipPeer,
    port: number,
    request: DialRequest,
  ) {
    const { number = '100', sdp = OFFER, headers = {} } = request;
    this.#uri = `sip:${number}@127.0.0.1:${port}`;
    this.#first('INVITE', { headers: Object.entries(headers).map(([name, value]) => `${name}: ${value}`), body: sdp ?? '' });
  }

  async response(status: number) {
    const found = await this.#response('INVITE', 1, status);
    if (status === 200) {
      this.#toTag = /tag=([^;]+)/.exec(found.header('To'))?.[1];
      this.#contact = /<(.*)>/.exec(found.header('Contact'))?.[1] ?? '';
    }
    return { sdp: found.body, retryAfter: found.header('Retry-After'), reason: found.header('Reason') };
  }

  ack(sdp = ''): void {
    this.peer.send(this.#inside('ACK', this.#seq, { body: sdp }));
  }

  neverAck(): void {
    // Saying nothing is enough: the server waits 64·T1.
  }

  neverRefresh(): void {
    // Saying nothing is enough here too.
  }

  neverPrack(): void {
    // And here.
  }

  async prack(offer: string) {
    const ringing = await this.#response('INVITE', 1, 180);
    this.#toTag = /tag=([^;]+)/.exec(ringing.header('To'))?.[1];
    this.#contact = /<(.*)>/.exec(ringing.header('Contact'))?.[1] ?? '';
    const answer = await this.#ask('PRACK', { headers: [`RAck: ${ringing.header('RSeq')} 1 INVITE`], body: offer });
    return { status: answer.status, sdp: answer.body };
  }

  get statuses(): readonly number[] {
    const ofInvite = this.peer.messages.filter((m) => m.header('CSeq') === '1 INVITE' && m.status > 100);
    return [...new Set(ofInvite.map(({ status }) => status))];
  }

  cancel(): void {
    this.#first('CANCEL', {});
  }

  async bye(cause?: number): Promise<number> {
    return (await this.#ask('BYE', cause === undefined ? {} : { headers: [`Reason: Q.850;cause=${cause}`] })).status;
  }

  async info(contentType: string, body: string): Promise<number> {
    const seq = ++this.#seq;
    this.peer.send(this.#inside('INFO', seq, { body }).replace('application/sdp', contentType));
    return (await this.#response('INFO', seq)).status;
  }

  async reinvite(sdp: string | null, ackSdp?: string) {
    const answer = await this.#ask('INVITE', { body: sdp ?? '' });
    this.ack(ackSdp);
    return { status: answer.status, sdp: answer.body };
  }

  async hungUp(): Promise<number | null> {
    const bye = await this.peer.request('BYE');
    this.peer.send(answerText(bye, { status: 200 }));
    const cause = /cause=(\d+)/.exec(bye.header('Reason'))?.[1];
    return cause === undefined ? null : Number(cause);
  }

  async #ask(method: string, parts: Partial<RequestParts>): Promise<WireMessage> {
    const seq = ++this.#seq;
    this.peer.send(this.#inside(method, seq, parts));
    return this.#response(method, seq);
  }

  #response(method: string, seq: number, status?: number): Promise<WireMessage> {
    const fits = (m: WireMessage): boolean =>
      m.header('CSeq') === `${seq} ${method}` && (status === undefined ? m.status >= 200 : m.status === status);
    return until(() => this.peer.messages.find(fits), `a ${status ?? 'final response'} to ${method}`);
  }

  #first(method: string, parts: Partial<RequestParts>): void {
    const { port } = this.peer;
    this.peer.send(requestText({ method, port, callId: this.#callId, uri: this.#uri, branch: this.#branch, ...parts }));
  }

  #inside(method: string, seq: number, parts: Partial<RequestParts>): string {
    const toTag = this.#toTag ?? '';
    return requestText({ method, port: this.peer.port, callId: this.#callId, uri: this.#contact, toTag, seq, ...parts });
  }
}

class WireCallee implements RemoteCallee {
  readonly #contact: string;

  constructor(
    private readonly peer: SipPeer,
    private readonly invite: WireMessage,
  ) {
    this.#contact = `sip:200@127.0.0.1:${peer.port}`;
  }

  ring(): void {
    this.#answer(180, '');
  }

  answer(sdp: string): void {
    this.#answer(200, sdp);
  }

  refuse(status: number): void {
    this.#answer(status, '');
  }

  bye(): void {
    const target = /<(.*)>/.exec(this.invite.header('Contact'))?.[1] ?? '';
    const text = requestText({ method: 'BYE', uri: target, port: this.peer.port, callId: this.invite.header('Call-ID') });
    const swapped = text
      .replace(/^From: .*$/m, `From: ${this.invite.header('To')};tag=callee`)
      .replace(/^To: .*$/m, `To: ${this.invite.header('From')}`);
    this.peer.send(swapped);
  }

  async cancelled(): Promise<void> {
    const cancel = await this.peer.request('CANCEL');
    this.peer.send(answerText(cancel, { status: 200 }));
    this.refuse(487);
  }

  async hungUp(): Promise<void> {
    const bye = await this.peer.request('BYE');
    this.peer.send(answerText(bye, { status: 200 }));
  }

  #answer(status: number, body: string): void {
    this.peer.send(answerText(this.invite, { status, tag: 'callee', contact: this.#contact, body }));
  }
}
