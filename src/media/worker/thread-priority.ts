import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Well above everything ordinary (0), below what the system itself needs. */
const MEDIA_PRIORITY = -10;

/**
 * Asks the system to run the calling thread before ordinary ones: a packet that waits for a busy core is one the caller misses.
 * False where that is not allowed (Linux: it needs CAP_SYS_NICE or a limit that permits it) or not possible for a single thread.
 */
export function raiseThreadPriority(): boolean {
  try {
    // `PID/task/TID`; Linux takes a thread's id where others take only a process's (setpriority(2), "C library/kernel differences").
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, MEDIA_PRIORITY);
    return true;
  } catch {
    return false;
  }
}
