import { randomBytes, randomUUID } from 'node:crypto';

/** Randomness as a port, so that a run can be replayed. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** A UUID v4. */
  uuid(): string;
}

/** The machine's own randomness (cryptographic for uuid). */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};

/** `bytes` random bytes as lower-case hex; for secrets and tokens. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
