import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/stores.js';

/*
 * `npm run release` in a small repository of its own, with a package, a changelog and a document that holds the version.
 */

const SCRIPT = fileURLToPath(new URL('../../scripts/release.mjs', import.meta.url));
const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- Calls can be recorded.\n\n## 0.1.0 — 2026-01-02\n\nThe first one.\n';
const MAKE_DOCS = `
import { readFileSync, writeFileSync } from 'node:fs';
writeFileSync('openapi.json', JSON.stringify({ version: JSON.parse(readFileSync('package.json', 'utf8')).version }));
`;
/** Of nobody's configuration: neither name nor hooks of the person who runs the tests. */
const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

let temporary: ReturnType<typeof temporaryFolder>;
/** The repository each test gets a copy of. */
let original: ReturnType<typeof temporaryFolder>;

const git = (...parameters: readonly string[]): string =>
  execFileSync('git', parameters, { cwd: temporary.folder, env: ENVIRONMENT, encoding: 'utf8', stdio: 'pipe' }).trim();
const read = (file: string): string => readFileSync(join(temporary.folder, file), 'utf8');
const write = (file: string, text: string): void => writeFileSync(join(temporary.folder, file), text);
const versionIn = (file: string): unknown => (JSON.parse(read(file)) as { readonly version: unknown }).version;

/** Writes a file and commits it. */
function commit(file: string, text: string): void {
  write(file, text);
  git('add', '--all');
  git('commit', '--quiet', '--message', `Change ${file}`);
}

function release(...parameters: readonly string[]): {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
} {
  const options = { cwd: temporary.folder, env: ENVIRONMENT, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...parameters], options);
  return { status, out: stdout, err: stderr };
}

beforeAll(() => {
  temporary = original = temporaryFolder();
  const named = { name: 'small', version: '0.1.0' };
  write('package.json', JSON.stringify({ ...named, scripts: { docs: 'node docs.mjs' } }));
  write('package-lock.json', JSON.stringify({ ...named, lockfileVersion: 3, packages: { '': named } }));
  write('docs.mjs', MAKE_DOCS);
  write('openapi.json', '{"version":"0.1.0"}');
  git('init', '--quiet', '--initial-branch', 'main');
  commit('CHANGELOG.md', CHANGELOG);
});
beforeEach(() => {
  temporary = temporaryFolder();
  cpSync(original.folder, temporary.folder, { recursive: true, preserveTimestamps: true });
});
afterEach(() => temporary.remove());
afterAll(() => original.remove());

