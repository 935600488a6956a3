import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Flow } from '../../../../src/flow/document/document.js';
import { calledServices, checkRouting, loadFlows, type FlowCheck } from '../../../../src/site/flows/flows.js';
import { watchFlows, type FlowChange, type FlowWatch } from '../../../../src/site/flows/watch.js';
import { systemClock } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { temporaryFolder } from '../../../support/stores.js';

/** Takes `{ id, v }`; `bad` refuses. */
const check: FlowCheck = (document, file) => {
  const { id, v, bad, warn } = document as { id: string; v?: number; bad?: true; warn?: true };
  const found = { code: 'FLOW_CONFLICT', file, path: '$', message: 'no', advice: 'yes' } as const;
  if (bad) return { flow: null, problems: [{ ...found, severity: 'error' }] };
  const flow = { id, name: id, version: `v${v ?? 0}` } as unknown as Flow;
  return { flow, problems: warn ? [{ ...found, severity: 'warning' }] : [] };
};

let temporary: ReturnType<typeof temporaryFolder>;
let dir: string;
let watch: FlowWatch | null = null;
const write = (name: string, content: unknown): void =>
  writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));

beforeEach(() => {
  temporary = temporaryFolder();
  dir = join(temporary.folder, 'flows');
  mkdirSync(dir);
});
afterEach(() => {
  watch?.close();
  watch = null;
  temporary.remove();
});

describe('flow files', () => {
  it('a name that is there twice is refused: only the last would count', () => {
    const text =
      '{\n "id": "a", "list": [1, {"x": 1, "x": 2}],\n "widgets": {\n  "bye": {"a}": "\\"bye\\":"},\n  "by\\u0065": 1 } }';
    write('a.json', text);
    const { flows, problems } = loadFlows(dir, check);
    expect([...flows]).toEqual([]);
    expect(problems.map(({ code, path, message }) => `${code} ${path} ${/line \d+/.exec(message)?.[0] ?? ''}`)).toEqual([
      'FLOW_DUPLICATE_FIELD $.list[1].x line 2',
      'FLOW_DUPLICATE_FIELD $.widgets.bye line 5',
    ]);
  });

  it('a number with more digits than are kept is told, and the flow runs', () => {
    write(
      'a.json',
      '{"id": "a", "list": [9007199254740991, 9007199254740993, 12.50, {"x y": 7615917337495251231}], "t": "9007199254740993"}',
    );
    const { flows, problems } = loadFlows(dir, check);
    expect([...flows.keys()]).toEqual(['a']);
    expect(problems.map(({ code, path, severity }) => `${code} ${path} ${severity}`)).toEqual([
      'FLOW_NUMBER_DIGITS $.list[1] warning',
      "FLOW_NUMBER_DIGITS $.list[3]['x y'] warning",
    ]);
  });

  it('are read by id, with all problems of all files', () => {
    write('a.json', { id: 'a' });
    write('b.json', { id: 'b', bad: true });
    write('c.json', '{ "id": "c",\n  oops }');
    write('d.json', { id: 'd', warn: true });
    write('e.json', { id: 'a', v: 2 });
    write('f.json', '['.repeat(100_000));
    write('g.json', `{"id":"${'x'.repeat(3_000_000)}"}`);
    write('notes.txt', 'no flow');
    write('.hidden.json', '{');
    mkdirSync(join(dir, 'folder.json'));
    const loaded = loadFlows(dir, check);
    expect([...loaded.flows.keys()]).toEqual(['a', 'd']);
    expect(loaded.flows.get('a')?.version).toBe('v0');
    expect(loaded.problems.map(({ code, file, severity }) => [code, file, severity])).toEqual([
      ['FLOW_CONFLICT', 'flows/b.json', 'error'],
      ['FLOW_UNREADABLE', 'flows/c.json', 'error'],
      ['FLOW_CONFLICT', 'flows/d.json', 'warning'],
      ['FLOW_DUPLICATE_ID', 'flows/e.json', 'error'],
      ['FLOW_UNREADABLE', 'flows/f.json', 'error'],
      ['FLOW_UNREADABLE', 'flows/g.json', 'error'],
    ]);
    expect(loaded.problems[1]?.message).toContain('line 2, column 3');
  });

  it('are none where there is no folder', () => {
    expect(loadFlows(join(dir, 'nowhere'), check)).toEqual({ flows: new Map(), broken: new Map(), problems: [] });
  });

  it('are missed by routes to flows that do not exist', () => {
    const routing = { numbers: [{ flow: 'a' }, { flow: 'x' }], default: 'y' };
    const broken = new Map();
    expect(checkRouting(routing, { flows: new Map([['a', 1]]), broken }).map(({ code, path }) => [code, path])).toEqual([
      ['ROUTE_UNKNOWN_FLOW', '$.routing.numbers[1].flow'],
      ['ROUTE_UNKNOWN_FLOW', '$.routing.default'],
    ]);
    expect(checkRouting({ numbers: [], default: null }, { flows: new Map(), broken })).toEqual([]);
  });
});

