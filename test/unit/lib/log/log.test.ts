import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Runs a program that logs to `stderr`; `log` is a logger of that level. */
function run(level: string, program: string, stderr: number | 'pipe' = 'pipe') {
  const module = new URL('../../../../src/lib/log/log.ts', import.meta.url).href;
  const code = `import { createLogger } from ${JSON.stringify(module)};\nconst log = createLogger('${level}');\n${program}`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', code];
  return spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', stderr],
    maxBuffer: 64 * 1024 * 1024,
    timeout: 30_000,
  });
}

/** The lines a program logs to stderr. */
function logged(level: string, program: string): Record<string, unknown>[] {
  const { stderr } = run(level, program);
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a logger', () => {
  it('binds the fields of every child between it and the root, and says nothing below its level', () => {
    const lines = logged(
      'info',
      `const call = log.child({ call: 'c1' });
       const step = call.child({ widget: 'ask' });
       step.debug({}, 'unheard'); step.info({ n: 1 }, 'first'); step.warn({}, 'second'); call.error({}, 'third');`,
    );
    expect(lines.map(({ msg, call, widget, n }) => [msg, call, widget, n])).toEqual([
      ['first', 'c1', 'ask', 1],
      ['second', 'c1', 'ask', undefined],
      ['third', 'c1', undefined, undefined],
    ]);
  });

  it('keeps secrets and digits out of its lines, those of children too', () => {
    const program = `log.child({ call: 'c1' }).info({ digits: '4711', request: { headers: { authorization: 'Basic x' } } }, 'hidden');`;
    expect(logged('info', program)).toMatchObject([{ digits: '***', request: { headers: { authorization: '***' } } }]);
  });

  it('has every line written when the process ends right after the last one', () => {
    const lines = logged('info', `for (let n = 0; n < 20000; n += 1) log.info({ n }, 'line'); process.exit(0);`);
    expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
  });

  it('on a full disk disturbs nobody: the process goes on, and ends when it wants to', () => {
    const full = openSync('/dev/full', 'w');
    const program = `log.error({}, 'first');
      setTimeout(() => { for (let n = 0; n < 1000; n += 1) log.info({}, 'x'.repeat(50000)); }, 300);
      setTimeout(() => { console.log('alive'); process.exit(7); }, 600);`;
    const { status, signal, stdout } = run('info', program, full);
    closeSync(full);
    expect([status, signal, stdout]).toEqual([7, null, 'alive\n']);
  });
});
