import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { duplicateNames } from '../files/json-duplicates.js';
import { exactNumbersIn } from '../files/json-numbers.js';
import { parseJson, readTextFile } from '../files/json-file.js';
import type { Flow } from '../../flow/document/document.js';
import { widgetCatalogue } from '../../widgets/index.js';
import { problem, type Problem } from '../../lib/problem.js';
import { jsonTooBig } from '../../lib/json/json-limits.js';

/** A flow and what was found while checking it. `flow` is null when a problem is an error; warnings come with the flow. */
export interface FlowCheckResult {
  readonly flow: Flow | null;
  readonly problems: readonly Problem[];
}

/** Checks a parsed flow document; `file` is named in every problem. */
export type FlowCheck = (document: unknown, file: string) => FlowCheckResult;

/** A flow file that is not fit to run. */
export interface BrokenFlow {
  /** Below the configuration folder, e.g. `flows/shop.json`. */
  readonly file: string;
  /** The first of its errors. */
  readonly problem: Problem;
}

/** The flows of a folder. */
export interface LoadedFlows {
  /** Checked flows by id. */
  readonly flows: ReadonlyMap<string, Flow>;
  /** Files that are not fit to run, by the id of their flow; by the name of the file when its id cannot be made out. */
  readonly broken: ReadonlyMap<string, BrokenFlow>;
  /** Everything found, errors and warnings, in the order of the files. */
  readonly problems: readonly Problem[];
}

/** Largest flow file, characters. */
const MAX_CHARS = 2 * 1024 * 1024;

/** Checks the text of a flow: size, nesting, JSON, then the document itself. */
export function checkFlowText(text: string, file: string, check: FlowCheck): FlowCheckResult {
  const refused = (message: string): FlowCheckResult => ({
    flow: null,
    problems: [problem('FLOW_UNREADABLE', { file, path: '$', message })],
  });
  if (text.length > MAX_CHARS) return refused(`the flow is larger than ${MAX_CHARS} characters`);
  const tooBig = jsonTooBig(text);
  if (tooBig !== null) return refused(tooBig);
  const document = parseJson(text);
  if (!document.ok) return refused(document.error.message);
  const { flow, problems } = check(document.value, file);
  const duplicates = duplicateNames(text).map(({ name, path, line }) =>
    problem('FLOW_DUPLICATE_FIELD', { file, path, message: `the field “${name}” stands twice, the second time in line ${line}` }),
  );
  return { flow: duplicates.length > 0 ? null : flow, problems: [...duplicates, ...longNumbers(text, file), ...problems] };
}

/** Numbers of a flow file that are read with other digits than are written: ids, which are texts. */
function longNumbers(text: string, file: string): readonly Problem[] {
  return exactNumbersIn(text).flatMap(({ path, number }) => {
    if (number.isHeld) return [];
    const message = `The number ${String(number).slice(0, 60)} has more digits than Offhook can keep. It would become ${number.toNumber()}.`;
    return [problem('FLOW_NUMBER_DIGITS', { file, path, message }, { severity: 'warning' })];
  });
}

/** Names of the flow files in a folder, sorted; hidden files and what editors leave behind are none. Empty without the folder. */
export function flowFileNames(dir: string): readonly string[] {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /^[^.~].*\.json$/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** A flow file that was checked. */
export interface LoadedFile extends FlowCheckResult {
  /** Of its flow; as near as can be told when the file is broken. */
  readonly id: string;
}

export function loadFile(dir: string, name: string, check: FlowCheck): LoadedFile {
  const file = `flows/${name}`;
  const text = readTextFile(join(dir, name));
  const checked = text.ok
    ? checkFlowText(text.value, file, check)
    : { flow: null, problems: [problem('FLOW_UNREADABLE', { file, path: '$', message: text.error.message })] };
  return { ...checked, id: checked.flow?.id ?? probableId(text.ok ? text.value : '', name) };
}

/** The id of a broken file: what looks like one at its beginning, else what its name says. */
function probableId(text: string, name: string): string {
  return /"id"\s*:\s*"([^"\\]{1,128})"/.exec(text.slice(0, 10_000))?.[1] ?? name.replace(/\.json$/, '');
}

/** The broken ones of some files, by id; of two with one id the first. */
export function brokenOnes(files: ReadonlyMap<string, LoadedFile>): ReadonlyMap<string, BrokenFlow> {
  const broken = new Map<string, BrokenFlow>();
  for (const [name, { id, flow, problems }] of files) {
    const first = problems.find(({ severity }) => severity === 'error');
    if (flow === null && first !== undefined && !broken.has(id)) broken.set(id, { file: `flows/${name}`, problem: first });
  }
  return broken;
}

