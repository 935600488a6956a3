import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package as package-lock.json has it. */
interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/** Licences that ask for more than their text and the copyright line, and how that is met. */
const OBLIGATIONS: Readonly<Record<string, string>> = {
  'BSD-4-Clause':
    'The voice `flite` is by Carnegie Mellon University. Its notices and conditions stand in `COPYING` of the package, which ships as it is; no name of its ' +
    'authors is used to endorse Offhook.',
  'LGPL-3.0-or-later':
    'The package is used as it is, as a file of its own below `node_modules`. You may replace it by a version of yours; its source is in the package.',
};

/** Packages whose package.json names no licence, and where they state it. */
const STATED_ELSEWHERE: Readonly<Record<string, string>> = {
  only: 'MIT',
};

const LICENSE_FILE = /^(?:licen[cs]e|copying|readme)(?:[.-].*)?$/iu;
/** The line of the holder; that of the Free Software Foundation stands for the text of its licences. */
const COPYRIGHT = /^[\s*#>/]*((?:copyright|©)\s+(?=.*\d{4})(?!.*Free Software Foundation).{3,150}?)[\s*/]*$/imu;

/**
 * NOTICE.md: every package that ships with Offhook, by licence, with its copyright line. It is made from package-lock.json and the installed
 * packages; what only development needs, and what npm installs on some machines only, is left out. Throws for a package without a licence
 * that nobody looked at.
 */
export function noticePage(folder: string): string {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const byLicense = new Map<string, string[]>();
  for (const [path, locked] of Object.entries(packages)) {
    if (path === '' || locked.dev === true || locked.devOptional === true || locked.optional === true) continue;
    const name = path.replace(/^.*node_modules\//u, '');
    const license = locked.license ?? STATED_ELSEWHERE[name];
    if (license === undefined)
      throw new Error(`${name} names no licence: look where it states one, and add it to STATED_ELSEWHERE`);
    const copyright = copyrightOf(join(folder, path));
    const row = `- ${name} ${locked.version ?? ''}${copyright === null ? '' : ` – ${copyright}`}`;
    byLicense.set(license, [...(byLicense.get(license) ?? []), row]);
  }
  const sections = [...byLicense].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '# Notice',
    'Offhook is licensed under the [Apache License 2.0](LICENSE). It ships with the packages below. Each has its licence in its folder below `node_modules`. ' +
      'This page is made by `npm run docs` from the packages that are installed.',
    ...sections.flatMap(([license, rows]) => [
      `## ${license}`,
      ...(OBLIGATIONS[license] === undefined ? [] : [OBLIGATIONS[license]]),
      [...new Set(rows)].sort().join('\n'),
    ]),
  ].join('\n\n');
}

/** The first copyright line of the package's licence or readme, or null. Characters that Markdown would read are escaped. */
function copyrightOf(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  // The licence before the readme.
  for (const file of files.sort((a, b) => Number(/^readme/iu.test(a)) - Number(/^readme/iu.test(b)) || (a < b ? -1 : 1))) {
    const line = COPYRIGHT.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
    if (line !== undefined)
      return line
        .trim()
        .replace(/&lt;/gu, '<')
        .replace(/&gt;/gu, '>')
        .replace(/[<>*_[\]`|]/gu, '\\$&');
  }
  return null;
}
