import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { JournalEntry, JournalEvent } from '../../../src/model/journal.js';
import { CODECS } from '../../../src/media/codec/codec.js';
import { err, ok } from '../../../src/lib/result.js';
import { wavHeader } from '../../../src/media/codec/wav.js';
import { recordingRepairer, settleIncompleteRecordings } from '../../../src/runs/incomplete-recordings.js';

const begun = (id: string): JournalEvent => ({ type: 'recording.started', id, name: 'message', file: `${id}.wav` });

function journal(...events: readonly JournalEvent[]): JournalEntry[] {
  return events.map((event, i) => ({ ...event, seq: i + 1, at: i, ms: i }));
}

it('is whole, lost, or neither as long as nobody knows; one that was final before is left alone', async () => {
  const final: JournalEvent = { type: 'recording.lost', id: 'd' };
  const found = await settleIncompleteRecordings(journal(begun('a'), begun('b'), begun('c'), begun('d'), final), (file) =>
    Promise.resolve(file === 'a.wav' ? ok({ ms: 1000, bytes: 8058 }) : file === 'b.wav' ? err('no such file') : null),
  );
  expect(found).toEqual([
    { type: 'recording', id: 'a', name: 'message', file: 'a.wav', durationMs: 1000, bytes: 8058, format: 'wav' },
    { type: 'recording.lost', id: 'b' },
  ]);
});

it('names the leg that was recorded when it was not the caller’s', async () => {
  const [a, b] = [begun('a'), begun('b')].map((event) => ({ ...event, leg: 'leg-2' }) as JournalEvent);
  if (a === undefined || b === undefined) throw new Error('unreachable');
  const found = await settleIncompleteRecordings(journal(a, b), (file) =>
    Promise.resolve(file === 'a.wav' ? ok({ ms: 1000, bytes: 8058 }) : err('no such file')),
  );
  expect(found).toMatchObject([
    { type: 'recording', id: 'a', leg: 'leg-2' },
    { type: 'recording.lost', id: 'b', leg: 'leg-2' },
  ]);
});

it('repairs a file once, however often it is asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-torn-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'a.wav'),
    Buffer.concat([wavHeader({ codec: CODECS.PCMU, channels: 1, dataBytes: 0 }), Buffer.alloc(800)]),
  );
  const repair = recordingRepairer(folder);
  const [first, second] = [repair('a.wav'), repair('a.wav')];
  expect(second).toBe(first);
  expect(await first).toMatchObject({ ok: true, value: { ms: 100 } });
  expect(await repair('b.wav')).toMatchObject({ ok: false });
});

it('repairs one file at a time: a disk that hangs takes no more than one thread from the database', async () => {
  const begunOn: string[] = [];
  let goOn = (): void => undefined;
  const repair = recordingRepairer('/recordings', (file) => {
    begunOn.push(file);
    return new Promise((resolve) => {
      goOn = () => resolve(ok({ ms: 0, bytes: 58 }));
    });
  });
  const all = ['a.wav', 'b.wav'].map((file) => repair(file));
  await expect.poll(() => begunOn).toEqual(['/recordings/a.wav']);
  goOn();
  await expect.poll(() => begunOn).toEqual(['/recordings/a.wav', '/recordings/b.wav']);
  goOn();
  expect((await Promise.all(all)).map((one) => one.ok)).toEqual([true, true]);
});
