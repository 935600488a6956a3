import { z } from 'zod';
import type { Flow, FlowWidget } from '../../flow/document/document.js';
import { defineWidget, type ExitDoc, type WidgetContext } from '../../flow/widget.js';
import type { JsonObject } from '../../lib/json/json.js';

/** No id of a flow's own holds a blank. */
const SETTLE = 'after the test';

/** What a test run is made of. */
export interface TestFlowOptions {
  readonly flow: Flow;
  readonly widget: FlowWidget;
  /** Results that widgets before left, by id. */
  readonly results: ReadonlyMap<string, JsonObject>;
  /** Resolves when no request of the widget is under way any more. */
  readonly settled: () => Promise<void>;
}

/**
 * A flow in which the widget runs as it does in its own: the same settings, variables and wired exits. Before it the results of others
 * are put in place; behind every exit the run waits for what the widget left under way.
 */
export function testFlow({ flow, widget, results, settled }: TestFlowOptions): Flow {
  const settle = standIn(SETTLE, async () => {
    await settled();
    return 'end';
  });
  const tested: FlowWidget = {
    ...widget,
    exits: new Map([...widget.exits.keys()].map((exit) => [exit, SETTLE])),
    onError: SETTLE,
  };
  let start = widget.id;
  const before: FlowWidget[] = [];
  for (const [id, result] of results) {
    if (id === widget.id) continue;
    const next = start;
    before.push(
      standIn(
        id,
        (context) => {
          context.result(result);
          return Promise.resolve('next');
        },
        next,
      ),
    );
    start = id;
  }
  const widgets = new Map([...before, tested, settle].map((one) => [one.id, one]));
  const document = { ...flow.document, start, onError: null, onRemoteHangup: null, onFlowComplete: null };
  return { ...flow, document, widgets };
}

/** A widget of the test itself: with one exit, or at the end. */
function standIn(id: string, run: (context: WidgetContext) => Promise<string>, next?: string): FlowWidget {
  const definition = defineWidget({
    type: 'test',
    version: 1,
    summary: 'Part of a test request.',
    docs: '',
    example: { type: 'test' },
    config: z.unknown(),
    exits: (): Record<string, ExitDoc> => (next === undefined ? {} : { next: { summary: 'On to the tested widget.' } }),
    audio: false,
    waits: true,
    run: (_config, context) => run(context),
  });
  const exits = new Map(next === undefined ? [] : [['next', next]]);
  return { id, definition, label: null, config: {}, exits, onError: null };
}
