import { checkFlow, type CheckOptions } from '../../src/flow/document/check/check.js';
import type { JsonObject } from '../../src/lib/json/json.js';
import type { Problem } from '../../src/lib/problem.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { runFlowTest, type FlowTest, type FlowTestResult } from './flow-harness.js';

/*
 * Flows of one test each: what a user would write into a file, with everything around the widgets filled in.
 */

/** A flow file; its first widget is the start, `bye` hangs up unless the flow has one of its own. */
export function flowOf(widgets: Readonly<Record<string, JsonObject>>, more: JsonObject = {}): JsonObject {
  const own = { ...widgets, ...(Object.hasOwn(widgets, 'bye') ? {} : { bye: { type: 'hangup' } }) };
  return { id: 'case', name: 'Case', start: Object.keys(widgets)[0] ?? 'bye', widgets: own, ...more };
}

/** Runs a flow with every widget there is. */
export function runCase(flow: JsonObject, world: Omit<FlowTest, 'flow' | 'widgets'> = {}): Promise<FlowTestResult> {
  return runFlowTest({ flow, widgets: widgetCatalogue, ...world });
}

/** What the checker finds in a flow. */
export function problemsOf(flow: unknown, options: Partial<CheckOptions> = {}): readonly Problem[] {
  return checkFlow(flow, { widgets: widgetCatalogue, file: 'flows/case.json', hasDefaultWebhook: true, ...options }).problems;
}
