import { jsonPath } from '../../../lib/json/json-path.js';
import type { FlowDocument, FlowWidget } from '../document.js';
import type { WidgetCatalogue, WidgetDefinition } from '../../widget.js';
import type { RequestRules } from '../../../model/request-rules.js';
import { ownFields } from './fields.js';
import type { Report } from './report.js';
import { reportIssues } from './schema-problems.js';

/** What is known of a widget: everything when it is sound, else what could be made of it. */
export interface Drafted {
  readonly id: string;
  readonly frame: FlowDocument['widgets'][string];
  /** Null when the type is unknown or the configuration makes no sense. Its faulty fields are left out. */
  readonly widget: FlowWidget | null;
  /** Of a widget without configuration, the type if that is known. */
  readonly definition: WidgetDefinition | null;
  /** Faulty fields were left out: what stands in them is not known to `widget`. */
  readonly mended?: boolean;
}

/** What drafting needs to know. */
export interface Drafting {
  readonly widgets: WidgetCatalogue;
  readonly requests?: RequestRules;
}

/** Fields of the frame, which the document's own schema has read. */
const FRAME_FIELDS = ['type', 'label', 'notes', 'exits', 'onError'] as const;

/** Checks the configuration of every widget by the schema and the rules of its type. */
export function draftWidgets(document: FlowDocument, drafting: Drafting, report: Report): ReadonlyMap<string, Drafted> {
  return new Map(Object.entries(document.widgets).map(([id, frame]) => [id, draftWidget(id, frame, drafting, report)]));
}

function draftWidget(id: string, frame: Drafted['frame'], { widgets, requests }: Drafting, report: Report): Drafted {
  const path = jsonPath('$.widgets', [id]);
  const definition = widgets.get(frame.type) ?? null;
  if (definition === null) {
    const message = `There is no widget type '${frame.type}'.${report.hint(frame.type, widgets.keys())}`;
    report.error('FLOW_UNKNOWN_WIDGET_TYPE', `${path}.type`, message, `Types: ${[...widgets.keys()].join(', ')}.`);
    return { id, frame, widget: null, definition };
  }
  const input = ownFields(frame);
  const config = definition.config.safeParse(input);
  if (!config.success) {
    reportIssues(report, config.error.issues, { input, path, schema: definition.config, frame: FRAME_FIELDS });
    const mended = definition.config.safeParse(without(input, faultyFields(config.error.issues)));
    return { id, frame, widget: mended.success ? widgetOf(id, frame, definition, mended.data) : null, definition, mended: true };
  }
  for (const { code, path: at, message, advice, severity } of definition.check?.(config.data, requests) ?? []) {
    report[severity ?? 'error'](code, at === '' ? path : `${path}.${at}`, message, advice);
  }
  return { id, frame, widget: widgetOf(id, frame, definition, config.data), definition };
}

function widgetOf(id: string, frame: Drafted['frame'], definition: WidgetDefinition, config: unknown): FlowWidget {
  return {
    id,
    definition,
    label: frame.label ?? null,
    config,
    exits: new Map(Object.entries(frame.exits ?? {})),
    onError: frame.onError ?? null,
  };
}

/** An issue of a schema, as far as it says where. */
interface Located {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/** Names of the top-level fields that something is wrong with. */
export function faultyFields(issues: readonly Located[]): ReadonlySet<string> {
  return new Set(issues.flatMap(({ path, keys }) => (path[0] === undefined ? (keys ?? []) : [String(path[0])])));
}

/** The fields of an object but for some. */
export function without(input: object, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !names.has(name)));
}
