import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../../../../src/model/call-events.js';
import { Recordings } from '../../../../src/call/leg/recordings.js';
import type { MediaSession, RecordingEnd } from '../../../../src/media/types.js';
import { ok } from '../../../../src/lib/result.js';

/** Recordings over a session whose recordings end as told, in order. */
function recordings(ends: readonly RecordingEnd[]): {
  readonly made: Recordings;
  readonly events: CallEvent[];
  readonly late: number[];
  readonly problems: string[];
} {
  const [events, late, problems, left]: [CallEvent[], number[], string[], RecordingEnd[]] = [[], [], [], [...ends]];
  const session = {
    startRecording: () => {
      const end = Promise.resolve(left.shift() ?? { ms: 0, bytes: 58 });
      return Promise.resolve(ok({ stop: () => end, ended: end }));
    },
  } as unknown as MediaSession;
  let ids = 0;
  const made = new Recordings({
    session,
    uuid: () => `r${++ids}`,
    path: (file) => `/recordings/${file}`,
    onEvent: (event) => events.push(event),
    onProblem: (message) => problems.push(message),
    onLate: (ms) => late.push(ms),
  });
  return { made, events, late, problems };
}

const rules = { name: 'one', tracks: 'caller', maxMs: 0 } as const;

describe('the recordings of a call', () => {
  it('tell once that sound came too late, however many recordings miss it', async () => {
    const whole = { ms: 1000, bytes: 8058 };
    const { made, late, problems } = recordings([
      whole,
      { ...whole, lateMs: 0 },
      { ...whole, lateMs: 40 },
      { ...whole, lateMs: 60 },
    ]);
    for (let i = 0; i < 4; i++) await made.start(rules);
    await made.finishAll();
    expect(late).toEqual([40]);
    expect(problems).toEqual([]);
  });

  it('report what a failing disk left, and lose a file with nothing in it', async () => {
    const disk = 'The disk does not keep up with the recording.';
    const { made, events, problems } = recordings([
      { ms: 1, bytes: 66, error: disk },
      { ms: 0, bytes: 58, error: disk },
      { ms: 0, bytes: 58 },
    ]);
    for (let i = 0; i < 3; i++) await made.start(rules);
    await made.finishAll();
    expect(events.filter(({ type }) => type !== 'recording.started')).toMatchObject([
      { type: 'recording', id: 'r1', durationMs: 1 },
      { type: 'recording.lost', id: 'r2' },
      { type: 'recording', id: 'r3', durationMs: 0 },
    ]);
    expect(problems).toEqual([disk, disk]);
  });

  it('stop the newest of a name that runs, or tell the newest that has ended, but never that of the whole call', async () => {
    const { made } = recordings([
      { ms: 1, bytes: 66 },
      { ms: 2, bytes: 74 },
      { ms: 3, bytes: 82 },
    ]);
    await made.startWholeCall();
    expect(await made.stop(null)).toBeNull();
    await made.start(rules);
    await made.start({ ...rules, name: 'two' });
    expect(await made.stop('one')).toMatchObject({ ok: true, value: { id: 'r2' } });
    expect(await made.stop(null)).toMatchObject({ ok: true, value: { id: 'r3' } });
    expect(await made.stop('three')).toBeNull();
  });
});
