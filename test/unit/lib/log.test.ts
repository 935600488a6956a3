import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** The lines a program logs to stderr. `log` is a logger of that level. */
function logged(level: string, program: string): Record<string, unknown>[] {
  const module = new URL('../../../src/lib/log.ts', import.meta.url).href;
  const code = `import { createLogger } from ${JSON.stringify(module)};\nconst log = createLogger('${level}');\n${program}`;
  const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { encoding: 'utf8' });
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
});
