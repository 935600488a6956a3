import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ApiConnections } from '../../../../src/api/http/connections.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** A connection as the HTTP server shows it. */
class FakeSocket extends EventEmitter {
  bytesWritten = 0;
  writableLength = 0;
  cut = false;
  response: EventEmitter | null = null;

  constructor(readonly remoteAddress: string) {
    super();
  }

  destroy(): void {
    this.cut = true;
    this.emit('close');
  }
}

function rig(perAddress = 100) {
  const clock = new VirtualClock();
  const server = new EventEmitter();
  const told: object[] = [];
  const log = {
    debug: () => undefined,
    info: (fields: object) => told.push(fields),
    warn: () => undefined,
    error: () => undefined,
    child: () => log,
  };
  const connections = new ApiConnections({ server: server as unknown as Pick<Server, 'on'>, perAddress, clock, log });
  const connect = (address = '192.0.2.1'): FakeSocket => {
    const socket = new FakeSocket(address);
    server.emit('connection', socket);
    return socket;
  };
  const open = (count: number, address?: string): FakeSocket[] => Array.from({ length: count }, () => connect(address));
  /** Sends a whole head; whether the request finds a place. */
  const ask = (socket: FakeSocket, { complete = true } = {}): boolean => {
    const request = { socket, complete } as unknown as IncomingMessage;
    socket.response = new EventEmitter();
    server.emit('request', request, socket.response);
    return connections.hasRoom(request);
  };
  const upgrade = (socket: FakeSocket): boolean => {
    const request = { socket, complete: false } as unknown as IncomingMessage;
    server.emit('upgrade', request);
    return connections.hasRoom(request);
  };
  const answer = (socket: FakeSocket): unknown => socket.response?.emit('close');
  return { clock, connections, connect, open, ask, upgrade, answer, told };
}

const isCut = ({ cut }: FakeSocket): boolean => cut;

describe('connections that wait', () => {
  it.each([
    { share: 10, count: 9, cut: 0 },
    { share: 10, count: 10, cut: 0 },
    { share: 10, count: 11, cut: 1 },
    { share: 10, count: 40, cut: 30 },
    { share: 0, count: 500, cut: 0 },
  ])('$count of one address with a share of $share: the oldest $cut are cut', async ({ share, count, cut }) => {
    const { clock, open } = rig(share);
    const sockets = open(count);
    await clock.advance(3000);
    expect(sockets.map(isCut)).toEqual(sockets.map((_, i) => i < cut));
  });

  it('have two seconds for their head, whatever their address holds', async () => {
    const { clock, open } = rig(1);
    const sockets = open(100);
    await clock.advance(1999);
    expect(sockets.some(isCut)).toBe(false);
    await clock.advance(501);
    expect(sockets.filter(isCut)).toHaveLength(99);
  });

  it('are counted by address, those of IPv6 by network, IPv4 in IPv6 as IPv4', async () => {
    const { clock, connect, connections } = rig(1);
    for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8:1:1::1', '2001:db8:1:1::2', '::ffff:192.0.2.2']) connect(address);
    await clock.advance(3000);
    expect(connections.size).toBe(3);
  });

  it('count anew from the answer before: one in use is not the oldest', async () => {
    const { clock, open, ask, answer } = rig(2);
    const [first, second, third] = open(3) as [FakeSocket, FakeSocket, FakeSocket];
    await clock.advance(1500);
    expect(ask(first)).toBe(true);
    answer(first);
    await clock.advance(1000);
    expect([first, second, third].map(isCut)).toEqual([false, true, false]);
  });

  it.each([1999, 2000, 2001])('%i altogether: each beyond two thousand pushes out the oldest of the fullest address', (count) => {
    const { open, connect, connections } = rig();
    const honest = connect('192.0.2.9');
    const flood = open(count - 2, '198.51.100.1');
    const last = connect('192.0.2.10');
    expect(connections.size).toBe(Math.min(count, 2000));
    expect(flood.map(isCut)).toEqual(flood.map((_, i) => i === 0 && count > 2000));
    expect(honest.cut || last.cut).toBe(false);
  });

  it('are told once a minute and source', async () => {
    const { clock, open, told } = rig(1);
    open(50, '198.51.100.1');
    await clock.advance(70_000);
    expect(told).toEqual([
      { source: '198.51.100.1', reason: 'connections' },
      { source: '198.51.100.1', reason: 'connections', count: 49 },
    ]);
  });
});

