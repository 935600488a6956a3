import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';

/*
 * What a newcomer reads and opens first is true: the pages name files and commands that exist, the forms are whole, and the editor knows
 * each schema.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const namesIn = (folder: string): readonly string[] => readdirSync(join(root, folder));

const RECIPES = namesIn('docs/contributing').map((name) => `docs/contributing/${name}`);
const PAGES = ['CONTRIBUTING.md', 'docs/ARCHITECTURE.md', 'docs/glossary.md', ...RECIPES];

/** Code in sentences, without that in blocks. */
function codeIn(page: string): readonly string[] {
  const sentences = read(page).replace(/^```[^]*?^```/gm, '');
  return [...sentences.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** `a/{b,c}.ts` is two names. */
function expanded(name: string): readonly string[] {
  const braces = /\{([^{}]+)\}/.exec(name);
  if (braces === null) return [name];
  const parts = (braces[1] ?? '').split(',');
  return parts.flatMap((part) => expanded(name.replace(braces[0], part)));
}

/** True when there is such a file or folder. A `*` in the last part stands for any text in a name. */
function exists(name: string): boolean {
  if (!name.includes('*')) return existsSync(join(root, name));
  const folder = dirname(name);
  const pattern = new RegExp(
    `^${name
      .slice(folder.length + 1)
      .replace(/[.+]/g, '\\$&')
      .replaceAll('*', '[^/]*')}$`,
  );
  return existsSync(join(root, folder)) && namesIn(folder).some((each) => pattern.test(each));
}

const ROOT_NAMES = namesIn('.').map((name) => name.replaceAll('.', '\\.'));
/** Begins with a file or folder of the project: `src/flow/ports.ts`, `package.json`, `.ci/run`; or is a page at the root. */
const PATH = new RegExp(`^(?:(?:${ROOT_NAMES.join('|')}|src|test|docs|scripts)(?:/[\\w.*{},-]*)*|[A-Z_]+\\.md)$`);

const pathsIn = (page: string): readonly string[] =>
  codeIn(page)
    .filter((code) => PATH.test(code))
    .flatMap(expanded);

/** Blocks that begin with the name of the file they are from. `…` stands for lines left out. */
const examples = RECIPES.flatMap((page) =>
  [...read(page).matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```/gm)].map(([, file = '', code = ''], index) => {
    const lines = code.split('\n').map((line) => line.trim());
    return { where: `example ${index + 1} of ${page}`, file, lines: lines.filter((line) => line !== '' && line !== '…') };
  }),
);

describe('pages for those who change the code', () => {
  it.each(PAGES)('each file and folder that %s names exists', (page) => {
    expect(pathsIn(page).filter((name) => !exists(name))).toEqual([]);
  });

  it('name files at all', () => {
    expect(pathsIn('CONTRIBUTING.md').length).toBeGreaterThan(5);
  });

  it.each(examples)('$where is in $file as it is written there', ({ file, lines }) => {
    const source = read(file)
      .split('\n')
      .map((line) => line.trim());
    expect(lines.filter((line) => !source.includes(line))).toEqual([]);
  });

  it('are all linked from CONTRIBUTING.md', () => {
    expect(RECIPES.filter((page) => !read('CONTRIBUTING.md').includes(`](${page})`))).toEqual([]);
  });

  it('name scripts of the package only', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const used = PAGES.flatMap((page) => [...read(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name));
    expect(used.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('forms of issues', () => {
  const FORMS = namesIn('.github/ISSUE_TEMPLATE').filter((name) => name !== 'config.yml');

  it.each(FORMS)('%s is YAML with a name, a description and fields', async (name) => {
    const text = read(`.github/ISSUE_TEMPLATE/${name}`);
    await format(text, { parser: 'yaml' });
    expect(text).toMatch(/^name: .+\ndescription: .+\nlabels: \[\w+\]\nbody:\n/);
  });

  it.each(FORMS)('each field of %s has a kind that exists, and an id of its own', (name) => {
    const fields = read(`.github/ISSUE_TEMPLATE/${name}`)
      .split(/^ {2}- (?=type: )/m)
      .slice(1);
    const kinds = fields.map((field) => /^type: (\w+)\n/.exec(field)?.[1]);
    expect(kinds.filter((kind) => !['markdown', 'textarea', 'input', 'dropdown', 'checkboxes'].includes(kind ?? ''))).toEqual([]);
    const ids = fields.filter((_field, index) => kinds[index] !== 'markdown').map((field) => /^ {4}id: (\w+)$/m.exec(field)?.[1]);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('editor settings', () => {
  const settings = JSON.parse(read('.vscode/settings.json')) as { readonly 'json.schemas': readonly { readonly url: string }[] };

  it('give each schema to the files it describes', () => {
    const given = settings['json.schemas'].map(({ url }) => url);
    expect([...given].sort()).toEqual(
      namesIn('schemas')
        .map((name) => `./schemas/${name}`)
        .sort(),
    );
  });
});
