import { asText } from '../variables/escape.js';
import type { Segment } from '../../model/segment.js';
import type { Prompt, PromptSegment } from '../prompt.js';
import { sayAs } from './say-as.js';
import { renderText, renderTyped, type Lookup } from '../variables/template.js';
import type { Resolved } from '../widget.js';

/**
 * Puts variables into a prompt and gives what to play. Text becomes words when it is to be read as digits, an amount or the like;
 * text without anything to say is left out. Masked values make their segment private.
 */
export function resolvePrompt(
  prompt: Prompt,
  lookup: Lookup,
  flow: { readonly language: string; readonly timeZone: string },
): Resolved<readonly Segment[]> {
  const resolved = prompt.map((segment) => resolveSegment(segment, lookup, flow));
  return {
    value: resolved.flatMap(({ value }) => (value === null ? [] : [value])),
    missing: resolved.flatMap(({ missing }) => missing),
    masked: resolved.some(({ masked }) => masked),
  };
}

function resolveSegment(
  segment: PromptSegment,
  lookup: Lookup,
  flow: { readonly language: string; readonly timeZone: string },
): Resolved<Segment | null> {
  if ('file' in segment) {
    const file = renderText(segment.file, 'text', lookup);
    return { ...file, value: { kind: 'file', file: file.value } };
  }
  if ('url' in segment) {
    const url = renderText(segment.url, 'url', lookup);
    return { ...url, value: { kind: 'url', url: url.value, ...(url.refused !== undefined && { refused: url.refused }) } };
  }
  const { missing, masked, value } =
    segment.as === undefined ? renderText(segment.say, 'text', lookup) : renderTyped(segment.say, lookup);
  const language = segment.language ?? flow.language;
  const { currency } = segment;
  const plain = asText(value);
  const text =
    segment.as === undefined
      ? plain
      : sayAs(segment.as, plain, { language, timeZone: flow.timeZone, ...(currency && { currency }) });
  if (text.trim() === '') return { value: null, missing, masked };
  return {
    value: {
      kind: 'say',
      text,
      language,
      ...(segment.voice !== undefined && { voice: segment.voice }),
      ...(masked && { private: true }),
    },
    missing,
    masked,
  };
}
