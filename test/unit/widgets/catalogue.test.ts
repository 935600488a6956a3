import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../../scripts/generate/field-table.js';
import { exitsOfExample } from '../../../scripts/generate/flow-schema.js';
import { inputSchema } from '../../../scripts/generate/json-schema.js';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';

const definitions = [...widgetCatalogue.values()];

/** A flow around one widget: everything it leads to hangs up, everything it reads is declared. */
function flowAround(example: JsonObject): JsonObject {
  const targets = [...new Set(Object.values((example['exits'] ?? {}) as JsonObject))].filter(
    (target) => typeof target === 'string',
  );
  const read = JSON.stringify(example).matchAll(/\$flow\.key\.(\w+)|flow\.key\.(\w+)/g);
  return {
    id: 'example',
    name: 'Example',
    start: 'example',
    variables: Object.fromEntries([...read].map(([, first, second]) => [first ?? second ?? '', null])),
    widgets: { example, ...Object.fromEntries(targets.map((target) => [target, { type: 'hangup' }])) },
  };
}

describe('the widget catalogue', () => {
  it('has every widget of the main job', () => {
    expect([...widgetCatalogue.keys()].sort()).toEqual([
      'answer',
      'collect',
      'condition',
      'counter',
      'delay',
      'function',
      'hangup',
      'menu',
      'operation',
      'play',
      'resetCounter',
      'set',
      'startRecording',
      'stopRecording',
      'timeCondition',
      'webhook',
    ]);
  });

  it.each(definitions)('$type: the example of the documentation passes the checker', ({ type, example }) => {
    expect(example['type']).toBe(type);
    const checked = checkFlow(flowAround(example), { widgets: widgetCatalogue, secrets: (name) => name === 'shop' });
    expect(checked.problems).toEqual([]);
  });

  it.each(definitions)('$type: summary, documentation and exits are sentences', (definition) => {
    const sentences = Object.values(exitsOfExample(definition)).map(({ summary }) => summary);
    for (const text of [definition.summary, ...sentences]) expect(text).toMatch(/^[A-Z].*\.$/);
    expect(definition.docs.length).toBeGreaterThan(60);
  });

  it.each(definitions)('$type: every field says what it means', ({ config }) => {
    const schema = inputSchema(config);
    const fields = (schema.oneOf ?? [schema]).flatMap((variant) => fieldsOf(variant));
    expect(fields.filter(({ description }) => description === '').map(({ name }) => name)).toEqual([]);
  });

  it.each(definitions)('$type: an error exit is called failed or timeout, and fallbacks exist', (definition) => {
    const docs = exitsOfExample(definition);
    for (const { fallback } of Object.values(docs)) if (fallback !== undefined) expect(docs).toHaveProperty([fallback]);
    for (const [name, { error }] of Object.entries(docs)) if (error) expect(name).toMatch(/^(failed|timeout)$/);
  });
});
