import type { JournalEntry } from '../../model/journal.js';
import { CALL, type OperationName, WEBHOOK } from '../../model/operations.js';
import type { Json } from '../../lib/json/json.js';
import { jsonText } from '../../lib/json/json-text.js';

/*
 * A call's journal as lines a person can follow while it runs.
 */

const PLACE = 8;

/** The line (or lines) of an entry; null for entries that only machines need. `ms` since the call began stands in front. */
export function timelineLine(entry: JournalEntry): string | null {
  const text = describe(entry);
  return text === null ? null : `${`${(entry.ms / 1000).toFixed(2)} s`.padStart(PLACE + 2)}  ${text}`;
}

function describe(entry: JournalEntry): string | null {
  switch (entry.type) {
    case 'call':
      return `call from ${show(field(entry.facts, 'cli'))} to ${show(field(entry.facts, 'did'))} → flow ${entry.flowId} (version ${entry.flowVersion})`;
    case 'leg.ringing':
      return 'ringing';
    case 'leg.answered':
      return 'answered';
    case 'leg.ended':
      return `${entry.remote ? 'the caller hung up' : 'hung up'} (cause ${entry.cause})`;
    case 'enter':
      return `▶ ${entry.widget}  [${entry.widgetType}]${entry.label === null ? '' : `  ${entry.label}`}`;
    case 'ask':
      return line(ASKED, entry.op, entry.request);
    case 'answer':
      return line(ANSWERED, entry.op, entry.answer);
    case 'set':
      return `    ${entry.name} = ${show(entry.value)}`;
    case 'exit':
      return `  ↳ ${entry.exit} → ${entry.next ?? 'end of the flow'}`;
    case 'fault':
      return `  ✗ ${entry.code}: ${entry.message}`;
    case 'recording':
      return `recording “${entry.name}”: ${(entry.durationMs / 1000).toFixed(1)} s, ${entry.bytes} bytes`;
    case 'end':
      return `end: ${entry.termination.reason}, by ${entry.termination.by}`;
    default:
      return null;
  }
}

type Describe = (value: Json) => string | null;

const requested: Describe = (request) => `    → ${show(field(request, 'method'))} ${show(field(request, 'url'))}`;
const received: Describe = (answer) =>
  `    ← ${show(field(answer, 'status') ?? field(answer, 'reason'))} after ${show(field(answer, 'duration'))} s`;

/** The lines of questions; an operation that is not here has none. */
const ASKED: { readonly [N in OperationName]?: Describe } = {
  [CALL.play.name]: (request) => `    says ${spoken(field(request, 'segments'))}`,
  [CALL.collect.name]: (request) => `    asks ${spoken(field(request, 'prompt'))}`,
  [CALL.startMusic.name]: () => '    ♪ hold music starts',
  [CALL.announce.name]: (request) => `    says over it ${spoken(field(request, 'segments'))}`,
  [CALL.awaitKey.name]: (request) => `    listens for ${show(field(request, 'keys'))}`,
  [WEBHOOK.request.name]: requested,
  [WEBHOOK.requestAside.name]: requested,
  [WEBHOOK.send.name]: requested,
};

/** The same of answers. */
const ANSWERED: { readonly [N in OperationName]?: Describe } = {
  [CALL.play.name]: (answer) =>
    field(answer, 'kind') === 'done'
      ? null
      : `    ${show(field(answer, 'kind'))} ${show(field(answer, 'key') ?? field(answer, 'code'))}`,
  [CALL.collect.name]: (answer) =>
    field(answer, 'kind') === 'collected'
      ? `    keys ${show(field(answer, 'digits'))} (ended by ${show(field(answer, 'endedBy'))})`
      : `    ${show(field(answer, 'kind'))}`,
  [CALL.awaitKey.name]: (answer) => `    key ${show(field(answer, 'key') ?? field(answer, 'code'))}`,
  [CALL.stopMusic.name]: () => '    ♪ hold music stops',
  [WEBHOOK.request.name]: received,
  [WEBHOOK.requestAside.name]: received,
};

/** The line of a question or an answer, by the name of its operation. */
function line(lines: Readonly<Record<string, Describe>>, op: string, value: Json): string | null {
  return lines[op]?.(value) ?? null;
}

/** A prompt in quotes: texts as spoken, files by name. */
function spoken(segments: Json | undefined): string {
  const parts = Array.isArray(segments) ? (segments as readonly Json[]) : [];
  const texts = parts.map((part) => show(field(part, 'text') ?? field(part, 'file') ?? field(part, 'url')));
  return `“${texts.join(' ')}”`;
}

function field(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [key: string]: Json })[name];
}

function show(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : jsonText(value);
}
