import { widgetFrameSchema } from '../../src/flow/document/document.js';
import { segmentSchema } from '../../src/flow/prompt.js';
import type { WidgetCatalogue, WidgetDefinition } from '../../src/flow/widget.js';
import { fieldsOf, fieldTable, table, type Field } from './field-table.js';
import { exitsOfExample } from './flow-schema.js';
import { inputSchema, type SchemaNode } from './json-schema.js';

const INTRODUCTION = `# Widgets

A flow is made of widgets; each does one thing and leaves by one of its exits. This page lists every widget with its fields, its
exits and an example. It is made from the widgets themselves by \`npm run docs\`: change \`src/widgets\`, not this page.`;

const EXITS = `## Exits and errors

\`exits\` names the widget each exit leads to; \`null\` ends the flow there. Every exit must be wired, with two exceptions: an exit
with a fallback leads where its fallback leads, and an **error** exit goes to the widget's \`onError\`, then to the flow's \`onError\`, then
to a polite goodbye. After an error exit \`$widget.<id>.error\` has a code of [errors.md](../errors.md). A caller who hangs up takes no
exit: the flow goes on in its \`onRemoteHangup\` branch.`;

/** The reference page of all widgets. */
export function widgetPage(catalogue: WidgetCatalogue): string {
  const widgets = [...catalogue.values()];
  const contents = table(
    ['Widget', 'What it does'],
    widgets.map(({ type, summary }) => [`[${type}](#${type.toLowerCase()})`, summary]),
  );
  return [INTRODUCTION, contents, framePart(), EXITS, promptPart(), ...widgets.map(section)].join('\n\n') + '\n';
}

function framePart(): string {
  return `## Fields of every widget\n\n${fieldTable(fieldsOf(inputSchema(widgetFrameSchema)))}`;
}

function promptPart(): string {
  const { $defs } = inputSchema(segmentSchema.array());
  const variants = $defs?.segment?.anyOf ?? [];
  const parts = variants.map((variant) => `**${variant.description ?? ''}**\n\n${fieldTable(fieldsOf(variant))}`);
  return [
    '## Prompts',
    'A prompt is a list of 1 to 50 segments. Each segment is one of these:',
    ...parts,
    '```json\n[{ "say": "You have" }, { "say": "$flow.key.count", "as": "number" }, { "file": "messages.wav" }]\n```',
  ].join('\n\n');
}

function section(definition: WidgetDefinition): string {
  const { type, summary, docs } = definition;
  return [
    `## ${type}`,
    summary,
    docs,
    `### Fields of \`${type}\``,
    fieldsPart(inputSchema(definition.config)),
    `### Exits of \`${type}\``,
    exitsPart(definition),
    example(definition),
  ].join('\n\n');
}

/** One table; or, when the fields depend on one of them, the shared fields first and a table per variant. */
function fieldsPart(schema: SchemaNode): string {
  if (!schema.oneOf) {
    const fields = fieldsOf(schema);
    return fields.length === 0 ? 'It has no fields of its own.' : fieldTable(fields);
  }
  const variants = schema.oneOf.map((variant) => ({ fields: fieldsOf(variant), schema: variant }));
  const chooser = Object.entries(schema.oneOf[0]?.properties ?? {}).find(([, node]) => node.const !== undefined)?.[0] ?? '';
  const isShared = (field: Field): boolean =>
    field.name !== chooser && variants.every(({ fields }) => fields.some((other) => sameField(field, other)));
  const shared = (variants[0]?.fields ?? []).filter(isShared);
  const intro = fieldTable([
    { name: chooser, type: 'text', default: '**required**', limits: '', description: 'One of the following.' },
    ...shared,
  ]);
  const parts = variants.map(({ fields, schema: variant }) => {
    const node = variant.properties?.[chooser];
    const own = fields.filter((field) => field.name !== chooser && !shared.some((other) => sameField(field, other)));
    return `#### \`${String(node?.const)}\`\n\n${node?.description ?? ''}\n\n${fieldTable(own)}`;
  });
  return [intro, ...parts].join('\n\n');
}

/** The example with a line per field; the formatter breaks what is too long. */
function example({ example: widget }: WidgetDefinition): string {
  const lines = Object.entries(widget).map(([field, value]) => `${JSON.stringify(field)}: ${JSON.stringify(value)}`);
  return `\`\`\`json\n{\n${lines.join(',\n')}\n}\n\`\`\``;
}

function sameField(a: Field, b: Field): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function exitsPart(definition: WidgetDefinition): string {
  const docs = Object.entries(exitsOfExample(definition));
  if (docs.length === 0) return 'It has no exits: the flow ends here.';
  const note = definition.exits.length > 0 ? 'Those of the example:\n\n' : '';
  const rows = docs.map(([exit, { summary, fallback, error }]) => [
    `\`${exit}\``,
    summary,
    fallback !== undefined ? `goes to \`${fallback}\`` : error ? 'error: goes to `onError`' : 'must be wired',
  ]);
  return note + table(['Exit', 'Taken when', 'Not wired'], rows);
}
