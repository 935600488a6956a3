import type { JournalEntry } from '../../model/journal.js';
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
      return asked(entry.op, entry.request);
    case 'answer':
      return answered(entry.op, entry.answer);
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

function asked(op: string, request: Json): string | null {
  switch (op) {
    case 'call.play':
      return `    says ${spoken(field(request, 'segments'))}`;
    case 'call.collect':
      return `    asks ${spoken(field(request, 'prompt'))}`;
    case 'call.startMusic':
      return '    ♪ hold music starts';
    case 'call.announce':
      return `    says over it ${spoken(field(request, 'segments'))}`;
    case 'call.awaitKey':
      return `    listens for ${show(field(request, 'keys'))}`;
    case 'webhook.request':
    case 'webhook.requestAside':
    case 'webhook.send':
      return `    → ${show(field(request, 'method'))} ${show(field(request, 'url'))}`;
    default:
      return null;
  }
}

function answered(op: string, answer: Json): string | null {
  switch (op) {
    case 'call.play':
      return field(answer, 'kind') === 'done'
        ? null
        : `    ${show(field(answer, 'kind'))} ${show(field(answer, 'key') ?? field(answer, 'code'))}`;
    case 'call.collect':
      return field(answer, 'kind') === 'collected'
        ? `    keys ${show(field(answer, 'digits'))} (ended by ${show(field(answer, 'endedBy'))})`
        : `    ${show(field(answer, 'kind'))}`;
    case 'call.awaitKey':
      return `    key ${show(field(answer, 'key') ?? field(answer, 'code'))}`;
    case 'call.stopMusic':
      return '    ♪ hold music stops';
    case 'webhook.request':
    case 'webhook.requestAside':
      return `    ← ${show(field(answer, 'status') ?? field(answer, 'reason'))} after ${show(field(answer, 'duration'))} s`;
    default:
      return null;
  }
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
