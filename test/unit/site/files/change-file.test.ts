import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeFile } from '../../../../src/site/files/change-file.js';
import { editJson } from '../../../../src/site/files/edit-json.js';
import { systemClock } from '../../../../src/lib/clock.js';
import { err, ok } from '../../../../src/lib/result.js';
import { temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  temporary = temporaryFolder();
  file = join(temporary.folder, 'list.json');
});
afterEach(() => temporary.remove());

const append = (line: string) => (text: string | null) => ok({ text: `${text ?? ''}${line}\n`, value: line });

describe('changing a file', () => {
  it('makes it for this user alone, and keeps the permissions it has', async () => {
    await changeFile(file, append('a'), systemClock);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o640);
    await changeFile(file, append('b'), systemClock);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['a\nb\n', 0o640]);
  });

  it('loses nothing when many write at once, and leaves nothing beside it', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    await Promise.all(lines.map((line) => changeFile(file, append(line), systemClock)));
    expect(readFileSync(file, 'utf8').trim().split('\n').sort()).toEqual([...lines].sort());
    expect(readdirSync(temporary.folder)).toEqual(['list.json']);
  });

  it('starts again when an editor wrote in between', async () => {
    writeFileSync(file, 'mine\n');
    const seen: (string | null)[] = [];
    const changed = await changeFile(
      file,
      (text) => {
        seen.push(text);
        if (seen.length === 1) writeFileSync(file, 'theirs\n');
        return ok({ text: `${text ?? ''}more\n`, value: null });
      },
      systemClock,
    );
    expect(changed.ok).toBe(true);
    expect(seen).toEqual(['mine\n', 'theirs\n']);
    expect(readFileSync(file, 'utf8')).toBe('theirs\nmore\n');
  });

  it('writes nothing when the change is refused', async () => {
    expect(await changeFile(file, () => err('no'), systemClock)).toEqual({ ok: false, error: { refused: 'no' } });
    expect(readdirSync(temporary.folder)).toEqual([]);
  });

  it('keeps a link a link, and a byte order mark where it is', async () => {
    writeFileSync(join(temporary.folder, 'real.json'), '\uFEFFa\n');
    symlinkSync(join(temporary.folder, 'real.json'), file);
    await changeFile(file, append('b'), systemClock);
    expect(readFileSync(join(temporary.folder, 'real.json'), 'utf8')).toBe('\uFEFFa\nb\n');
  });

  it('takes away the mark of a writer that died', async () => {
    writeFileSync(`${file}.lock`, '');
    const old = Date.now() / 1000 - 60;
    utimesSync(`${file}.lock`, old, old);
    expect((await changeFile(file, append('a'), systemClock)).ok).toBe(true);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('says so when the system refuses', async () => {
    mkdirSync(file);
    expect(await changeFile(file, append('a'), systemClock)).toMatchObject({ error: { trouble: { kind: 'unwritable' } } });
    const nowhere = await changeFile(join(temporary.folder, 'none', 'x.json'), append('a'), systemClock);
    expect(nowhere).toMatchObject({ error: { trouble: { kind: 'unwritable' } } });
  });
});

describe('editing JSON text', () => {
  it('leaves everything else as it was written', () => {
    const text = '{\n\t"id": "a",\r\n\t"list": [1,   2],\r\n\t"webhook":  false\r\n}\r\n';
    expect(editJson(text, [{ path: ['webhook'], value: true }])).toBe(text.replace('false', 'true'));
    const short = '{\n  "id": "a",\n  "start": {  }\n}';
    const put = { path: ['webhook'], value: true, behind: 'id' };
    expect(editJson(short, [put])).toBe('{\n  "id": "a",\n  "webhook": true,\n  "start": {  }\n}');
    expect(JSON.parse(editJson('{}', [put]))).toEqual({ webhook: true });
  });
});
