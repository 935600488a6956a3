import type { Clock } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import { refusal, type Refusal } from '../../model/refusal.js';
import { changeFile, type FileTrouble } from './change-file.js';
import { editJson, type JsonEdit } from './edit-json.js';

/** A JSON file of the site that API and command line change. */
export interface EditedFile {
  readonly path: string;
  /** Names it in refusals: its path below the configuration folder. */
  readonly name: string;
  readonly clock: Clock;
  /** Called after every change that was made. */
  readonly changed: (() => void) | undefined;
}

/** A change of a JSON text. */
export interface TextEdit<T> {
  /** The text that is changed. */
  readonly start: string;
  readonly edits: readonly JsonEdit[];
  /** Judges the text as it would be; the answer of the change, or why it is refused. */
  readonly judge: (after: string) => Result<T, Refusal>;
}

/**
 * Changes a JSON file, and leaves everything else in it as it is formatted: writes it only when the text as it would be is judged good,
 * and as a whole; see `changeFile`.
 *
 * @param plan gets the text as it is (null: no such file); called again when the file changed meanwhile
 */
export async function editFile<T>(
  { path, name, clock, changed }: EditedFile,
  plan: (text: string | null) => Result<TextEdit<T>, Refusal>,
): Promise<Result<T, Refusal>> {
  const written = await changeFile<T, Refusal>(
    path,
    (before) => {
      const planned = plan(before);
      if (!planned.ok) return planned;
      const text = editJson(planned.value.start, planned.value.edits);
      const judged = planned.value.judge(text);
      return judged.ok ? ok({ text, value: judged.value }) : judged;
    },
    clock,
  );
  if (written.ok) {
    changed?.();
    return written;
  }
  return err('refused' in written.error ? written.error.refused : fileRefusal(name, written.error.trouble));
}

/** A file that could not be changed, as a refusal. */
function fileRefusal(file: string, { kind, message }: FileTrouble): Refusal {
  return refusal(kind === 'busy' ? 'WEBHOOK_FILE_BUSY' : 'WEBHOOK_FILE_UNWRITABLE', `${file}: ${message}.`);
}
