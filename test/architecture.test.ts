import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/*
 * The house rules as a test: which room may import which, no cycles, no room called utils. Type-only imports count too, except
 * where the table says `types`.
 */

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Room → rooms it may import; `types:X` allows `import type` only. */
const ALLOWED: Record<string, readonly string[]> = {
  lib: [],
  config: ['lib', 'webhooks'],
  'sip/server': ['lib'],
  sip: ['lib', 'sip/server'],
  media: ['lib'],
  call: ['sip', 'media', 'lib'],
  flow: ['lib'],
  widgets: ['flow', 'lib'],
  webhooks: ['lib'],
  store: ['lib', 'types:flow', 'types:webhooks', 'types:call'],
  api: ['lib', 'types:call', 'types:flow', 'types:webhooks'],
  phone: ['lib', 'sip/server', 'media'],
  /** They join the rooms; nothing imports them but each other. */
  root: ['*'],
  runtime: ['*'],
  cli: ['*'],
  demo: ['*'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /^(?:import|export)\s+(type\s+)?[^;]*?from\s+'(\.[^']+)'/gms;
  return [...text.matchAll(pattern)].map((match) => ({
    from: relative(src, file),
    to: relative(src, resolve(dirname(file), (match[2] ?? '').replace(/\.js$/, '.ts'))),
    typeOnly: match[1] !== undefined,
  }));
}

function roomOf(path: string): string {
  if (path.startsWith('sip/server/')) return 'sip/server';
  if (path === 'config.ts' || path.startsWith('config/')) return 'config';
  return path.includes('/') ? (path.split('/')[0] ?? 'root') : 'root';
}

const all = files(src);
const imports = all.flatMap(importsOf);

describe('architecture', () => {
  it('every import points the way DESIGN allows', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const [a, b] = [roomOf(from), roomOf(to)];
      const allowed = ALLOWED[a] ?? [];
      return a !== b && !allowed.includes('*') && !allowed.includes(b) && !(typeOnly && allowed.includes(`types:${b}`));
    });
    expect(wrong).toEqual([]);
  });

  it('every room is in the table', () => {
    expect([...new Set(all.map((file) => roomOf(relative(src, file))))].filter((room) => !(room in ALLOWED))).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[][] = [];
    const visit = (file: string, path: readonly string[]): void => {
      const seen = path.indexOf(file);
      if (seen >= 0) {
        cycles.push([...path.slice(seen), file]);
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('widgets never import each other', () => {
    const widgets = new Set(
      all
        .map((file) => relative(src, file))
        .filter((file) => file.startsWith('widgets/') && readFileSync(join(src, file), 'utf8').includes('defineWidget(')),
    );
    expect(imports.filter(({ from, to }) => widgets.has(from) && widgets.has(to))).toEqual([]);
  });

  it('has no folder named utils, helpers or common', () => {
    expect(all.filter((file) => /\/(utils?|helpers?|common)\//.test(file))).toEqual([]);
  });

  it('a file has one idea: at most 520 lines, comments included', () => {
    expect(all.filter((file) => readFileSync(file, 'utf8').split('\n').length > 520)).toEqual([]);
  });
});
