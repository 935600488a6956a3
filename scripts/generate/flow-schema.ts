import { ownFields } from '../../src/flow/document/check/fields.js';
import { flowDocumentSchema } from '../../src/flow/document/document.js';
import type { WidgetCatalogue, WidgetDefinition } from '../../src/flow/widget.js';
import { inputSchema, namespaced, type SchemaNode } from './json-schema.js';

/** The JSON Schema of a flow file, for editors: every widget with the fields and exits of its type. */
export function flowSchema(catalogue: WidgetCatalogue): SchemaNode {
  const root = namespaced(inputSchema(flowDocumentSchema), 'flow');
  const frame = frameOf(root);
  const types = [...catalogue.values()];
  const defs: Record<string, SchemaNode> = { ...root.$defs, widget: anyWidget(types) };
  for (const definition of types) {
    const { $defs, ...schema } = namespaced(inputSchema(definition.config), definition.type);
    delete schema.$schema;
    Object.assign(defs, $defs);
    defs[`widget.${definition.type}`] = withFrame(schema, definition, frame);
  }
  const widgets = { ...root.properties?.widgets, additionalProperties: { $ref: '#/$defs/widget' } };
  return {
    ...root,
    title: 'Offhook flow',
    properties: { ...root.properties, widgets },
    $defs: defs,
  };
}

function frameOf(root: SchemaNode): Record<string, SchemaNode> {
  const frame = root.properties?.widgets?.additionalProperties;
  if (typeof frame !== 'object' || !frame.properties) throw new Error('the flow document has no widget frame');
  return frame.properties;
}

/** Picks the schema by `type`, so that an editor complains about the fields of that type only. */
function anyWidget(types: readonly WidgetDefinition[]): SchemaNode {
  return {
    type: 'object',
    required: ['type'],
    properties: { type: { oneOf: types.map(({ type, summary }) => ({ const: type, description: summary })) } },
    allOf: types.map(({ type }) => ({
      if: { properties: { type: { const: type } }, required: ['type'] },
      then: { $ref: `#/$defs/widget.${type}` },
    })),
  };
}

/** Puts the frame beside the widget's own fields; in each variant when the fields depend on one of them. */
function withFrame(schema: SchemaNode, definition: WidgetDefinition, frame: Record<string, SchemaNode>): SchemaNode {
  if (schema.oneOf) return { ...schema, oneOf: schema.oneOf.map((variant) => withFrame(variant, definition, frame)) };
  const others = Object.fromEntries(Object.entries(frame).filter(([field]) => field !== 'exits'));
  const type: SchemaNode = { const: definition.type, description: definition.summary };
  return {
    ...schema,
    required: ['type', ...(schema.required ?? [])],
    properties: { ...others, type, ...schema.properties, ...exitsSchema(definition) },
  };
}

/** Exits that do not depend on the configuration are a closed list; others are shown by the example's. */
function exitsSchema(definition: WidgetDefinition): Record<string, SchemaNode> {
  const docs = exitsOfExample(definition);
  const isFixed = definition.exits.length === 0;
  if (isFixed && Object.keys(docs).length === 0) return {};
  const target: SchemaNode = { type: ['string', 'null'] };
  const named = Object.fromEntries(
    Object.entries(docs).map(([exit, { summary }]) => [exit, { ...target, description: summary }]),
  );
  return {
    exits: {
      type: 'object',
      description: 'Exit → id of the next widget; null ends the flow.',
      ...(isFixed ? { properties: named, additionalProperties: false } : { additionalProperties: target }),
    },
  };
}

/** The exits of the widget's own example. */
export function exitsOfExample(definition: WidgetDefinition): ReturnType<WidgetDefinition['exits']> {
  const { exits = {} } = definition.example;
  return definition.exits(definition.config.parse(ownFields(definition.example)), Object.keys(exits as object));
}
