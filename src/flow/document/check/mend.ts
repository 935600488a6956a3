import { flowDocumentSchema, type FlowDocument } from '../document.js';
import { faultyFields, without } from './drafts.js';
import type { Report } from './report.js';
import { reportIssues } from './schema-problems.js';

/** A document as far as it can be read. */
export interface ReadDocument {
  readonly document: FlowDocument;
  /** False when parts had to be left out: what is missing then says nothing about the flow. */
  readonly whole: boolean;
  /** Widgets whose frame could not be read; they still exist. */
  readonly unreadable: readonly string[];
}

/**
 * Reads the frame of a flow. Faulty parts are reported and left out, so that everything else can be checked too and an author
 * sees all mistakes at once. Null when there is nothing left to check.
 */
export function readDocument(raw: unknown, report: Report): ReadDocument | null {
  const parsed = flowDocumentSchema.safeParse(raw);
  if (parsed.success) return { document: parsed.data, whole: true, unreadable: [] };
  const { issues } = parsed.error;
  reportIssues(report, issues, { input: raw, path: '$', schema: flowDocumentSchema });
  const widgets = isObject(raw) ? raw['widgets'] : null;
  if (!isObject(raw) || !isObject(widgets)) return null;
  const unreadable = issues.flatMap(({ path }) => (path[0] === 'widgets' && path[1] !== undefined ? [String(path[1])] : []));
  const faulty = faultyFields(issues.filter(({ path }) => path[0] !== 'widgets'));
  const readable = without(widgets, new Set(unreadable));
  const stand = { id: 'flow', name: 'flow', start: Object.keys(widgets)[0] ?? '' };
  const mended = flowDocumentSchema.safeParse({ ...stand, ...without(raw, faulty), widgets: readable });
  return mended.success ? { document: mended.data, whole: false, unreadable } : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
