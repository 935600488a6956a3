import { sql } from 'kysely';
import { openConnection } from './connection.js';

/** Says that another process (or another store of this one) has the database. */
export class StoreInUse extends Error {
  override readonly name = 'StoreInUse';
}

/**
 * Takes a database for this process alone: a process that opens it ends every call that has no end, so two at once would end
 * each other's calls. The lock is an exclusive transaction on a file of its own beside the database; the operating system takes
 * it away when the process dies, however it dies. Returns the function that gives it back. Throws {@link StoreInUse}.
 */
export async function lockStore(file: string): Promise<() => Promise<void>> {
  const lock = openConnection(`${file}.lock`, 'lock');
  try {
    await sql`begin exclusive`.execute(lock);
  } catch (error) {
    await lock.destroy();
    const busy = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
    throw busy ? new StoreInUse(`another Offhook is using ${file}`) : error;
  }
  return () => lock.destroy();
}
