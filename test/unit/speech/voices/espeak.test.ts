import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEspeak, type Espeak } from '../../../../src/speech/voices/espeak.js';

const tone = fileURLToPath(new URL('../../../wire/audio/tone-s16-44k1.wav', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'espeak-test-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** A program with espeak-ng's manners; `speak` is the shell line that stands for speaking. */
async function fake(speak: string, timeLimitMs?: number): Promise<Espeak | null> {
  const command = join(dir, 'espeak-ng');
  writeFileSync(
    command,
    `#!/bin/sh
case "$1" in
--version) echo "eSpeak NG text-to-speech: 9.87.6  Data at: /x" ;;
--voices) cat <<'END'
Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  de              --/M      German             gmw/de
 5  cmn             --/M      Chinese_(Mandarin) sit/cmn              (zh-cmn 5)(zh 5)
 2  en-gb           --/M      English_(GB)       gmw/en               (en 2)
 5  pt-br           --/M      Portuguese_(BR)    roa/pt-BR
END
;;
*) printf '%s\\n' "$@" > ${dir}/arguments; ${speak} ;;
esac
`,
  );
  chmodSync(command, 0o755);
  return await findEspeak(timeLimitMs === undefined ? { command } : { command, timeLimitMs });
}

const request = { text: 'Guten Tag; rm -rf /', language: 'de-AT', voice: null };

describe('espeak', () => {
  it('is not there when it is not installed', async () => {
    expect(await findEspeak({ command: join(dir, 'missing') })).toBeNull();
  });

  it('knows its version and languages', async () => {
    const espeak = await fake('true');
    expect(espeak?.version).toBe('9.87.6');
    expect(['de', 'de-AT', 'DE-de', 'zh', 'zh-CN', 'en-US', 'pt', 'pt-PT'].map((tag) => espeak?.speaks(tag))).toEqual(
      Array(8).fill(true),
    );
    expect(['fr', 'd', ''].map((tag) => espeak?.speaks(tag))).toEqual([false, false, false]);
  });

  it('gets the text by stdin, never on the command line', async () => {
    const espeak = await fake(`cat > ${dir}/text; cat ${tone}`);
    const rendered = await espeak?.render(request);
    expect(rendered?.ok && rendered.value.sampleRate).toBe(44_100);
    expect(readFileSync(join(dir, 'text'), 'utf8')).toBe(request.text);
    expect(readFileSync(join(dir, 'arguments'), 'utf8').trim().split('\n')).toEqual([
      '-v',
      'de',
      '-b',
      '1',
      '--stdin',
      '--stdout',
    ]);
  });

  it.each([
    ['fails', 'exit 3'],
    ['says nothing', 'true'],
    ['writes something else', 'echo hello'],
    ['closes its ears', 'exec <&-; exit 1'],
    ['never ends', 'exec sleep 60'],
    ['leaves somebody behind', 'sleep 5 & sleep 5'],
    ['writes without end', 'exec yes'],
  ])('is an error when the program %s', async (_, speak) => {
    const espeak = await fake(speak, 500);
    expect(await espeak?.render({ ...request, text: 'x'.repeat(200_000) })).toMatchObject({
      ok: false,
      error: { code: 'SPEECH_FAILED' },
    });
  });

  it('a voice that could be an option or a path is refused', async () => {
    const espeak = await fake(`cat ${tone}`);
    for (const voice of ['--path=/etc', '../x', '/etc/passwd', 'a b', '']) {
      expect(await espeak?.render({ ...request, voice })).toMatchObject({ ok: false, error: { code: 'SPEECH_FAILED' } });
    }
    expect((await espeak?.render({ ...request, voice: 'de+f3' }))?.ok).toBe(true);
  });

  it('the real one, where installed, speaks German', async (context) => {
    const espeak = await findEspeak({ command: 'espeak-ng' });
    if (espeak === null) return context.skip();
    const [short, long] = await Promise.all([
      espeak.render({ ...request, text: 'Hallo.' }),
      espeak.render({ ...request, text: 'Guten Tag. Drücken Sie die Eins für Bestellungen, die Zwei für alles andere.' }),
    ]);
    if (!short.ok || !long.ok) throw new Error('espeak-ng failed');
    expect(short.value.samples.length).toBeGreaterThan(3000);
    expect(long.value.samples.length).toBeGreaterThan(short.value.samples.length * 3);
  });
});
