import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_TIMERS } from '../../../../../src/sip/server/options.js';
import type { Event } from '../../../../../src/sip/server/transaction/table.js';
import { Transaction, type TransactionKind } from '../../../../../src/sip/server/transaction/transaction.js';
import { SipTimers } from '../../../../../src/sip/server/transaction/wheel.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

/* The four machines of RFC 3261 §17 and RFC 6026, under a virtual clock with the default timers. */

let clock: VirtualClock;
let happened: string[];
beforeEach(() => {
  clock = new VirtualClock();
  happened = [];
});

/** A machine whose sends, deliveries and end are written down with their time in ms. */
function machine(kind: TransactionKind, reliable = false): { fire(event: Event, text?: string): boolean; state(): string } {
  const wheel = new SipTimers(clock, 10, (error) => {
    throw error;
  });
  const note = (what: string): void => void happened.push(`${Math.round(clock.monotonic() / 100) * 100} ${what}`);
  const transaction = new Transaction<string>(
    kind,
    reliable,
    { wheel, timers: DEFAULT_TIMERS, onRetransmit: () => undefined },
    {
      send: (bytes) => note(`send ${bytes.toString()}`),
      deliver: (text) => note(`deliver ${text}`),
      ack: (text) => note(`ack ${text}`),
      timeout: () => note('timeout'),
      failed: () => note('failed'),
      terminated: () => note('end'),
    },
  );
  return {
    fire: (event, text = event) => transaction.fire(event, text, Buffer.from(text)),
    state: () => transaction.state,
  };
}

const sends = (what: string): number[] =>
  happened.filter((line) => line.endsWith(`send ${what}`)).map((line) => Number.parseInt(line));

describe('INVITE client (RFC 3261 §17.1.1)', () => {
  it('repeats at T1 doubling without a cap and gives up after 64·T1 (timers A, B)', async () => {
    machine('invite-client').fire('start', 'INVITE');
    await clock.advance(40_000);
    expect(sends('INVITE')).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(happened.slice(-2)).toEqual(['32000 timeout', '32000 end']);
  });

  it('never repeats over a stream, but gives up', async () => {
    machine('invite-client', true).fire('start', 'INVITE');
    await clock.advance(40_000);
    expect(happened).toEqual(['0 send INVITE', '32000 timeout', '32000 end']);
  });

  it('a provisional answer stops the repeats; the failure is acknowledged, and again when it is repeated (timer D)', async () => {
    const m = machine('invite-client');
    m.fire('start', 'INVITE');
    m.fire('1xx', '180');
    await clock.advance(60_000);
    m.fire('final', '486');
    m.fire('final', '486');
    expect(happened).toEqual(['0 send INVITE', '0 deliver 180', '60000 ack 486', '60000 deliver 486', '60000 ack 486']);
    await clock.advance(31_900);
    expect(m.state()).toBe('completed');
    await clock.advance(200);
    expect(m.state()).toBe('terminated');
  });

  it('every 2xx is delivered for 64·T1 (RFC 6026 timer M)', async () => {
    const m = machine('invite-client');
    m.fire('start', 'INVITE');
    m.fire('2xx', '200 a');
    await clock.advance(20_000);
    m.fire('2xx', '200 b');
    await clock.advance(12_100);
    expect(m.fire('2xx')).toBe(false);
    expect(happened).toEqual(['0 send INVITE', '0 deliver 200 a', '20000 deliver 200 b', '32000 end']);
  });

  it('tells of a far end that rings for ever, and still takes its answer (timer C)', async () => {
    const m = machine('invite-client');
    m.fire('start', 'INVITE');
    m.fire('1xx', '180');
    await clock.advance(189_000);
    m.fire('1xx', '180');
    await clock.advance(189_000);
    expect(happened).toEqual(['0 send INVITE', '0 deliver 180', '189000 deliver 180']);
    await clock.advance(2_000);
    m.fire('2xx', '200');
    expect(happened.slice(-2)).toEqual(['379000 timeout', '380000 deliver 200']);
  });

  it('a network that refuses ends it', () => {
    const m = machine('invite-client');
    m.fire('start', 'INVITE');
    m.fire('refused');
    expect(happened).toEqual(['0 send INVITE', '0 failed', '0 end']);
  });
});

describe('non-INVITE client (RFC 3261 §17.1.2)', () => {
  it('repeats up to every T2 and gives up after 64·T1 (timers E, F)', async () => {
    machine('client').fire('start', 'BYE');
    await clock.advance(40_000);
    expect(sends('BYE')).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(happened.slice(-2)).toEqual(['32000 timeout', '32000 end']);
  });

  it('repeats every T2 after a provisional answer, absorbs repeats of the final one for T4 (timer K)', async () => {
    const m = machine('client');
    m.fire('start', 'BYE');
    m.fire('1xx', '100');
    await clock.advance(9_000);
    m.fire('final', '200');
    m.fire('final', '200');
    await clock.advance(5_100);
    expect(happened).toEqual(['0 send BYE', '0 deliver 100', '4000 send BYE', '8000 send BYE', '9000 deliver 200', '14000 end']);
  });

  it('ends with the answer over a stream', () => {
    const m = machine('client', true);
    m.fire('start', 'BYE');
    m.fire('final', '200');
    expect(happened).toEqual(['0 send BYE', '0 deliver 200', '0 end']);
  });
});

describe('INVITE server (RFC 3261 §17.2.1)', () => {
  it('repeats its last provisional answer when the INVITE is repeated', () => {
    const m = machine('invite-server');
    m.fire('request');
    m.fire('1xx', '100');
    m.fire('request');
    m.fire('1xx', '180');
    m.fire('request');
    expect(happened).toEqual(['0 send 100', '0 send 100', '0 send 180', '0 send 180']);
  });

  it('repeats a failure up to every T2 until the ACK, then waits T4 (timers G, H, I)', async () => {
    const m = machine('invite-server');
    m.fire('final', '486');
    await clock.advance(12_000);
    m.fire('ack');
    m.fire('request');
    await clock.advance(5_100);
    expect(sends('486')).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500]);
    expect(happened.at(-1)).toBe('17000 end');
  });

  it('gives up without an ACK after 64·T1 (timer H)', async () => {
    machine('invite-server').fire('final', '486');
    await clock.advance(32_100);
    expect(happened.at(-1)).toBe('32000 end');
  });

  it('after a 2xx absorbs the INVITE for 64·T1 and repeats nothing by itself (RFC 6026 timer L)', async () => {
    const m = machine('invite-server');
    m.fire('2xx', '200');
    expect([m.fire('request'), m.fire('final', '486'), m.fire('1xx', '180')]).toEqual([false, false, false]);
    await clock.advance(32_100);
    expect(happened).toEqual(['0 send 200', '32000 end']);
  });
});

describe('non-INVITE server (RFC 3261 §17.2.2)', () => {
  it('repeats its answer when the request is repeated, for 64·T1 (timer J)', async () => {
    const m = machine('server');
    expect(m.fire('request')).toBe(false);
    m.fire('final', '200');
    m.fire('request');
    expect(m.fire('final', '500')).toBe(false);
    await clock.advance(31_900);
    m.fire('request');
    await clock.advance(200);
    expect(happened).toEqual(['0 send 200', '0 send 200', '31900 send 200', '32000 end']);
  });

  it('ends with its answer over a stream', () => {
    machine('server', true).fire('final', '200');
    expect(happened).toEqual(['0 send 200', '0 end']);
  });
});