/** Joins files to flows by id. Of two files with one id the first by name counts; the other is a problem. */
export function byId(files: ReadonlyMap<string, FlowCheckResult>): Pick<LoadedFlows, 'flows' | 'problems'> {
  const flows = new Map<string, Flow>();
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, { flow, problems: found }] of files) {
    problems.push(...found);
    if (flow === null) continue;
    const owner = owners.get(flow.id);
    if (owner === undefined) {
      flows.set(flow.id, flow);
      owners.set(flow.id, name);
    } else {
      const message = `the flow “${flow.id}” is already in flows/${owner}`;
      problems.push(problem('FLOW_DUPLICATE_ID', { file: `flows/${name}`, path: '$.id', message }));
    }
  }
  return { flows, problems };
}

/** Reads and checks every `*.json` of a folder. */
export function loadFlows(dir: string, check: FlowCheck): LoadedFlows {
  const files = new Map(flowFileNames(dir).map((name) => [name, loadFile(dir, name, check)]));
  return { ...byId(files), broken: brokenOnes(files) };
}

/** Every flow file that holds an object: its path and the document, unchecked. */
function documentsIn(dir: string): readonly { readonly file: string; readonly document: Readonly<Record<string, unknown>> }[] {
  return flowFileNames(dir).flatMap((name) => {
    const file = join(dir, name);
    const text = readTextFile(file);
    const parsed = text.ok && text.value.length <= MAX_CHARS && jsonTooBig(text.value) === null ? parseJson(text.value) : null;
    const document = parsed?.ok === true ? parsed.value : null;
    const isObject = typeof document === 'object' && document !== null && !Array.isArray(document);
    return isObject ? [{ file, document: document as Readonly<Record<string, unknown>> }] : [];
  });
}

/** Path of the file that holds the flow of this id; null when there is none. */
export function flowFileOf(dir: string, id: string): string | null {
  return documentsIn(dir).find(({ document }) => document['id'] === id)?.file ?? null;
}

/** Ids of the flows of a folder that post a report at their end (docs/behaviour.md#report-switch), fit to run or not. */
export function reportingFlows(dir: string): readonly string[] {
  return documentsIn(dir).flatMap(({ document: { id, webhook } }) => (webhook === true && typeof id === 'string' ? [id] : []));
}

/** Services whose functions the flows of a folder call, fit to run or not, each with the ids of these flows. */
export function calledServices(dir: string): ReadonlyMap<string, readonly string[]> {
  const services = new Map<string, readonly string[]>();
  for (const { document } of documentsIn(dir)) {
    const { id, widgets } = document;
    if (typeof id !== 'string' || typeof widgets !== 'object' || widgets === null) continue;
    const named = Object.values(widgets).flatMap((widget: Readonly<Record<string, unknown>> | null) => {
      const type = widget?.['type'];
      if (widget === null || typeof type !== 'string') return [];
      return widgetCatalogue.get(type)?.services?.(widget) ?? [];
    });
    for (const service of new Set(named)) services.set(service, [...(services.get(service) ?? []), id]);
  }
  return services;
}

/** Where calls are routed, as configured. */
export interface Routing {
  readonly numbers: readonly { readonly flow: string }[];
  readonly default: string | null;
}

/** What routes lead to. */
export interface RoutedTo extends Pick<LoadedFlows, 'broken'> {
  /** By id. */
  readonly flows: Pick<ReadonlySet<string>, 'has'>;
}

/** Why there is no flow of this id, as a sentence without its full stop: its file is not fit to run, or there is none. */
export function missingFlow(id: string, broken: LoadedFlows['broken']): string {
  const found = broken.get(id);
  if (found === undefined) return `there is no flow “${id}”`;
  const { file, problem: first } = found;
  return `the flow “${id}” is not fit to run: ${file} ${first.path}: ${first.message.replace(/\.$/, '')}`;
}

/** A problem for every route to a flow that does not exist, or whose file has errors. The problems of the file itself are reported at the file. */
export function checkRouting(routing: Routing, { flows, broken }: RoutedTo): readonly Problem[] {
  const routes = [
    ...routing.numbers.map(({ flow }, i) => ({ flow, path: `$.routing.numbers[${i}].flow` })),
    ...(routing.default === null ? [] : [{ flow: routing.default, path: '$.routing.default' }]),
  ];
  return routes
    .filter(({ flow }) => !flows.has(flow))
    .map(({ flow, path }) => {
      const at = { file: 'offhook.json', path };
      const found = broken.get(flow);
      if (found === undefined) return problem('ROUTE_UNKNOWN_FLOW', { ...at, message: missingFlow(flow, broken) });
      const advice = `Correct ${found.file}; the routing needs no change.`;
      return problem('FLOW_BROKEN', { ...at, message: `the flow “${flow}” is not fit to run: see ${found.file}` }, { advice });
    });
}
