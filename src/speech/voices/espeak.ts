import { spawn } from 'node:child_process';
import { err, ok, type Result } from '../../lib/result.js';
import { decodeAudio, MAX_PROMPT_MS } from '../files/decode.js';
import type { Pcm, PromptError, SpeechProvider, SpeechRequest } from '../types.js';

/** A run that takes longer is ended, ms, unless told otherwise. espeak-ng needs about 10 ms for a second of speech. */
const TIME_LIMIT_MS = 20_000;
/** Output above this is cut off: the longest prompt at 22.05 kHz, 16 bit. */
const MAX_OUTPUT_BYTES = (MAX_PROMPT_MS / 1000) * 44_100 + 4096;
/** What may stand behind `-v`: a language, perhaps a variant such as `+f3`. */
const VOICE = /^[a-z0-9][a-z0-9_-]*(\+[a-z0-9]+)?$/i;

export interface EspeakOptions {
  /** Program name or path. */
  readonly command: string;
  readonly timeLimitMs?: number;
}

interface Ran {
  readonly status: number | null;
  readonly output: Buffer;
}

/** Runs the program without a shell; null when it cannot be started, took too long or wrote too much. */
function run({ command, timeLimitMs }: EspeakOptions, args: readonly string[], input: string): Promise<Ran | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: timeLimitMs ?? TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
    });
    child.on('error', () => resolve(null));
    // A child of the killed program may still hold the pipe open; `close` would wait for it.
    child.on('exit', (_, signal) => {
      if (signal !== null) child.stdout.destroy();
    });
    child.on('close', (status) => resolve(bytes > MAX_OUTPUT_BYTES ? null : { status, output: Buffer.concat(chunks) }));
    // It may end before it has read everything; its status tells, not the broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Languages of `espeak-ng --voices`, lower case: the second column and the ones in brackets at the end. */
function parseLanguages(table: string): string[] {
  const rows = table.split('\n').slice(1);
  const tags = rows.flatMap((row) => {
    const [, language] = row.trim().split(/\s+/);
    const others = [...row.matchAll(/\(([a-z0-9-]+) \d+\)/gi)].map(([, tag]) => tag);
    return [language, ...others];
  });
  return [...new Set(tags.flatMap((tag) => (tag === undefined || tag === '' ? [] : [tag.toLowerCase()])))];
}

/** The best of `languages` for a BCP 47 tag: itself, its primary language, a regional form of that (RFC 4647 §3.4 and a step on). */
function bestLanguage(languages: readonly string[], tag: string): string | undefined {
  const wanted = tag.toLowerCase();
  const [primary = wanted] = wanted.split('-');
  return [wanted, primary].find((each) => languages.includes(each)) ?? languages.find((each) => each.startsWith(`${primary}-`));
}

/** espeak-ng as found on this machine, and the languages it speaks. */
export interface Espeak extends SpeechProvider {
  readonly languages: readonly string[];
}

/**
 * The system's espeak-ng as a speech provider, or null when it is not installed. Text goes in by stdin, never on the command line;
 * every run is a process of its own with a time limit.
 */
export async function findEspeak(options: EspeakOptions): Promise<Espeak | null> {
  const [version, voices] = await Promise.all([run(options, ['--version'], ''), run(options, ['--voices'], '')]);
  if (version?.status !== 0 || voices?.status !== 0) return null;
  const languages = parseLanguages(voices.output.toString('utf8'));
  const failed = (message: string): Result<never, PromptError> => err({ code: 'SPEECH_FAILED', message });

  return {
    name: 'espeak',
    version: /\d+(\.\d+)+/.exec(version.output.toString('utf8'))?.[0] ?? 'unknown',
    languages,
    speaks: (language) => bestLanguage(languages, language) !== undefined,
    async render(request: SpeechRequest): Promise<Result<Pcm, PromptError>> {
      const voice = request.voice ?? bestLanguage(languages, request.language);
      if (voice === undefined || !VOICE.test(voice)) return failed(`espeak-ng has no voice "${voice ?? request.language}"`);
      // -b 1: the text is UTF-8.
      const ran = await run(options, ['-v', voice, '-b', '1', '--stdin', '--stdout'], request.text);
      if (ran === null) return failed('espeak-ng could not be started, took too long or wrote too much');
      if (ran.status !== 0)
        return failed(`espeak-ng ended with status ${ran.status ?? 'unknown'} (is its voice "${voice}" installed?)`);
      const decoded = await decodeAudio(ran.output, { maxBytes: Infinity });
      return decoded.ok ? ok(decoded.value) : failed(`espeak-ng wrote no usable audio: ${decoded.error.message}`);
    },
  };
}
