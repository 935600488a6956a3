import { statSync } from 'node:fs';

/** What tells a changed file from an unchanged one without reading it; empty when there is none. */
export function stampOf(file: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(file, { bigint: true });
    return `${mtimeNs}/${size}/${ino}`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return code === 'ENOENT' ? '' : code;
  }
}
