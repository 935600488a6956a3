import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/*
 * UDP port ranges that are really free and stay ours, for tests that must know how many there are. They lie below those of `Site`
 * and of the system's ephemeral ports. A range is taken block by block: listening on the block's first port by TCP tells every
 * other test process on this machine that it is taken, until this process ends, however it ends.
 */

const [FIRST, LAST] = [10_000, 19_999];
const BLOCK = 100;
const BLOCKS = (LAST + 1 - FIRST) / BLOCK;

let next = 0;
let end = 0;

/** `count` neighbouring UDP ports of 127.0.0.1 beginning with an even one, both ends included. */
export async function freePorts(count: number): Promise<{ readonly from: number; readonly to: number }> {
  for (let tries = 0; tries < 2 * BLOCKS; tries++) {
    if (end - next < count) await reserve(Math.ceil(count / BLOCK));
    const from = next;
    if (end - from < count) continue;
    next += count + (count % 2);
    if (await allFree(from, count)) return { from, to: from + count - 1 };
  }
  throw new Error(`no ${count} neighbouring UDP ports are free from ${FIRST} to ${LAST}`);
}

/** Takes neighbouring blocks, beginning anywhere; none when one of them is somebody else's. */
async function reserve(blocks: number): Promise<void> {
  const first = FIRST + BLOCK * Math.floor(Math.random() * (BLOCKS - blocks + 1));
  for (let block = 0; block < blocks; block++) if (!(await claim(first + block * BLOCK))) return;
  next = first;
  end = first + blocks * BLOCK;
}

function claim(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.unref();
      resolve(true);
    });
  });
}

async function allFree(from: number, count: number): Promise<boolean> {
  const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(from + i)));
  return free.every(Boolean);
}

function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.close(() => resolve(true));
    });
  });
}
