import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../../src/lib/log/log.js';
import { followFlows, type LiveFlows } from '../../../../src/site/flows/follow.js';
import { readSite } from '../../../../src/site/site.js';
import { FakePrompts } from '../../../support/fake-prompts.js';
import { temporaryFolder } from '../../../support/stores.js';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

let temporary: ReturnType<typeof temporaryFolder>;
let live: LiveFlows | null = null;
const lines: Line[] = [];

beforeEach(() => {
  temporary = temporaryFolder();
  lines.length = 0;
  mkdirSync(join(temporary.folder, 'flows'));
  writeFileSync(join(temporary.folder, 'offhook.json'), '{}');
  write('bye', 'Bye');
});
afterEach(() => {
  live?.close();
  temporary.remove();
});

function write(id: string, name: string, start = 'bye'): void {
  const flow = { id, name, start, widgets: { bye: { type: 'hangup' } } };
  writeFileSync(join(temporary.folder, 'flows', `${id}.json`), JSON.stringify(flow));
}

function follow(): LiveFlows {
  const { site, problems } = readSite({ dir: temporary.folder, env: {} });
  if (site === null) throw new Error(JSON.stringify(problems));
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields: { ...fields } });
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  live = followFlows(site, site.check, new FakePrompts(), log);
  return live;
}

const told = (message: string): readonly Line[] => lines.filter((line) => line.message === message);

describe('a flow file that breaks while calls run', () => {
  it('has an error line that names code, file, and the version that calls keep', () => {
    const flows = follow();
    const version = flows.all().get('bye')?.version;
    write('bye', 'Bye', 'nowhere');
    flows.look();
    const kept = told('flow file; calls keep the version before');
    // The widget that nothing leads to any more is a warning.
    expect(kept.map(({ level }) => level).sort()).toEqual(['error', 'warn']);
    const line = kept.find(({ level }) => level === 'error');
    expect(line?.fields).toMatchObject({ flow: 'bye', version });
    expect(line?.fields['problem']).toMatchObject({ file: 'flows/bye.json', path: '$.start' });
    expect(line?.fields['code']).toBe((line?.fields['problem'] as { code: string }).code);
    expect(flows.broken().get('bye')).toMatchObject({ file: 'flows/bye.json' });
  });

  it('that never was fit has a line without a version', () => {
    const flows = follow();
    write('other', 'Other', 'nowhere');
    flows.look();
    expect(told('flow file; calls keep the version before')).toEqual([]);
    const errors = told('flow file').filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.fields['problem']).toMatchObject({ file: 'flows/other.json' });
  });

  it('and is mended is told to be', () => {
    const flows = follow();
    write('bye', 'Bye', 'nowhere');
    flows.look();
    write('bye', 'Goodbye');
    flows.look();
    expect(told('these flows have no broken file any more')).toMatchObject([{ level: 'info', fields: { flows: ['bye'] } }]);
    expect(told('flows changed; running calls keep theirs')).toMatchObject([{ fields: { changed: ['bye'], removed: [] } }]);
  });
});
