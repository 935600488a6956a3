import { createHash } from 'node:crypto';
import { jsonPath } from '../lib/json-path.js';
import type { Problem } from '../lib/problem.js';
import { ownFields } from './check/fields.js';
import { checkGraph, type Drafted } from './check/graph.js';
import { Report } from './check/report.js';
import { reportIssues } from './check/schema-problems.js';
import { checkUrls } from './check/urls.js';
import { checkVariables } from './check/variables.js';
import { flowDocumentSchema, type Flow, type FlowDocument, type FlowWidget } from './document.js';
import { shallowerThan } from './store.js';
import type { WidgetCatalogue } from './widget.js';
import { isTimeZone } from './zoned.js';

export interface CheckOptions {
  readonly widgets: WidgetCatalogue;
  /** Named in every problem. */
  readonly file?: string;
  /** Whether a default webhook exists (F2); not checked when absent. */
  readonly hasDefaultWebhook?: boolean;
  /** Whether a secret of that name is configured; not checked when absent. */
  readonly secrets?: (name: string) => boolean;
  /** Whether requests without TLS are allowed (P2); not checked when absent. */
  readonly allowHttp?: boolean;
}

export interface CheckedFlow {
  /** Ready to run; null when any problem is an error. */
  readonly flow: Flow | null;
  readonly problems: readonly Problem[];
}

/** Checks a flow document and prepares it for running. Everything wrong is reported at once; nothing stops at the first problem. */
export function checkFlow(raw: unknown, options: CheckOptions): CheckedFlow {
  const report = new Report(options.file);
  if (!isBounded(raw, report)) return { flow: null, problems: report.problems };
  const parsed = flowDocumentSchema.safeParse(raw);
  if (!parsed.success) {
    reportIssues(report, parsed.error.issues, { input: raw, path: '$', schema: flowDocumentSchema });
    return { flow: null, problems: report.problems };
  }
  const document = parsed.data;
  const drafts = draftWidgets(document, options.widgets, report);
  checkSettings(document, options, report);
  checkGraph(document, drafts, report);
  checkVariables(document, drafts, report, options);
  if (options.allowHttp === false) checkUrls(drafts, report);
  const widgets = new Map([...drafts.values()].flatMap(({ id, widget }) => (widget === null ? [] : [[id, widget] as const])));
  const flow: Flow | null = report.hasErrors
    ? null
    : { id: document.id, name: document.name, version: versionOf(raw), document, widgets };
  return { flow, problems: report.problems };
}

/** Deepest nesting of a document, and most widgets: what is checked must not be able to exhaust the checker. */
const MAX_DOCUMENT_DEPTH = 48;
const MAX_WIDGETS = 2000;

function isBounded(raw: unknown, report: Report): boolean {
  if (!shallowerThan(raw, MAX_DOCUMENT_DEPTH)) {
    report.error('FLOW_INVALID', '$', `The document is nested deeper than ${MAX_DOCUMENT_DEPTH} levels.`, 'Make it flatter.');
    return false;
  }
  const widgets = typeof raw === 'object' && raw !== null && 'widgets' in raw ? raw.widgets : null;
  const count = typeof widgets === 'object' && widgets !== null ? Object.keys(widgets).length : 0;
  if (count <= MAX_WIDGETS) return true;
  report.error(
    'FLOW_INVALID',
    '$.widgets',
    `The flow has ${count} widgets; at most ${MAX_WIDGETS} are allowed.`,
    'Split the flow.',
  );
  return false;
}

/** The first 12 hex digits of the SHA-256 of the document's JSON text. */
function versionOf(raw: unknown): string {
  return createHash('sha256').update(JSON.stringify(raw)).digest('hex').slice(0, 12);
}

function draftWidgets(document: FlowDocument, catalogue: WidgetCatalogue, report: Report): ReadonlyMap<string, Drafted> {
  return new Map(
    Object.entries(document.widgets).map(([id, frame]) => [id, { id, frame, widget: draftWidget(id, frame, catalogue, report) }]),
  );
}

function draftWidget(
  id: string,
  frame: FlowDocument['widgets'][string],
  catalogue: WidgetCatalogue,
  report: Report,
): FlowWidget | null {
  const path = jsonPath('$.widgets', [id]);
  const definition = catalogue.get(frame.type);
  if (definition === undefined) {
    const message = `There is no widget type '${frame.type}'.${report.hint(frame.type, catalogue.keys())}`;
    report.error('FLOW_UNKNOWN_WIDGET_TYPE', `${path}.type`, message, `Types: ${[...catalogue.keys()].join(', ')}.`);
    return null;
  }
  const input = ownFields(frame);
  const config = definition.config.safeParse(input);
  if (!config.success) {
    reportIssues(report, config.error.issues, { input, path, schema: definition.config });
    return null;
  }
  for (const found of definition.check?.(config.data) ?? []) {
    report.error('FLOW_CHECK_FAILED', found.path === '' ? path : `${path}.${found.path}`, found.message, found.advice);
  }
  return {
    id,
    definition,
    label: frame.label ?? null,
    config: config.data,
    exits: new Map(Object.entries(frame.exits ?? {})),
    onError: frame.onError ?? null,
  };
}

function checkSettings(document: FlowDocument, options: CheckOptions, report: Report): void {
  if (document.webhook && options.hasDefaultWebhook === false) {
    report.error('FLOW_NO_DEFAULT_WEBHOOK', '$.webhook', 'The flow posts its report to the default webhook, but there is none.');
  }
  if (!isTimeZone(document.timeZone)) {
    report.error('FLOW_BAD_TIME_ZONE', '$.timeZone', `There is no time zone '${document.timeZone}'.`);
  }
  if (!isLanguage(document.language)) {
    report.error('FLOW_BAD_LANGUAGE', '$.language', `'${document.language}' is not a language tag.`);
  }
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