describe('services that flow files call', () => {
  it('are found in a file that is not fit to run, and a type that is no text names none', () => {
    write('a.json', {
      id: 'a',
      widgets: {
        odd: { type: { toString: 1 }, service: 'none' },
        list: { type: ['function'], service: 'none' },
        nothing: null,
        call: { type: 'function', service: 'crm' },
      },
    });
    expect(calledServices(dir)).toEqual(new Map([['crm', ['a']]]));
  });
});

describe.each([
  ['by notice', { pollMs: 60_000 }],
  ['by polling', { pollMs: 20 }],
])('watching flow files %s', (_, how) => {
  function follow(): FlowChange[] {
    const changes: FlowChange[] = [];
    const { flows } = loadFlows(dir, check);
    watch = watchFlows(dir, {
      ...how,
      flows,
      check,
      clock: systemClock,
      log: silentLogger,
      quietMs: 20,
      onChange: (change) => changes.push(change),
    });
    return changes;
  }

  it('replaces a changed flow, adds a new one, takes a removed one away', async () => {
    write('a.json', { id: 'a' });
    const changes = follow();
    expect(changes).toEqual([]);
    write('a.json', { id: 'a', v: 1 });
    await expect.poll(() => changes.at(-1)?.flows.get('a')?.version).toBe('v1');
    expect(changes.at(-1)).toMatchObject({ changed: ['a'], removed: [], problems: [] });
    write('.b.tmp', JSON.stringify({ id: 'b' }));
    renameSync(join(dir, '.b.tmp'), join(dir, 'b.json'));
    await expect.poll(() => changes.at(-1)?.changed).toEqual(['b']);
    rmSync(join(dir, 'a.json'));
    await expect.poll(() => changes.at(-1)?.removed).toEqual(['a']);
    expect([...(changes.at(-1)?.flows.keys() ?? [])]).toEqual(['b']);
  });

  it('refuses a bad file, says why, and keeps the flow as it was', async () => {
    write('a.json', { id: 'a', v: 1 });
    const changes = follow();
    write('a.json', '{ half');
    await expect.poll(() => changes.at(-1)?.problems.map(({ code }) => code)).toEqual(['FLOW_UNREADABLE']);
    write('a.json', { id: 'a', bad: true });
    await expect.poll(() => changes.at(-1)?.problems.map(({ code }) => code)).toEqual(['FLOW_CONFLICT']);
    expect(changes.at(-1)).toMatchObject({ changed: [], removed: [] });
    expect(changes.at(-1)?.flows.get('a')?.version).toBe('v1');
    write('a.json', { id: 'a', v: 2 });
    await expect.poll(() => changes.at(-1)?.flows.get('a')?.version).toBe('v2');
  });

  it('names the files that are not fit to run, whether or not calls still have a version of theirs', async () => {
    write('a.json', { id: 'a', v: 1 });
    const changes = follow();
    write('a.json', { id: 'a', bad: true });
    write('new.json', '{ "id": "b", ');
    await expect.poll(() => [...(changes.at(-1)?.broken.keys() ?? [])]).toEqual(['a', 'b']);
    expect([...(changes.at(-1)?.flows.keys() ?? [])]).toEqual(['a']);
    expect(changes.at(-1)?.broken.get('b')).toMatchObject({ file: 'flows/new.json', problem: { code: 'FLOW_UNREADABLE' } });
    write('new.json', { id: 'b' });
    await expect.poll(() => changes.at(-1)?.flows.has('b')).toBe(true);
    expect([...(changes.at(-1)?.broken.keys() ?? [])]).toEqual(['a']);
  });

  it('names a broken file no more once it is gone, or is again what it was before', async () => {
    write('a.json', { id: 'a', v: 1 });
    const changes = follow();
    write('a.json', { id: 'a', bad: true });
    write('b.json', '{ "id": "b", ');
    await expect.poll(() => [...(changes.at(-1)?.broken.keys() ?? [])]).toEqual(['a', 'b']);
    write('a.json', { id: 'a', v: 1 });
    await expect.poll(() => [...(changes.at(-1)?.broken.keys() ?? [])]).toEqual(['b']);
    rmSync(join(dir, 'b.json'));
    await expect.poll(() => [...(changes.at(-1)?.broken.keys() ?? [])]).toEqual([]);
    expect(changes.at(-1)).toMatchObject({ changed: [], removed: [], problems: [] });
  });

  it('does not let a copy of a flow replace it', async () => {
    write('a.json', { id: 'a', v: 1 });
    const changes = follow();
    write('copy.json', { id: 'a', v: 7 });
    await expect.poll(() => changes.at(-1)?.problems.map(({ code }) => code)).toEqual(['FLOW_DUPLICATE_ID']);
    expect(changes.at(-1)?.flows.get('a')?.version).toBe('v1');
  });
});

