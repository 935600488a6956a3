import type { Flow } from '../flow/document.js';
import type { Segment } from '../flow/ports.js';
import { resolvePrompt } from '../flow/prompt-segments.js';
import type { Logger } from '../lib/log.js';
import { problem, type Problem } from '../lib/problem.js';
import { findPromptFile } from '../media/prompts/prompt-files.js';
import type { PromptLibrary } from '../media/prompts/types.js';

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

/** A warning for every audio file that a flow plays in every call and that is not there. */
export async function missingPrompts(flows: Iterable<Flow>, promptsDir: string): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const flow of flows) {
    for (const { widget, segment } of fixedSegments(flow)) {
      if (segment.kind !== 'file') continue;
      const found = await findPromptFile(promptsDir, segment.file);
      if (found.ok) continue;
      const { code, message } = found.error;
      const at = { file: `flow ${flow.id}`, path: `$.widgets.${widget}`, message: `There is ${message}.` };
      problems.push(problem(code, at, { severity: 'warning' }));
    }
  }
  return problems;
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
