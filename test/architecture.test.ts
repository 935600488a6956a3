import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/*
 * The house rules as a test: which room may import which, no cycles, no room called utils. Type-only imports count too, except
 * where the table says `types`.
 */

const src = fileURLToPath(new URL('../src', import.meta.url));

/**
 * Room → rooms it may import; `types:X` allows `import type` only, `ports:X` the same of its `ports.ts`. A folder that stands here
 * is a room of its own, and the longest path counts.
 */
const ALLOWED: Record<string, readonly string[]> = {
  lib: [],
  model: ['lib'],
  http: ['lib'],
  'sip/server': ['lib'],
  sip: ['lib', 'model', 'sip/server'],
  'media/codec': ['lib'],
  /** The contract; what keeps it is in the folders. */
  media: ['lib', 'model', 'media/codec'],
  'media/rtp': ['media/codec'],
  'media/sdp': ['lib', 'media', 'media/codec'],
  'media/worker': ['lib', 'model', 'media', 'media/codec', 'media/rtp', 'types:media/sdp'],
  'media/engine': ['lib', 'model', 'media', 'media/codec', 'media/rtp', 'media/sdp', 'media/worker'],
  /** The contract; what keeps it is in the folders. */
  speech: ['lib', 'model', 'media/codec'],
  'speech/files': ['lib', 'model', 'speech', 'media/codec'],
  'speech/voices': ['lib', 'model', 'speech', 'speech/files', 'media/codec'],
  'speech/library': ['lib', 'model', 'speech', 'speech/files', 'speech/voices', 'media/codec'],
  call: ['lib', 'model', 'sip', 'media', 'media/codec', 'speech'],
  flow: ['lib', 'model'],
  widgets: ['lib', 'model', 'flow'],
  webhooks: ['lib', 'model', 'http'],
  functions: ['lib', 'model', 'http', 'webhooks'],
  integrations: ['lib', 'model', 'http', 'webhooks', 'flow', 'call', 'types:speech'],
  site: [
    'lib',
    'model',
    'http',
    'media/codec',
    'speech',
    'speech/files',
    'speech/voices',
    'speech/library',
    'flow',
    'widgets',
    'webhooks',
    'functions',
  ],
  runs: ['lib', 'model', 'http', 'media/codec', 'call', 'flow', 'widgets', 'webhooks', 'functions', 'integrations', 'site'],
  /** What a store is; each database is a folder of its own. */
  store: ['lib', 'model', 'ports:api', 'ports:flow', 'ports:webhooks', 'ports:call', 'ports:functions', 'ports:integrations'],
  'store/sqlite': [
    'lib',
    'model',
    'store',
    'ports:flow',
    'ports:webhooks',
    'ports:call',
    'ports:functions',
    'ports:integrations',
  ],
  api: ['lib', 'model', 'types:flow', 'types:functions'],
  phone: ['lib', 'sip/server', 'media/codec', 'media/rtp', 'speech/files'],
  /** They join the rooms; nothing imports them but each other. */
  root: ['*'],
  app: ['*'],
  cli: ['*'],
};

/**
 * The same inside a room, for rooms of several ideas: sub-room → sub-rooms it may import. Files at the room's own root are `.`: as a key
 * they may import every sub-room, as a value they stand for the contracts of {@link CONTRACTS}.
 */
const SUB_ROOMS: Record<string, Record<string, readonly string[]>> = {
  'sip/server': {
    message: [],
    transport: ['.', 'message'],
    transaction: ['.', 'message', 'transport'],
    control: ['message'],
    dialog: ['message', 'control', 'transport', 'transaction'],
    ua: ['.', 'message', 'control', 'transport', 'transaction', 'dialog'],
  },
  webhooks: {
    secrets: ['.'],
    signing: ['.', 'secrets'],
    auth: ['.', 'secrets', 'signing'],
    request: ['.', 'secrets', 'signing', 'auth'],
    answer: [],
    deferred: [],
    attempts: ['.', 'secrets', 'request', 'answer'],
    report: ['.', 'configured'],
    events: ['.', 'report', 'configured'],
    deliveries: ['.', 'secrets', 'auth', 'request'],
    configured: ['.', 'secrets', 'auth'],
    curl: [],
  },
  flow: {
    variables: ['.', 'document'],
    expression: ['.', 'variables'],
    prompt: ['.', 'variables'],
    document: ['.', 'variables', 'expression'],
    journal: ['.', 'variables'],
    engine: ['.', 'variables', 'expression', 'prompt', 'document', 'journal'],
  },
};

/**
 * Contracts at a folder's root, which its subfolders may import though others of the root import the subfolders: what the parts of a room
 * agree on. A contract imports no subfolder of its folder.
 */
