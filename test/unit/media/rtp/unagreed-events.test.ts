import { describe, expect, it } from 'vitest';
import { IncomingStream } from '../../../../src/media/worker/incoming-stream.js';
import { rtpPacket } from '../../../../src/media/rtp/packet.js';
import { telephoneEvent } from '../../../../src/media/rtp/telephone-event.js';

interface Sent {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly marker: boolean;
}

let sequence = 0;
/** The packets of one key on a payload type. */
function press(key: string, payloadType = 97): Sent[] {
  const timestamp = (sequence + 1) * 160;
  return (telephoneEvent({ key, durationMs: 60 }) ?? []).map(({ marker, payload }) => {
    sequence++;
    return { payloadType, sequence, timestamp, marker, payload };
  });
}

/** What a stream with telephone-event on 101 makes of these packets: keys, and `!` for each key that is missed. */
function heard(packets: readonly Sent[], eventTypes: readonly number[] = [101]): string {
  const stream = new IncomingStream();
  stream.expect({ payloadType: 0, codec: 'PCMU', eventTypes });
  return packets
    .map((packet) => {
      const bytes = rtpPacket({ ...packet, ssrc: 1 }, packet.payload);
      if (!stream.read(bytes, bytes.length)) return '';
      const what = stream.take(bytes, 0);
      return what === 'key' ? stream.key : what === 'missed' ? '!' : '';
    })
    .join('');
}

describe('keys on a payload type that was not agreed on', () => {
  it.each([96, 97, 100, 127])('are taken once they are sure to be keys, each once (%i)', (type) =>
    expect(heard([...press('5', type), ...press('5', type), ...press('#', type)])).toBe('55#'),
  );

  it('are taken when no telephone-event was agreed on at all', () => expect(heard(press('7', 101), [])).toBe('7'));

  it('are taken beside those on the type that was agreed on', () =>
    expect(heard([...press('1', 101), ...press('2', 97), ...press('3', 101)])).toBe('123'));

  it('need three packets of one event; fewer are a key that is missed, said when the next begins', () => {
    expect(heard(press('5').slice(0, 3))).toBe('5');
    expect(heard(press('5').slice(0, 2))).toBe('');
    expect(heard([...press('5').slice(0, 2), ...press('6')])).toBe('!6');
    expect(heard([...press('5').slice(0, 1), ...press('6')])).toBe('6');
  });

  it.each([
    [3, '5'],
    [4, ''],
  ])('are taken when packets are missing between theirs, up to two: %i apart', (apart, keys) =>
    expect(
      heard(
        press('5')
          .slice(0, 3)
          .map((packet, i) => ({ ...packet, sequence: packet.sequence + i * (apart - 1) })),
      ),
    ).toBe(keys),
  );

  it.each<readonly [string, (packet: Sent, i: number) => Sent]>([
    ['of a static type', (packet) => ({ ...packet, payloadType: 95 })],
    ['of another length', (packet) => ({ ...packet, payload: Uint8Array.of(...packet.payload, 0) })],
    [
      'with the reserved bit set',
      (packet) => ({ ...packet, payload: packet.payload.map((byte, i) => (i === 1 ? byte | 0x40 : byte)) }),
    ],
    ['with an event beyond 15', (packet) => ({ ...packet, payload: packet.payload.map((byte, i) => (i === 0 ? 16 : byte)) })],
    ['of one timestamp each', (packet, i) => ({ ...packet, timestamp: packet.timestamp + i * 160 })],
    ['far from each other', (packet, i) => ({ ...packet, sequence: packet.sequence + i * 4 })],
    ['whose duration shrinks', (packet, i) => ({ ...packet, payload: Uint8Array.of(5, 10, 9 - i, 0) })],
  ])('are not seen in packets %s', (_, change) => expect(heard(press('5').map(change))).not.toContain('5'));
});

describe('events that are no keys', () => {
  it('are missed once each, and a key after them is taken', () => {
    const flash = press('1', 101).map((packet) => ({ ...packet, payload: Uint8Array.of(16, ...packet.payload.subarray(1)) }));
    const again = press('1', 101).map((packet) => ({ ...packet, payload: Uint8Array.of(16, ...packet.payload.subarray(1)) }));
    expect(heard([...flash, ...press('2', 101), ...again])).toBe('!2!');
  });
});
