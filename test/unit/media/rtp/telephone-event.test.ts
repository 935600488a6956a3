import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEYS, TelephoneEventReceiver, eventOfKey, telephoneEvent } from '../../../../src/media/rtp/telephone-event.js';

interface Sent {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** When it is sent, ms. */
  readonly at: number;
}

/** A caller's stream: `hold` ms of each key, `pause` ms of speech between; `moves` says how its timestamps misbehave. */
class Caller {
  readonly packets: Sent[] = [];
  #sequence = 65_500;
  #timestamp = 0xffff0000;
  #at = 0;

  constructor(
    readonly hold: number,
    readonly pause: number,
    readonly moves: 'never' | 'always' | 'end' | 'same' = 'never',
  ) {}

  press(key: string, options: { readonly start?: boolean; readonly end?: boolean } = {}): this {
    const start = this.#timestamp;
    for (const { atMs, marker, payload } of telephoneEvent({ key, durationMs: this.hold }) ?? []) {
      const end = ((payload[1] ?? 0) & 0x80) !== 0;
      const at = this.moves === 'always' || (this.moves === 'end' && end) ? start + atMs * 8 : start;
      const timestamp = this.moves === 'same' ? 4711 : at >>> 0;
      const sequence = this.#sequence++ & 0xffff;
      if ((end && options.end === false) || (!end && options.start === false)) continue;
      this.packets.push({ sequence, timestamp, ssrc: 7, marker, payload, at: this.#at + atMs });
    }
    this.#timestamp = (start + (this.hold + this.pause) * 8) >>> 0;
    this.#sequence += this.pause / 20;
    this.#at += this.hold + this.pause;
    return this;
  }
}

const keysOf = (packets: readonly Sent[], receiver = new TelephoneEventReceiver()): string =>
  packets.map((packet) => receiver.take(packet, packet.payload).key ?? '').join('');

describe('a key press to send', () => {
  it('is one packet per 20 ms and the end three times (RFC 4733 §2.5.1)', () => {
    const events = telephoneEvent({ key: '#', durationMs: 60 });
    expect(events?.map(({ atMs, marker, payload }) => [atMs, marker, ...payload])).toEqual([
      [0, true, 11, 10, 0, 160],
      [20, false, 11, 10, 1, 64],
      [40, false, 11, 10, 1, 224],
      [60, false, 11, 0x8a, 1, 224],
      [80, false, 11, 0x8a, 1, 224],
      [100, false, 11, 0x8a, 1, 224],
    ]);
  });

  it('is none for what is no key', () => {
    expect(telephoneEvent({ key: 'x', durationMs: 60 })).toBeNull();
    expect([eventOfKey(''), eventOfKey('12'), eventOfKey('a'), eventOfKey('*')]).toEqual([null, null, 12, 10]);
  });
});

describe('a telephone-event receiver', () => {
  it('reports a key on its first packet and never again', () => {
    const { packets } = new Caller(100, 100).press('5');
    const receiver = new TelephoneEventReceiver();
    const verdicts = packets.map((packet) => receiver.take(packet, packet.payload));
    expect(verdicts[0]).toEqual({ key: '5', reason: 'new' });
    expect(new Set(verdicts.slice(1).map(({ reason }) => reason))).toEqual(new Set(['repeat']));
    expect(receiver.counts).toMatchObject({ new: 1, repeat: packets.length - 1 });
  });

  it('hears every key, the same one twice too', () => {
    const caller = new Caller(80, 60);
    for (const key of `${KEYS}1122`) caller.press(key);
    expect(keysOf(caller.packets)).toBe(`${KEYS}1122`);
  });

  it('hears a key whose start was lost, from its end packets alone', () => {
    const receiver = new TelephoneEventReceiver();
    expect(keysOf(new Caller(100, 100).press('7', { start: false }).packets, receiver)).toBe('7');
    expect(receiver.counts['new-start-lost']).toBe(1);
  });

  it('hears the next key when an event never ended', () => {
    expect(keysOf(new Caller(100, 100).press('1', { end: false }).press('1', { end: false }).press('2').packets)).toBe('112');
  });

  it.each(['always', 'end'] as const)('hears each key once from a sender that moves the timestamp (%s)', (moves) => {
    for (const [hold, pause] of [
      [40, 40],
      [100, 60],
      [400, 40],
    ] as const) {
      const receiver = new TelephoneEventReceiver();
      expect(keysOf(new Caller(hold, pause, moves).press('1').press('1').press('2').press('2').packets, receiver)).toBe('1122');
      expect(receiver.counts['moved-timestamp']).toBeGreaterThan(0);
    }
  });

  it('hears each key once from a sender that gives every press the same timestamp', () => {
    expect(keysOf(new Caller(100, 60, 'same').press('1').press('1').press('2').packets)).toBe('112');
  });

  it('hears each of two keys once that are held at the same time', () => {
    const [one, two] = ['1', '2'].map((key) => new Caller(100, 100).press(key).packets);
    const together = (one ?? []).flatMap((packet, index) => {
      const other = two?.[index];
      const sequence = 100 + 2 * index;
      return other === undefined
        ? []
        : [
            { ...packet, sequence },
            { ...other, sequence: sequence + 1, timestamp: packet.timestamp + 80 },
          ];
    });
    expect(keysOf(together)).toBe('12');
  });

  /** Key 1, held for so many packets, and key 2 under it for three; packets of 1 are overtaken on the way. */
  const overlapping = (held: number, from: number, sameTimestamp: boolean): readonly Sent[] => {
    const packet = (event: number, sequence: number, count: number): Sent => {
      const duration = Math.min(count, held) * 160;
      return {
        sequence: from + sequence,
        timestamp: sameTimestamp ? 4711 : from * 160 + event,
        ssrc: 7,
        marker: count === 1,
        payload: Uint8Array.of(event, count > held ? 0x8a : 10, duration >> 8, duration & 0xff),
        at: sequence + (event === 1 && count % 3 === 0 ? 2.5 : 0),
      };
    };
    const one = Array.from({ length: held + 3 }, (_, i) => packet(1, i < 3 ? 2 * i : i + 3, i + 1));
    return [...one, ...[1, 2, 3].map((count) => packet(2, 2 * count - 1, count))].sort((a, b) => a.at - b.at);
  };

  it.each([6, 7, 8, 30])('hears a key once that is held on to under another, its packets overtaken on the way (%i)', (held) => {
    expect(keysOf(overlapping(held, 0, false))).toBe('12');
  });

  it('hears keys once that overlap again and again, from a sender that gives every press the same timestamp', () => {
    expect(keysOf([0, 100, 200].flatMap((from) => overlapping(8, from, true)))).toBe('121212');
  });

  it('hears each key once from a sender that gives every press the same timestamp, some of it lost', () => {
    const caller = new Caller(100, 100, 'same').press('1').press('2').press('1', { start: false }).press('2', { end: false });
    expect(keysOf(caller.press('1', { start: false }).packets)).toBe('12121');
  });

  it('hears a key held for 20 s once (RFC 4733 §2.5.1.3)', () => {
    const receiver = new TelephoneEventReceiver();
    let keys = '';
    for (let packet = 0; packet < 1000; packet++) {
      const samples = (packet + 1) * 160;
      const segment = Math.floor((samples - 1) / 0xffff);
      const duration = samples - segment * 0xffff;
      const header = { sequence: packet, timestamp: segment * 0xffff, ssrc: 1, marker: packet === 0 };
      keys += receiver.take(header, Uint8Array.of(3, 10, duration >> 8, duration & 0xff)).key ?? '';
    }
    expect(keys).toBe('3');
    expect(receiver.counts.segment).toBe(2);
  });

  /** The packets from the `at`th on under another SSRC, with a timestamp of their own if they get one. */
  const resent = (packets: readonly Sent[], at: number, base: number | null = null): readonly Sent[] =>
    packets.map((packet, i) =>
      i < at
        ? packet
        : { ...packet, ssrc: 8, sequence: (packet.sequence + 7777) & 0xffff, timestamp: base === null ? packet.timestamp : base },
    );

  it.each([
    ['the old timestamp', null],
    ['a timestamp of its own', 123_456],
  ])('hears a key once whose SSRC changes at any of its packets, going on with %s', (_, base) => {
    const { packets } = new Caller(200, 100).press('5');
    for (let at = 2; at < packets.length; at++) expect(keysOf(resent(packets, at, base)), `from packet ${at}`).toBe('5');
  });

  it('hears a key once whose SSRC changes more than once, or back, or with a marker', () => {
    const { packets } = new Caller(400, 100).press('5');
    expect(keysOf(packets.map((packet, i) => ({ ...packet, ssrc: 7 + Math.floor(i / 6), timestamp: i < 6 ? 1 : 900 })))).toBe(
      '5',
    );
    expect(keysOf(packets.map((packet, i) => ({ ...packet, ssrc: i >= 6 && i < 12 ? 8 : 7 })))).toBe('5');
    expect(keysOf(resent(packets, 10, 5).map((packet, i) => (i === 10 ? { ...packet, marker: true } : packet)))).toBe('5');
  });

  it('hears a key once whose SSRC changes, packets of the old one overtaken on the way', () => {
    const { packets } = new Caller(200, 100).press('5');
    const moved = resent(packets, 6, 42);
    const [before, after] = [moved.slice(0, 6), moved.slice(6)];
    expect(keysOf([...before.slice(0, 4), ...after.slice(0, 2), ...before.slice(4), ...after.slice(2)])).toBe('5');
  });

  it.each([
    ['whole', {}],
    ['without the ends of the first', { end: false }],
  ])('hears two presses of a key as two, the SSRC changing between them (%s)', (_, first) => {
    const { packets } = new Caller(200, 100).press('5', first).press('5');
    const at = packets.findIndex(({ at: time }) => time >= 300);
    for (const base of [null, 99]) expect(keysOf(resent(packets, at, base))).toBe('55');
    // And the second without its start.
    const late = resent(packets, at, 99).filter((_packet, i) => i < at || i > at + 1);
    expect(keysOf(late)).toBe('55');
  });

  it.each([70_000, -70_000, 40, -40])('hears a key once whose timestamp jumps in the middle (%i)', (jump) => {
    const { packets } = new Caller(400, 100).press('5');
    for (let at = 2; at < packets.length; at++) {
      const jumped = packets.map((packet, i) => (i < at ? packet : { ...packet, timestamp: (packet.timestamp + jump) >>> 0 }));
      expect(keysOf(jumped), `from packet ${at}`).toBe('5');
      // With a few packets lost before the jump.
      expect(keysOf(jumped.filter((_packet, i) => i < at - 1 || i >= at + 2))).toBe('5');
    }
  });

  it('hears keys of a sender that never sets a marker, and gives every press the same timestamp', () => {
    for (const moves of ['never', 'same'] as const) {
      const { packets } = new Caller(100, 60, moves).press('1').press('1').press('2');
      expect(keysOf(packets.map((packet) => ({ ...packet, marker: false })))).toBe('112');
    }
  });

  it('takes ends that come late for those of their own press', () => {
    const { packets } = new Caller(100, 60).press('5').press('5');
    const isFirstEnd = ({ payload }: Sent, i: number): boolean => i < packets.length / 2 && (payload[1] ?? 0) >= 0x80;
    const ends = packets.filter(isFirstEnd);
    expect(keysOf([...packets, ...ends, ...ends])).toBe('55');
    expect(keysOf([...packets.filter((packet, i) => !isFirstEnd(packet, i)), ...ends])).toBe('55');
  });

  it('does not take a flash, a short packet or an old press for a key', () => {
    const receiver = new TelephoneEventReceiver();
    const { packets } = new Caller(100, 100).press('1').press('2');
    keysOf(packets, receiver);
    const header = { sequence: 1, timestamp: 1, ssrc: 7, marker: true };
    expect(receiver.take(header, Uint8Array.of(16, 10, 0, 160)).reason).toBe('not-a-key');
    expect(receiver.take(header, Uint8Array.of(1, 10)).reason).toBe('malformed');
    expect(receiver.take(packets[0]!, packets[0]!.payload).reason).toBe('late');
  });

  /** Drops and repeats packets and delays them by up to `jitter` ms, by a seeded source of numbers from 0 to 1. */
  const disturb = (packets: readonly Sent[], random: () => number, jitter: number): readonly Sent[] =>
    packets
      .flatMap((packet) => {
        if (random() < 0.05) return [];
        const at = packet.at + random() * jitter;
        return random() < 0.03
          ? [
              { packet, at },
              { packet, at: at + random() * jitter },
            ]
          : [{ packet, at }];
      })
      .sort((a, b) => a.at - b.at)
      .map(({ packet }) => packet);

  it('loses and doubles none of 1,000 keys at 5 % loss, with packets repeated and overtaken', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom<readonly [number, number]>([100, 100], [60, 80], [200, 80]),
        fc.constantFrom(['never', 60] as const, ['end', 15] as const, ['always', 15] as const),
        (seed, [hold, pause], [moves, jitter]) => {
          let state = seed | 1;
          const random = (): number => {
            state = (Math.imul(state, 1664525) + 1013904223) | 0;
            return (state >>> 8) / 0x1000000;
          };
          const caller = new Caller(hold, pause, moves);
          const keys = Array.from({ length: 1000 }, () => KEYS[Math.floor(random() * 12)]).join('');
          for (const key of keys) caller.press(key);
          expect(keysOf(disturb(caller.packets, random, jitter))).toBe(keys);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('survives any payload', () => {
    const receiver = new TelephoneEventReceiver();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.nat(0xffff), fc.nat(), (payload, sequence, timestamp) => {
        const { key, reason } = receiver.take({ sequence, timestamp, ssrc: 1, marker: false }, payload);
        return (key !== null) === reason.startsWith('new');
      }),
    );
  });
});
