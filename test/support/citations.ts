import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/* Which rules and decisions a file cites: `docs/behaviour.md#stale-results`, or several at once, `docs/behaviour.md#mapping, #json-paths`. */

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Paths of the files in git, and of new ones that git does not ignore. */
export function projectFiles(...folders: readonly string[]): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  return [...new Set(listed.split('\n'))].filter((file) => file !== '');
}

export function textOf(file: string): string {
  return readFileSync(join(projectRoot, file), 'utf8');
}

/** A page of documentation, with the anchors of one citation; the list of a comment may go on in its next line. */
const CITATION = /\b(docs\/[\w/.-]+\.md)((?:(?:,\s+(?:(?:\/\/|\*)\s+)?)?#[\w-]+)*)/gu;

/** `page`, or `page#anchor`, for each page and anchor a text names. */
export function citationsIn(text: string): readonly string[] {
  return [...text.matchAll(CITATION)].flatMap(([, page = '', list = '']) => {
    const anchors = list.match(/#[\w-]+/gu) ?? [];
    return anchors.length === 0 ? [page] : anchors.map((anchor) => `${page}${anchor}`);
  });
}

/** Anchors of headings as web pages of repositories make them: lower case, blanks as hyphens, other marks dropped. */
export function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /gu, '-'),
  );
}
