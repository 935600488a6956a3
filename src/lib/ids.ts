import { randomBytes, randomInt, randomUUID } from 'node:crypto';

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

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `chars` random letters and digits, each as likely as any other; for codes that must not be guessed. */
export function randomCode(chars: number): string {
  return Array.from({ length: chars }, () => LETTERS_AND_DIGITS.charAt(randomInt(LETTERS_AND_DIGITS.length))).join('');
}
