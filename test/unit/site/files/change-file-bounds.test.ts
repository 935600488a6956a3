import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeFile } from '../../../../src/site/files/change-file.js';
import { ok } from '../../../../src/lib/result.js';
import { temporaryFolder } from '../../../support/stores.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

let temporary: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  temporary = temporaryFolder();
  file = join(temporary.folder, 'list.json');
});
afterEach(() => temporary.remove());

const append = (text: string | null) => ok({ text: `${text ?? ''}mine`, value: null });
const BUSY = { ok: false, error: { trouble: { kind: 'busy' } } };

describe('an editor that writes at the same moment', () => {
  it.each([
    [0, true],
    [4, true],
    [5, false],
    [6, false],
  ])('%i times: the change is made: %s', async (times, made) => {
    let turns = 0;
    const change = (text: string | null) => {
      turns += 1;
      if (turns <= times) writeFileSync(file, `theirs ${turns} `);
      return append(text);
    };
    const changed = await changeFile(file, change, new VirtualClock());
    if (made) expect(readFileSync(file, 'utf8')).toBe(times === 0 ? 'mine' : `theirs ${times} mine`);
    else expect(changed).toMatchObject(BUSY);
    expect(changed.ok).toBe(made);
    expect(turns).toBe(Math.min(times + 1, 5));
  });
});

describe('the mark of another writer', () => {
  it.each([
    [2980, true],
    [3000, true],
    [3040, false],
  ])('that goes after %i ms is waited for: %s', async (ms, made) => {
    const clock = new VirtualClock(Date.now());
    writeFileSync(`${file}.lock`, '');
    clock.after(ms, () => rmSync(`${file}.lock`, { force: true }));
    const changed = await clock.runUntil(changeFile(file, append, clock));
    if (made) expect(changed.ok).toBe(true);
    else expect(changed).toMatchObject(BUSY);
  });

  it.each([
    [6999, false],
    [7100, true],
    [9999, true],
    [10_001, true],
  ])('that is %i ms old was left by one that died: %s', async (ageMs, made) => {
    const at = 1_700_000_000;
    const clock = new VirtualClock(at * 1000 + ageMs);
    writeFileSync(`${file}.lock`, '');
    utimesSync(`${file}.lock`, at, at);
    const changed = await clock.runUntil(changeFile(file, append, clock));
    expect(changed.ok).toBe(made);
    expect(existsSync(file)).toBe(made);
  });
});
