import { refusal, type Refusal } from '../../model/refusal.js';
import type { FileTrouble } from './change-file.js';

/** A file that could not be changed, as a refusal. */
export function fileRefusal(file: string, { kind, message }: FileTrouble): Refusal {
  return refusal(kind === 'busy' ? 'WEBHOOK_FILE_BUSY' : 'WEBHOOK_FILE_UNWRITABLE', `${file}: ${message}.`);
}
