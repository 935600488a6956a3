import { createHash } from 'node:crypto';
import { isLanguageTag } from '../../../lib/language-tag.js';
import type { Problem } from '../../../lib/problem.js';
import { draftWidgets } from './drafts.js';
import { checkGraph } from './graph.js';
import { readDocument } from './mend.js';
import { Report } from './report.js';
import { checkUrls } from './urls.js';
import { checkVariables } from './variables.js';
import type { Flow, FlowDocument } from '../document.js';
import { shallowerThan } from '../../variables/store.js';
import type { WidgetCatalogue } from '../../widget.js';
import type { RequestRules } from '../../../model/request-rules.js';
import { isTimeZone } from '../../variables/zoned.js';

export interface CheckOptions {
  readonly widgets: WidgetCatalogue;
  /** Named in every problem. */
  readonly file?: string;
  /** Whether a default webhook exists (docs/behaviour.md#report-switch); not checked when absent. */
  readonly hasDefaultWebhook?: boolean;
  /** Whether a secret of that name is configured; not checked when absent. */
  readonly secrets?: (name: string) => boolean;
  /** Whether a flow may read the SIP header of that name; not checked when absent. */
  readonly sipHeader?: (name: string) => boolean;
  /** Whether requests without TLS are allowed (docs/behaviour.md#plain-http); not checked when absent. */
  readonly allowHttp?: boolean;
  /** Whether an integration is active, by id; null: there is none. Not checked when absent. */
  readonly integrations?: (id: string) => boolean | null;
  /** What the webhook room knows of requests before they are made; not checked when absent. */
  readonly requests?: RequestRules;
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
  const read = readDocument(raw, report);
  if (read === null) return { flow: null, problems: report.problems };
  const { document } = read;
  const drafts = new Map(draftWidgets(document, options, report));
  for (const id of read.unreadable) drafts.set(id, { id, frame: { type: '' }, widget: null, definition: null });
  checkSettings(document, options, report);
  checkGraph(document, drafts, report, read.whole);
  if (read.whole) checkVariables(document, drafts, report, options);
  checkUrls(document, drafts, report, options);
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
    report.error(
      'FLOW_INVALID',
      '$',
      `The document is nested deeper than ${MAX_DOCUMENT_DEPTH} levels.`,
      'Use fewer levels of nesting.',
    );
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

function checkSettings(document: FlowDocument, options: CheckOptions, report: Report): void {
  if (document.webhook && options.hasDefaultWebhook === false) {
    report.error('FLOW_NO_DEFAULT_WEBHOOK', '$.webhook', 'The flow posts its report to the default webhook, but there is none.');
  }
  checkIntegration(document, options, report);
  if (!isTimeZone(document.timeZone)) {
    report.error('FLOW_BAD_TIME_ZONE', '$.timeZone', `There is no time zone '${document.timeZone}'.`);
  }
  if (!isLanguageTag(document.language)) {
    report.error('FLOW_BAD_LANGUAGE', '$.language', `'${document.language}' is not a language tag.`);
  }
}

/** An integration that is missing or stopped costs no call: it is only told less. */
function checkIntegration({ integration }: FlowDocument, { integrations }: CheckOptions, report: Report): void {
  if (integration === undefined || integrations === undefined) return;
  const active = integrations(integration);
  if (active === null) report.warning('FLOW_INTEGRATION_UNKNOWN', '$.integration', `There is no integration '${integration}'.`);
  else if (!active)
    report.warning('FLOW_INTEGRATION_INACTIVE', '$.integration', `The integration '${integration}' is not active.`);
}