it('tells at once what changed between loading and watching', () => {
  write('a.json', { id: 'a' });
  const { flows } = loadFlows(dir, check);
  write('a.json', { id: 'a', v: 1 });
  const changes: FlowChange[] = [];
  const onChange = (change: FlowChange): void => void changes.push(change);
  watch = watchFlows(dir, { flows, check, clock: systemClock, log: silentLogger, onChange });
  expect(changes.map(({ changed }) => changed)).toEqual([['a']]);
});

it('judges a refused file again when asked to, and no other', () => {
  write('a.json', { id: 'a', bad: true });
  write('b.json', { id: 'b' });
  const judged: string[] = [];
  let taken = false;
  const judge: FlowCheck = (document, file) => {
    judged.push(file);
    return check(taken ? { ...(document as object), bad: undefined } : document, file);
  };
  const { flows } = loadFlows(dir, check);
  const changes: FlowChange[] = [];
  const onChange = (change: FlowChange): void => void changes.push(change);
  watch = watchFlows(dir, { flows, check: judge, log: silentLogger, onChange });
  taken = true;
  watch.look();
  expect(judged).toEqual(['flows/a.json', 'flows/b.json']);
  watch.look('refused');
  expect(judged.slice(2)).toEqual(['flows/a.json']);
  expect(changes.map(({ changed, mended }) => ({ changed, mended }))).toEqual([{ changed: ['a'], mended: ['a'] }]);
  watch.look('refused');
  expect(judged).toHaveLength(3);
});

it('a folder that cannot be read is a warning that names it, and the next look finds what changed', () => {
  write('a.json', { id: 'a' });
  const { flows } = loadFlows(dir, check);
  const warnings: object[] = [];
  const log = { ...silentLogger, warn: (fields: object): void => void warnings.push(fields) };
  let gone = false;
  const judge: FlowCheck = (document, file) => {
    if (gone) throw new Error('gone while it was read');
    return check(document, file);
  };
  watch = watchFlows(dir, { flows, check: judge, log, onChange: () => undefined, pollMs: 60_000, quietMs: 60_000 });
  gone = true;
  write('a.json', { id: 'a', v: 10 });
  watch.look();
  expect(warnings).toEqual([{ code: 'CONFIG_UNREADABLE', dir, error: 'Error: gone while it was read' }]);
  gone = false;
  watch.look();
  expect(watch.now().flows.get('a')?.version).toBe('v10');
});
