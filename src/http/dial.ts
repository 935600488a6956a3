import type { LookupAddress } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';

/** Between the starts of two attempts, ms (RFC 8305 §5). */
const ATTEMPT_DELAY_MS = 250;
/** Addresses of one name that are tried. */
const MAX_ADDRESSES = 16;

/** What is read of a connection at once, bytes. */
const READ_BYTES = 65_536;

/** What is to be reached, by addresses in the order of their resolver. */
export interface DialTarget {
  readonly addresses: readonly LookupAddress[];
  readonly port: number;
}

/**
 * Connects to a name by all its addresses (Happy Eyeballs, RFC 8305 §5): they take turns by family, each begins a quarter of a second after
 * the one before or as soon as that one fails, and none is given up for the next: an address whose first packet was lost answers the
 * second. The first that connects wins. `done` is called once; with an error when every address has failed. The caller limits the time,
 * by the function that is returned: it gives everything up without a call of `done`.
 */
export function dial({ addresses, port }: DialTarget, done: (error: Error | null, socket: Socket | null) => void): () => void {
  const left = inTurns(addresses).slice(0, MAX_ADDRESSES);
  const open = new Set<Socket>();
  const failures: Error[] = [];
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  const end = (winner: Socket | null): void => {
    ended = true;
    clearTimeout(timer);
    for (const socket of open) if (socket !== winner) socket.destroy();
    open.clear();
  };
  const failed = (socket: Socket, error: Error): void => {
    open.delete(socket);
    failures.push(error);
    if (ended) return;
    if (left.length > 0) next();
    else if (open.size === 0) {
      end(null);
      done(worst(failures), null);
    }
  };
  const next = (): void => {
    clearTimeout(timer);
    const address = left.shift();
    if (address === undefined) return;
    const options = { host: address.address, port, family: address.family, highWaterMark: READ_BYTES };
    const socket = connect(options);
    open.add(socket);
    const onError = (error: Error): void => {
      failed(socket, error);
    };
    socket.on('error', onError);
    socket.once('connect', () => {
      if (ended) return;
      end(socket);
      socket.removeListener('error', onError);
      done(null, socket);
    });
    if (left.length > 0) timer = setTimeout(next, ATTEMPT_DELAY_MS);
  };
  if (left.length > 0) next();
  else done(worst(failures), null);
  return () => {
    end(null);
  };
}

/** One of each family after the other, beginning with that of the first (RFC 8305 §4). */
function inTurns(addresses: readonly LookupAddress[]): LookupAddress[] {
  const family = addresses[0]?.family;
  const first = addresses.filter((address) => address.family === family);
  const second = addresses.filter((address) => address.family !== family);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [first[i], second[i]])
    .flat()
    .filter((address) => address !== undefined);
}

/** A machine without IPv6 has no way to any such address: that says nothing about the server. */
const NO_WAY = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** The failure that tells most about the server. */
function worst(failures: readonly Error[]): Error {
  const telling = failures.find((error) => !NO_WAY.has((error as NodeJS.ErrnoException).code ?? ''));
  return telling ?? failures[0] ?? Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
}

/** The address that a host is as it is written, or null when it is a name. */
export function literalAddress(host: string): LookupAddress | null {
  const family = isIP(host);
  return family === 0 ? null : { address: host, family };
}
