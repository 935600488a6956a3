import { closeSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { sleep, type Clock } from '../../lib/clock.js';
import { errorMessage } from '../../lib/error-message.js';
import { err, type Result } from '../../lib/result.js';

/** Why a file could not be changed: somebody else keeps it, or the system refuses. The message is a sentence part. */
export interface FileTrouble {
  readonly kind: 'busy' | 'unwritable';
  readonly message: string;
}

/** A new text for a file, or why there is none. */
export type TextChange<T, E> = (text: string | null) => Result<{ readonly text: string; readonly value: T }, E>;

/** How long a writer waits for another one, and how often it looks, ms. */
const PATIENCE_MS = 3000;
const LOOK_MS = 20;
/** Writers need milliseconds; a mark older than this was left by one that died. */
const STALE_MS = 10_000;
const BYTE_ORDER_MARK = '\uFEFF';
/** How often an editor that writes at the same moment may come in between. */
const MAX_TURNS = 5;

/**
 * Changes a text file as a whole: readers see the old text or the new one, never a part; the permissions stay (a new file is this
 * user's alone), a link stays a link. Of two writers at once, each works on what the other left: they wait for one another by a mark
 * beside the file, and an editor that knows no mark is noticed by what it wrote.
 *
 * @param change gets the text as it is, without its byte order mark (null: no such file); called again when the file changed meanwhile
 */
export async function changeFile<T, E>(
  file: string,
  change: TextChange<T, E>,
  clock: Clock,
): Promise<Result<T, { readonly refused: E } | { readonly trouble: FileTrouble }>> {
  try {
    const target = realFile(file);
    const mark = `${target}.lock`;
    const until = clock.monotonic() + PATIENCE_MS;
    while (!takeMark(mark, clock)) {
      if (clock.monotonic() > until) return trouble('busy', `another program keeps ${mark}`);
      await sleep(clock, LOOK_MS);
    }
    try {
      return changeAlone(target, change);
    } finally {
      rmSync(mark, { force: true });
    }
  } catch (error) {
    return trouble('unwritable', errorMessage(error));
  }
}

function trouble(kind: FileTrouble['kind'], message: string): { readonly ok: false; readonly error: { trouble: FileTrouble } } {
  return err({ trouble: { kind, message } });
}

function changeAlone<T, E>(
  target: string,
  change: TextChange<T, E>,
): Result<T, { readonly refused: E } | { readonly trouble: FileTrouble }> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const before = textOf(target);
    const mark = before?.startsWith(BYTE_ORDER_MARK) === true ? BYTE_ORDER_MARK : '';
    const made = change(before === null ? null : before.slice(mark.length));
    if (!made.ok) return err({ refused: made.error });
    const after = mark + made.value.text;
    if (after === before) return { ok: true, value: made.value.value };
    const draft = `${target}.${process.pid}.new`;
    try {
      writeDurably(draft, after, modeOf(target));
      if (textOf(target) === before) {
        renameSync(draft, target);
        syncFolder(dirname(target));
        return { ok: true, value: made.value.value };
      }
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return trouble('busy', 'another program writes it all the time');
}

/** True when the mark is ours now. One that was left behind is taken away. */
function takeMark(mark: string, clock: Clock): boolean {
  try {
    closeSync(openSync(mark, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const found = statSync(mark, { throwIfNoEntry: false });
    if (found !== undefined && clock.now() - found.mtimeMs > STALE_MS) rmSync(mark, { force: true });
    return false;
  }
}

function realFile(file: string): string {
  return statSync(file, { throwIfNoEntry: false }) === undefined ? file : realpathSync(file);
}

function textOf(file: string): string | null {
  return statSync(file, { throwIfNoEntry: false }) === undefined ? null : readFileSync(file, 'utf8');
}

function modeOf(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o777;
}

function writeDurably(file: string, text: string, mode: number): void {
  rmSync(file, { force: true });
  const handle = openSync(file, 'wx', mode);
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(handle, bytes, done);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The new name survives a power cut too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
