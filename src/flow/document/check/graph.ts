import { jsonPath } from '../../../lib/json/json-path.js';
import type { Flow, FlowDocument, FlowWidget } from '../document.js';
import { exitsOf, wayOut } from '../exits.js';
import type { Drafted } from './drafts.js';
import type { Report } from './report.js';

const ANCHORS = ['onRemoteHangup', 'onFlowComplete'] as const;

/**
 * Checks everything about where the flow goes: targets, exits, reach, circles, anchors.
 *
 * @param whole false when parts of the document could not be read: what nothing leads to is not known then
 */
export function checkGraph(document: FlowDocument, drafts: ReadonlyMap<string, Drafted>, report: Report, whole: boolean): void {
  checkTargets(document, drafts, report);
  for (const { widget } of drafts.values()) if (widget !== null) checkExits(document, widget, report);
  if (whole) checkReach(document, drafts, report);
  checkAnchors(document, drafts, report);
  checkCycles(document, drafts, report);
}

/** Every id named somewhere must be a widget. */
function checkTargets(document: FlowDocument, drafts: ReadonlyMap<string, Drafted>, report: Report): void {
  const check = (target: string | null | undefined, path: string, what: string): void => {
    if (target === null || target === undefined || drafts.has(target)) return;
    report.error(
      'FLOW_UNKNOWN_TARGET',
      path,
      `${what} leads to '${target}', which is not in the flow.${report.hint(target, drafts.keys())}`,
    );
  };
  check(document.start, '$.start', 'The flow');
  for (const anchor of [...ANCHORS, 'onError'] as const) check(document[anchor], `$.${anchor}`, `The anchor ${anchor}`);
  for (const { id, frame } of drafts.values()) {
    check(frame.onError, jsonPath('$.widgets', [id, 'onError']), `'onError' of ${id}`);
    for (const [exit, target] of Object.entries(frame.exits ?? {})) {
      check(target, jsonPath('$.widgets', [id, 'exits', exit]), `Exit '${exit}' of ${id}`);
    }
  }
}

/** Every wired exit must exist, and every exit that is no error must lead somewhere. */
function checkExits(document: FlowDocument, widget: FlowWidget, report: Report): void {
  const docs = exitsOf(widget);
  const names = Object.keys(docs);
  const path = jsonPath('$.widgets', [widget.id, 'exits']);
  for (const exit of widget.exits.keys()) {
    if (Object.hasOwn(docs, exit)) continue;
    const has = names.length === 0 ? 'It ends the flow and has no exits.' : `Its exits: ${names.join(', ')}.`;
    const meant = widget.definition.exitAdvice?.(exit, widget.config) ?? null;
    const message = `${widget.id} (${widget.definition.type}) has no exit '${exit}'.${report.hint(exit, names)}`;
    report.error('FLOW_UNKNOWN_EXIT', jsonPath(path, [exit]), message, meant === null ? has : `${meant} ${has}`);
  }
  for (const exit of names) {
    // An exit with a fallback is wired as soon as its fallback is, and that one is named itself.
    if (wayOut({ document }, widget, exit, false).kind !== 'unwired' || docs[exit]?.fallback !== undefined) continue;
    const message = `Exit '${exit}' of ${widget.id} (${widget.definition.type}) leads nowhere: ${docs[exit]?.summary ?? ''}`;
    report.error('FLOW_UNWIRED_EXIT', path, message, `Add "${exit}": a widget id, or null to end the flow there.`);
  }
}

/** Ids a widget may lead to. `onError` of the flow is a root of its own and no edge. */
function successors(document: Pick<Flow, 'document'>['document'], draft: Drafted, inAnchor: boolean): readonly string[] {
  const { widget, frame } = draft;
  const onError = frame.onError ?? null;
  const targets =
    widget === null
      ? Object.values(frame.exits ?? {})
      : Object.keys(exitsOf(widget)).map((exit) => {
          const way = wayOut({ document }, widget, exit, inAnchor);
          return way.kind === 'wired' ? way.next : null;
        });
  return [...targets, onError].filter((target) => target !== null);
}

function reach(
  document: FlowDocument,
  drafts: ReadonlyMap<string, Drafted>,
  roots: readonly (string | null)[],
  inAnchor: boolean,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = roots.filter((root) => root !== null);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const draft = drafts.get(id);
    if (draft === undefined || reached.has(id)) continue;
    reached.add(id);
    open.push(...successors(document, draft, inAnchor));
  }
  return reached;
}

function checkReach(document: FlowDocument, drafts: ReadonlyMap<string, Drafted>, report: Report): void {
  const roots = [document.start, document.onRemoteHangup, document.onFlowComplete, document.onError];
  const reached = reach(document, drafts, roots, false);
  for (const id of drafts.keys()) {
    if (!reached.has(id))
      report.warning('FLOW_UNREACHABLE_WIDGET', jsonPath('$.widgets', [id]), `No exit and no anchor leads to ${id}.`);
  }
}

/** Anchors run when the call is over: nobody is there to hear anything (docs/behaviour.md#anchors-without-audio). */
function checkAnchors(document: FlowDocument, drafts: ReadonlyMap<string, Drafted>, report: Report): void {
  for (const anchor of ANCHORS) {
    for (const id of reach(document, drafts, [document[anchor]], true)) {
      const widget = drafts.get(id)?.widget;
      if (widget === null || widget === undefined || !needsEar(widget)) continue;
      const message = `${id} (${widget.definition.type}) plays or hears audio, but ${anchor} leads to it after the call has ended.`;
      report.error('FLOW_AUDIO_IN_ANCHOR', jsonPath('$.widgets', [id]), message);
    }
  }
}

function needsEar(widget: FlowWidget): boolean {
  const { audio } = widget.definition;
  return typeof audio === 'boolean' ? audio : audio(widget.config);
}

/** A circle in which nothing waits would run until the step limit without the caller noticing anything. */
function checkCycles(document: FlowDocument, drafts: ReadonlyMap<string, Drafted>, report: Report): void {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (id: string): void => {
    const draft = drafts.get(id);
    if (draft === undefined || done.has(id) || (draft.widget?.definition.waits ?? true)) return;
    const before = trail.indexOf(id);
    if (before !== -1) {
      const circle = [...trail.slice(before), id].join(' → ');
      report.error('FLOW_ENDLESS_CYCLE', jsonPath('$.widgets', [id]), `The cycle ${circle} never waits and never ends.`);
      return;
    }
    trail.push(id);
    for (const next of successors(document, draft, false)) visit(next);
    trail.pop();
    done.add(id);
  };
  for (const id of drafts.keys()) visit(id);
}
