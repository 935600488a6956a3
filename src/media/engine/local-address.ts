import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

/**
 * The address of this machine that the system would send from to reach an IP address, or null when it knows no way. Nothing is sent:
 * a connected datagram socket only asks the routing table.
 */
export function sourceAddress(target: string): Promise<string | null> {
  const family = isIP(target);
  if (family === 0) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const done = (address: string | null): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => done(null));
    socket.connect(9, target, () => done(socket.address().address));
  });
}
