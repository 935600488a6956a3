import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { err, ok } from '../../../../src/lib/result.js';
import { refusal } from '../../../../src/model/refusal.js';
import { editFile, type EditedFile } from '../../../../src/site/files/edit-file.js';
import { temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
let changes = 0;
beforeEach(() => {
  temporary = temporaryFolder();
  changes = 0;
});
afterEach(() => temporary.remove());

function edited(name: string): EditedFile {
  return { path: join(temporary.folder, name), name, clock: systemClock, changed: () => changes++ };
}

it('a change that is judged good is written, and told once', async () => {
  writeFileSync(join(temporary.folder, 'a.json'), '{ "x": 1,  "y": 2 }');
  const done = await editFile(edited('a.json'), (text) =>
    ok({ start: text ?? '{}', edits: [{ path: ['y'], value: 3 }], judge: (after) => ok(after) }),
  );
  expect(done).toEqual({ ok: true, value: '{ "x": 1,  "y": 3 }' });
  expect(readFileSync(join(temporary.folder, 'a.json'), 'utf8')).toBe('{ "x": 1,  "y": 3 }');
  expect(changes).toBe(1);
});

it('a change that is refused leaves the file as it was', async () => {
  writeFileSync(join(temporary.folder, 'a.json'), '{"x":1}');
  const why = refusal('WEBHOOK_INVALID', 'No.');
  const refused = await editFile(edited('a.json'), (text) =>
    ok({ start: text ?? '{}', edits: [{ path: ['x'], value: 3 }], judge: () => err(why) }),
  );
  expect(refused).toEqual({ ok: false, error: why });
  expect(readFileSync(join(temporary.folder, 'a.json'), 'utf8')).toBe('{"x":1}');
  expect(changes).toBe(0);
});

it('a file that the system does not let us write is a refusal that names it', async () => {
  mkdirSync(join(temporary.folder, 'a.json'));
  const refused = await editFile(edited('a.json'), () => ok({ start: '{}', edits: [], judge: () => ok(null) }));
  expect(refused).toMatchObject({ ok: false, error: { code: 'WEBHOOK_FILE_UNWRITABLE' } });
  expect(refused.ok ? '' : refused.error.message).toMatch(/^a\.json: .*EISDIR/);
  expect(changes).toBe(0);
});
