import { randomFillSync } from 'node:crypto';

const POOL = Buffer.alloc(4096);
let used = POOL.length;

/** `bytes` random bytes as lower-case hex, drawn from a pool: tags and branches are made for every message. */
function hex(bytes: number): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const text = POOL.toString('hex', used, used + bytes);
  used += bytes;
  return text;
}

/** A tag (RFC 3261 §19.3). */
export const newTag = (): string => hex(8);

/** A branch with the magic cookie (RFC 3261 §8.1.1.7). */
export const newBranch = (): string => `z9hG4bK${hex(10)}`;

/** A Call-ID (RFC 3261 §8.1.1.4). */
export const newCallId = (): string => hex(16);

/** The id of a message or transaction on the control port. */
export const newId = (): string => hex(16);

/** A first CSeq number, small enough to count up from for ever (RFC 3261 §8.1.1.5). */
export const newSeq = (): number => (Number.parseInt(hex(3), 16) % 1_000_000) + 1_000;