const CONTRACTS: readonly string[] = [
  'api/ports.ts',
  'call/termination.ts',
  'flow/fault.ts',
  'flow/namespace.ts',
  'flow/ports.ts',
  'flow/prompt.ts',
  'flow/widget.ts',
  'sip/server/options.ts',
  'sip/server/refusals.ts',
  'webhooks/ports.ts',
];

/** Names that two files may give to a type, and why. Everything else that has one name is one thing, declared once. */
const TWINS: Readonly<Record<string, string>> = {
  Call: 'a call that is answered, and a call of the test phone: neither knows the other',
  Dialog: 'the dialog of RFC 3261 §12 in the signalling server, and in the test phone that speaks to it',
};

const DECLARED_TYPE = /^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm;

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

const ROOMS = Object.keys(ALLOWED).sort((one, other) => other.length - one.length);

function roomOf(path: string): string {
  if (!path.includes('/')) return 'root';
  return ROOMS.find((room) => path.startsWith(`${room}/`)) ?? path;
}

const all = files(src);
const imports = all.flatMap(importsOf);

describe('architecture', () => {
  it('every import points the way the table allows', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const [a, b] = [roomOf(from), roomOf(to)];
      const allowed = ALLOWED[a] ?? [];
      const types = typeOnly && (allowed.includes(`types:${b}`) || (allowed.includes(`ports:${b}`) && to.endsWith('/ports.ts')));
      return a !== b && !allowed.includes('*') && !allowed.includes(b) && !types;
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

  it('every import between the sub-rooms of a room points the way the table allows', () => {
    const wrong = imports.filter(({ from, to }) => {
      const room = Object.keys(SUB_ROOMS).find((name) => from.startsWith(`${name}/`) && to.startsWith(`${name}/`));
      if (room === undefined) return false;
      const [a, b] = [from, to].map((path) =>
        path.slice(room.length + 1).includes('/') ? path.slice(room.length + 1).split('/')[0] : '.',
      );
      if (a === undefined || b === undefined || a === b || a === '.') return false;
      return SUB_ROOMS[room]?.[a]?.includes(b) !== true || (b === '.' && !CONTRACTS.includes(to));
    });
    expect(wrong).toEqual([]);
  });

  it('no two folders import each other', () => {
    const pairs = new Map<string, string[]>();
    for (const { from, to } of imports) {
      const [a, b] = [dirname(from), dirname(to)];
      if (a === b || CONTRACTS.includes(to)) continue;
      pairs.set(`${a} → ${b}`, [...(pairs.get(`${a} → ${b}`) ?? []), `${from} → ${to}`]);
    }
    const mutual = [...pairs].filter(([pair]) => pairs.has(pair.split(' → ').reverse().join(' → ')));
    expect(mutual).toEqual([]);
  });

  it('a contract is there, is needed, and imports no subfolder of its folder', () => {
    expect(
      CONTRACTS.filter((file) => !imports.some(({ from, to }) => to === file && from.startsWith(`${dirname(file)}/`))),
    ).toEqual([]);
    expect(imports.filter(({ from, to }) => CONTRACTS.includes(from) && dirname(to).startsWith(`${dirname(from)}/`))).toEqual([]);
  });

  it('no two files export a type of one name', () => {
    const declared = new Map<string, string[]>();
    for (const file of all)
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(DECLARED_TYPE))
        declared.set(name, [...(declared.get(name) ?? []), relative(src, file)]);
    const twins = [...declared].filter(([, where]) => where.length > 1);
    expect(twins.filter(([name]) => !(name in TWINS))).toEqual([]);
    expect(twins.map(([name]) => name).sort()).toEqual(Object.keys(TWINS).sort());
  });

  it('widgets never import each other', () => {
    const widgets = new Set(
      all
        .map((file) => relative(src, file))
        .filter((file) => file.startsWith('widgets/') && readFileSync(join(src, file), 'utf8').includes('defineWidget(')),
    );
    expect(imports.filter(({ from, to }) => widgets.has(from) && widgets.has(to))).toEqual([]);
  });

  it('a folder has at most 25 files', () => {
    const counts = new Map<string, number>();
    for (const file of all) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 25)).toEqual([]);
  });

  it('has no folder named utils, helpers or common', () => {
    expect(all.filter((file) => /\/(utils?|helpers?|common)\//.test(file))).toEqual([]);
  });

  it('a file has one idea: at most 400 lines, comments included', () => {
    expect(all.filter((file) => readFileSync(file, 'utf8').split('\n').length > 401)).toEqual([]);
  });
});
