import { describe, expect, it } from 'vitest';
import { LogOutput } from '../../../../src/lib/log/log-output.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

type Answer = number | 'EAGAIN' | 'ENOSPC' | 'EIO' | 'EPIPE' | 'EBADF';

/** An output onto something that answers each write as told, and takes everything after that. */
function output(answers: Answer[] = []) {
  const clock = new VirtualClock();
  const written: Buffer[] = [];
  let attempts = 0;
  const out = new LogOutput(
    (bytes, done) => {
      attempts += 1;
      const answer = answers.shift() ?? bytes.length;
      queueMicrotask(() => {
        if (typeof answer === 'number') {
          written.push(Buffer.from(bytes.subarray(0, answer)));
          done(null, Math.min(answer, bytes.length));
        } else done(Object.assign(new Error(answer), { code: answer }), 0);
      });
    },
    clock,
    (lost) => `lost ${lost}\n`,
  );
  return { out, clock, text: () => Buffer.concat(written).toString(), attempts: () => attempts };
}

describe('the output of a log', () => {
  it('writes lines in order, those of one moment together', async () => {
    const { out, clock, text, attempts } = output();
    for (const line of ['a\n', 'b\n', 'c\n']) out.write(line);
    await clock.advance(0);
    expect(text()).toBe('a\nb\nc\n');
    expect(attempts()).toBe(1);
  });

  it('goes on where a write ended in the middle of a character', async () => {
    const { out, clock, text } = output([1, 1, 2]);
    out.write('ä€\n');
    await clock.advance(0);
    expect(text()).toBe('ä€\n');
  });

  it.each(['EAGAIN', 'ENOSPC', 'EIO'] as const)(
    'waits while it gets %s, and loses nothing of what there is room for',
    async (code) => {
      const { out, clock, text } = output([code, code, 2, code]);
      out.write('one\n');
      out.write('two\n');
      await clock.advance(50);
      expect(text()).toBe('');
      await clock.advance(1000);
      expect(text()).toBe('one\ntwo\n');
    },
  );

  it('keeps 8 MB at most, and then says how many lines were lost', async () => {
    const { out, clock, text } = output(Array.from({ length: 5 }, () => 'ENOSPC' as const));
    const line = `${'x'.repeat(1023)}\n`;
    for (let n = 0; n < 9000; n += 1) out.write(line);
    await clock.advance(1000);
    expect(text()).toBe(`${line.repeat(8192)}lost 808\n`);
    out.write('after\n');
    await clock.advance(0);
    expect(text().endsWith('lost 808\nafter\n')).toBe(true);
  });

  it.each(['EPIPE', 'EBADF'] as const)('writes no more after %s: nobody will read it', async (code) => {
    const { out, clock, text, attempts } = output([code]);
    out.write('one\n');
    out.write('two\n');
    await clock.advance(1000);
    out.write('three\n');
    await clock.advance(1000);
    expect([text(), attempts(), out.takeRest().toString()]).toEqual(['', 1, '']);
  });

  it('gives what waits to whoever ends the process, and not what is being written', async () => {
    const failing = output(['ENOSPC']);
    failing.out.write('one\n');
    await failing.clock.advance(0);
    failing.out.write('two\n');
    expect(failing.out.takeRest().toString()).toBe('one\ntwo\n');
    const writing = output();
    writing.out.write('one\n');
    await Promise.resolve();
    writing.out.write('two\n');
    expect(writing.out.takeRest().toString()).toBe('two\n');
  });
});