describe('requests under way', () => {
  it.each([
    { count: 9, places: [9, 0] },
    { count: 10, places: [10, 0] },
    { count: 11, places: [10, 1] },
  ])('$count of one address with a share of ten: $places find a place and do not', ({ count, places }) => {
    const { open, ask } = rig(10);
    const found = open(count).map((socket) => ask(socket));
    expect([found.filter(Boolean).length, found.filter((one) => !one).length]).toEqual(places);
  });

  it('leave other addresses their places', () => {
    const { open, ask } = rig(2);
    const [first, second] = open(2) as [FakeSocket, FakeSocket];
    expect(ask(first) && ask(second)).toBe(true);
    expect(ask(open(1)[0]!)).toBe(false);
    expect(ask(open(1, '192.0.2.2')[0]!)).toBe(true);
  });

  it('give their place back with the answer and with the end of the connection', () => {
    const { open, ask, answer } = rig(1);
    const [first, second] = open(2) as [FakeSocket, FakeSocket];
    ask(first);
    answer(first);
    expect(ask(second)).toBe(true);
    second.destroy();
    expect(ask(first)).toBe(true);
  });

  it('that come one behind the other on a connection take one place until the last is answered', () => {
    const { connect, ask } = rig(1);
    const [first, second] = [connect(), connect()];
    ask(first);
    const early = first.response;
    ask(first);
    early?.emit('close');
    expect(ask(second)).toBe(false);
  });

  it('count WebSockets until they close', () => {
    const { connect, upgrade, ask } = rig(1);
    const socket = connect();
    expect(upgrade(socket)).toBe(true);
    const refused = connect();
    expect(ask(refused)).toBe(false);
    refused.destroy();
    socket.destroy();
    expect(ask(connect())).toBe(true);
  });

  it.each([
    { address: '192.0.2.1', places: 450 },
    { address: '127.0.0.1', places: 500 },
    { address: '::1', places: 500 },
  ])('altogether $places for $address', ({ address, places }) => {
    const { connect, ask } = rig();
    for (let i = 0; i < places - 1; i++) expect(ask(connect(`10.0.${i >> 8}.${i & 255}`))).toBe(i < 450);
    expect(ask(connect(address))).toBe(true);
    expect(ask(connect(address))).toBe(false);
  });

  it('give way after two seconds when their body does not come', async () => {
    const { clock, open, connect, ask } = rig(3);
    const slow = open(3);
    for (const socket of slow) ask(socket, { complete: false });
    await clock.advance(1999);
    expect(ask(connect())).toBe(false);
    await clock.advance(1);
    // The one that found no place has none: two of the slow ones give theirs.
    expect(ask(connect())).toBe(true);
    expect(slow.map(isCut)).toEqual([true, true, false]);
  });

  it('give way when their answer is not taken in, and are cut after a minute anyway', async () => {
    const { clock, connect, ask } = rig(1);
    const [slow, other] = [connect(), connect()];
    ask(slow);
    slow.writableLength = 5000;
    await clock.advance(2000);
    expect(ask(other)).toBe(true);
    expect(slow.cut).toBe(true);
    other.writableLength = 5000;
    await clock.advance(59_000);
    other.bytesWritten = 100;
    await clock.advance(59_000);
    expect(other.cut).toBe(false);
    await clock.advance(2000);
    expect(other.cut).toBe(true);
  });

  it('never give way while they are worked on', async () => {
    const { clock, connect, ask, upgrade } = rig(2);
    const [busy, live] = [connect(), connect()];
    ask(busy);
    upgrade(live);
    await clock.advance(600_000);
    expect(ask(connect())).toBe(false);
    expect(busy.cut || live.cut).toBe(false);
  });
});
