import { beforeEach, describe, expect, it } from 'vitest';
import { PacketReader } from '../../../../src/media/worker/packet-reader.js';
import { rtpPacket } from '../../../../src/media/rtp/packet.js';
import type { RemoteMedia } from '../../../../src/media/sdp/answer.js';
import { NOTHING, type RtpSocket } from '../../../../src/media/worker/rtp-socket.js';

/* How much of a flood a reader takes in one packet interval. */

const REMOTE = { address: '192.0.2.10', port: 4000 };
const UNEXPECTED = { address: '203.0.113.9', port: 9 };
const MOST_EVENTS = 64;

let sequence = 0;
let waiting: Uint8Array[] = [];
let events = true;
let connected = false;

const packet = (): Uint8Array =>
  rtpPacket({ payloadType: 0, marker: false, sequence: ++sequence, timestamp: sequence * 160, ssrc: 1 }, new Uint8Array(160));

function reader(canPoll: boolean, crowded = false): PacketReader {
  const socket: Partial<RtpSocket> = {
    canPoll,
    get connected() {
      return connected;
    },
    connect: () => (connected = true),
    disconnect: () => void (connected = false),
    pauseEvents: () => void (events = false),
    resumeEvents: () => void (events = true),
    read: (buffer) => {
      const next = waiting.shift();
      if (next === undefined) return NOTHING;
      buffer.set(next);
      return next.length;
    },
  };
  const host = { slot: 0, nextSlot: 1, now: () => 0, buffer: new Uint8Array(2048), mediaTimeoutMs: 0, crowded };
  const nothing = (): void => undefined;
  const told = { onDue: nothing, onKey: nothing, onMissed: nothing, onAudio: nothing, onSilent: nothing };
  const made = new PacketReader(socket as RtpSocket, host, told, REMOTE.address);
  const remote: Partial<RemoteMedia> = { ...REMOTE, payloadType: 0, codec: 'PCMU', eventTypes: [101], receive: true, send: true };
  made.expect(remote as RemoteMedia);
  made.open(0);
  return made;
}

beforeEach(() => {
  [sequence, waiting, events, connected] = [0, [], true, false];
});

describe('a flood of unexpected sources', () => {
  it.each([MOST_EVENTS - 1, MOST_EVENTS])('%i packets in one interval are looked at, and events go on', (packets) => {
    const one = reader(true);
    for (let i = 0; i < packets; i++) one.onPacket(packet(), UNEXPECTED);
    expect(events).toBe(true);
    expect(one.stats().unexpected).toBe(packets);
  });

  it('one more makes events wait until the next interval', () => {
    const one = reader(true);
    for (let i = 0; i <= MOST_EVENTS; i++) one.onPacket(packet(), UNEXPECTED);
    expect(events).toBe(false);
    one.tick(20);
    expect(events).toBe(true);
  });

  it('is left unread beyond that where events cannot wait, and the caller is heard in the next interval', () => {
    const one = reader(false);
    for (let i = 0; i < 1000; i++) one.onPacket(packet(), UNEXPECTED);
    expect(one.stats().unexpected).toBe(MOST_EVENTS);
    one.onPacket(packet(), REMOTE);
    expect(one.stats().received).toBe(0);
    one.tick(20);
    one.onPacket(packet(), REMOTE);
    expect(one.stats().received).toBe(1);
  });
});

describe('a caller whose packets come all at once', () => {
  it('loses none where events cannot wait: nobody else can send, once it is known', () => {
    const one = reader(false);
    for (let i = 0; i < 200; i++) one.onPacket(packet(), REMOTE);
    expect(one.stats()).toMatchObject({ received: 200, lost: 0 });
  });

  it('is polled from then on, sixteen packets in one slot, and loses none', () => {
    const one = reader(true);
    for (let i = 0; i <= MOST_EVENTS; i++) one.onPacket(packet(), REMOTE);
    expect([events, one.stats().received]).toEqual([false, MOST_EVENTS + 1]);
    waiting = Array.from({ length: 100 }, packet);
    let slot = one.due;
    const taken: number[] = [];
    while (waiting.length > 0) {
      const before = waiting.length;
      one.poll(slot++);
      taken.push(before - waiting.length);
    }
    expect(Math.max(...taken)).toBe(16);
    expect(one.stats()).toMatchObject({ received: MOST_EVENTS + 101, lost: 0 });
  });
});