describe('a release', () => {
  it('sets the version of package, lock file and documents', () => {
    expect(release('0.2.0')).toMatchObject({ status: 0, err: '' });
    expect(['package.json', 'package-lock.json', 'openapi.json'].map(versionIn)).toEqual(['0.2.0', '0.2.0', '0.2.0']);
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({ packages: { '': { version: '0.2.0' } } });
  });

  it('dates the unreleased part of the changelog and leaves an empty one above it', () => {
    release('0.2.0');
    const today = new Date().toISOString().slice(0, 10);
    expect(read('CHANGELOG.md')).toBe(
      `# Changelog\n\n## Unreleased\n\n## 0.2.0 — ${today}\n\n- Calls can be recorded.\n\n## 0.1.0 — 2026-01-02\n\nThe first one.\n`,
    );
  });

  it('is one commit and one tag that holds the notes, with nothing left over', () => {
    const { out } = release('0.2.0');
    expect(git('log', '--format=%s')).toBe('Offhook 0.2.0\nChange CHANGELOG.md');
    expect(git('tag', '--list', '--points-at', 'HEAD')).toBe('v0.2.0');
    expect(git('tag', '--list', '--format=%(contents)', 'v0.2.0')).toBe('Offhook 0.2.0\n\n- Calls can be recorded.');
    expect(git('status', '--porcelain')).toBe('');
    expect(out).toContain('Nothing was pushed.');
  });

  it.each([
    ['patch', '0.1.1'],
    ['minor', '0.2.0'],
    ['major', '1.0.0'],
    ['0.1.1', '0.1.1'],
    ['0.10.0', '0.10.0'],
  ])('%s after 0.1.0 is %s', (wanted, version) => {
    expect(release(wanted, '--dry-run').out).toContain(`Would release ${version} of `);
  });

  it('can be cut when the changelog has nothing but the unreleased part', () => {
    commit('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n- Everything.\n');
    expect(release('0.2.0').status).toBe(0);
    expect(read('CHANGELOG.md')).toMatch(/^# Changelog\n\n## Unreleased\n\n## 0\.2\.0 — [\d-]{10}\n\n- Everything\.\n$/);
  });
});

describe('a dry run', () => {
  it('shows version and notes and changes nothing', () => {
    const before = git('rev-parse', 'HEAD');
    expect(release('--dry-run', '0.2.0').out).toMatch(
      /^Would release 0\.2\.0 of [\d-]{10}[^]*- Calls can be recorded\.\n\nNothing was changed\.\n$/,
    );
    expect([git('rev-parse', 'HEAD'), git('status', '--porcelain'), git('tag', '--list')]).toEqual([before, '', '']);
  });

  it('refuses what a release refuses', () => {
    write('openapi.json', '{}');
    expect(release('0.2.0', '--dry-run')).toMatchObject({ status: 1, out: '' });
  });
});

describe('refused with a sentence, and nothing changed', () => {
  const refused = (sentence: string, parameters: readonly string[] = ['0.2.0']): void => {
    const before = git('rev-parse', 'HEAD');
    const { status, out, err } = release(...parameters);
    expect({ status, out, err }).toEqual({ status: 1, out: '', err: expect.stringContaining(sentence) as string });
    expect(err).not.toContain('    at ');
    expect(git('rev-parse', 'HEAD')).toBe(before);
    expect(versionIn('package.json')).toBe('0.1.0');
  };

  it('a changed file', () => {
    write('openapi.json', '{}');
    refused('The working tree has changes. Commit or stash them first:\nM openapi.json');
  });

  it('a file that git does not know', () => {
    write('notes.txt', '');
    refused('The working tree has changes. Commit or stash them first:\n?? notes.txt');
  });

  it('another branch', () => {
    git('switch', '--quiet', '--create', 'idea');
    refused('You are on idea. Releases are made on main: git switch main.');
  });

  it('a commit on no branch', () => {
    git('switch', '--quiet', '--detach');
    refused('You are on no branch. Releases are made on main');
  });

  it('a changelog without an unreleased part', () => {
    commit('CHANGELOG.md', '# Changelog\n\n## 0.1.0 — 2026-01-02\n\nThe first one.\n');
    refused('CHANGELOG.md has no part "## Unreleased".');
  });

  it('an unreleased part with nothing in it', () => {
    commit('CHANGELOG.md', CHANGELOG.replace('- Calls can be recorded.\n\n', ''));
    refused('The part "Unreleased" of CHANGELOG.md is empty.');
  });

  it('a version that the changelog has', () => {
    commit('CHANGELOG.md', `${CHANGELOG}\n## 0.2.0 — 2026-01-03\n\nTaken.\n`);
    refused('CHANGELOG.md has a part 0.2.0 already.');
  });

  it('a version that has a tag', () => {
    git('tag', 'v0.2.0');
    refused('There is a tag v0.2.0 already.');
  });

  it.each(['0.1.0', '0.0.9'])('a version that is not above the last: %s', (version) => {
    refused(`${version} is not above the version in package.json, 0.1.0.`, [version]);
  });

  it.each(['v0.2.0', '0.2', '0.02.0', 'big'])('%s, which is no version', (version) => {
    refused(`${version} is no version.`, [version]);
  });

  it.each([[[]], [['0.2.0', '0.3.0']], [['--dry-run']]])('the arguments %j', (parameters) => {
    refused('Usage: npm run release -- <version> [--dry-run]', parameters);
  });

  it('documents that cannot be made: the tree is as it was', () => {
    commit('docs.mjs', "import { writeFileSync } from 'node:fs';\nwriteFileSync('half.json', '');\nprocess.exit(3);\n");
    refused('The release could not be finished, and the tree is as it was.');
    expect([git('status', '--porcelain'), git('tag', '--list'), existsSync(join(temporary.folder, 'half.json'))]).toEqual([
      '',
      '',
      false,
    ]);
  });
});

it('a folder that is no repository is refused', () => {
  rmSync(join(temporary.folder, '.git'), { recursive: true });
  expect(release('0.2.0')).toEqual({ status: 1, out: '', err: 'This folder is no git repository.\n' });
});
