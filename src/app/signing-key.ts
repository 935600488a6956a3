import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 32;

/**
 * The key that signs links to recordings and proves resume URLs: made once, kept in the data folder, so that both outlive a restart.
 * Only this user may read it.
 */
export function signingKey(dataDir: string): Uint8Array {
  const file = join(dataDir, 'signing.key');
  try {
    // `wx`: of two processes that start at once, one makes the key and both read it.
    writeFileSync(file, randomBytes(BYTES), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = readFileSync(file);
  if (key.length < BYTES) throw new Error(`${file} is damaged: delete it to have a new one made (old links to recordings end)`);
  return key;
}
