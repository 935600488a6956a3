import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const BYTES = 32;

/**
 * The key that signs links to recordings: made at the first start and kept (mode 600), so that links outlive a restart.
 * Throws when the file is there but is no key, or cannot be written.
 */
export function signingKey(file: string): Uint8Array {
  mkdirSync(dirname(file), { recursive: true });
  try {
    // `wx`: of two processes that start together one makes the key, the other reads it.
    writeFileSync(file, randomBytes(BYTES).toString('hex'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length !== BYTES) throw new Error(`${file} is not a signing key; delete it to make a new one (links made so far die)`);
  return key;
}
