import type { Flow } from '../../flow/document/document.js';
import type { Segment } from '../../model/segment.js';
import { resolvePrompt } from '../../flow/prompt/segments.js';
import type { Logger } from '../../lib/log/log.js';
import { problem, type Problem } from '../../lib/problem.js';
import { decodeAudio, inspectAudio } from '../../speech/files/decode.js';
import { findPromptFile, HOLD_MUSIC, readAudioFile } from '../../speech/library/prompt-files.js';
import type { PromptError, PromptLibrary } from '../../speech/types.js';

/** A prompt that will fail when a caller reaches it, found before one does. */
export interface BadPrompt {
  readonly flow: string;
  readonly widget: string;
  readonly code: string;
  readonly message: string;
}

/**
 * Loads every prompt of these flows that has no variables, so that no caller waits for speech to be made, and a missing file or a
 * language nobody speaks is seen before a caller meets it. Live calls go first. Resolves with what cannot be played.
 */
export async function prerender(flows: readonly Flow[], library: PromptLibrary, log: Logger): Promise<readonly BadPrompt[]> {
  const bad: BadPrompt[] = [];
  for (const flow of flows) {
    for (const { widget, segment } of fixedSegments(flow)) {
      const loaded = await library.load([segment], flow.document.language, { background: true });
      if (loaded.ok) continue;
      const found: BadPrompt = { flow: flow.id, widget, ...loaded.error };
      log.error(found, 'a prompt of this flow cannot be played');
      bad.push(found);
    }
  }
  return bad;
}

/** Looks at the bytes of an audio file: null, or why it will not be played. */
export type ExamineAudio = (bytes: Uint8Array) => Promise<PromptError | null> | PromptError | null;

/** Decodes an audio file to see whether that is possible. */
export async function tryDecoding(bytes: Uint8Array): Promise<PromptError | null> {
  const decoded = await decodeAudio(bytes);
  return decoded.ok ? null : decoded.error;
}

/**
 * What is wrong with the audio files of a site: a warning for each that a flow plays in every call and that is not there or will
 * not be played, and an error for hold music of the site's own that cannot be, as it would not start with that.
 */
export async function badPromptFiles(
  flows: Iterable<Flow>,
  promptsDir: string,
  examine: ExamineAudio = inspectAudio,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const known = new Map<string, PromptError | null>();
  for (const flow of flows) {
    for (const { widget, segment } of fixedSegments(flow)) {
      if (segment.kind !== 'file') continue;
      const { file } = segment;
      if (!known.has(file)) known.set(file, await problemOfFile(promptsDir, file, examine));
      const bad = known.get(file) ?? null;
      if (bad === null) continue;
      const message =
        bad.code === 'PROMPT_NOT_FOUND' ? `There is ${bad.message}.` : `${file} will not be played: ${bad.message}.`;
      const at = { file: `flow ${flow.id}`, path: `$.widgets.${widget}`, message };
      problems.push(problem(bad.code, at, { severity: 'warning' }));
    }
  }
  const music = await problemOfFile(promptsDir, HOLD_MUSIC, examine);
  if (music !== null && music.code !== 'PROMPT_NOT_FOUND') {
    const at = { file: `prompts/${HOLD_MUSIC}`, path: '$', message: `The hold music will not be played: ${music.message}.` };
    problems.push(problem(music.code, at));
  }
  return problems;
}

async function problemOfFile(promptsDir: string, name: string, examine: ExamineAudio): Promise<PromptError | null> {
  const found = await findPromptFile(promptsDir, name);
  if (!found.ok) return found.error;
  const bytes = await readAudioFile(found.value.path);
  return bytes.ok ? await examine(bytes.value) : bytes.error;
}

/** The segments of a flow that are the same in every call. */
function fixedSegments(flow: Flow): { readonly widget: string; readonly segment: Segment }[] {
  const { language, timeZone } = flow.document;
  return [...flow.widgets.values()].flatMap(({ id, definition, config }) =>
    (definition.prompts?.(config) ?? []).flatMap((prompt) => {
      const nothing = () => ({ value: undefined, masked: false });
      return prompt.flatMap((part) => {
        const { value, missing } = resolvePrompt([part], nothing, { language, timeZone });
        return missing.length > 0 ? [] : value.map((segment) => ({ widget: id, segment }));
      });
    }),
  );
}
