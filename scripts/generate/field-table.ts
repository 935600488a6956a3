import type { SchemaNode } from './json-schema.js';

/** One field of a JSON document, for a table. */
export interface Field {
  /** Dotted path; `[]` for every entry of a list. */
  readonly name: string;
  readonly type: string;
  /** Its default, `**required**`, or nothing. */
  readonly default: string;
  readonly limits: string;
  readonly description: string;
}

const REQUIRED = '**required**';

/** All fields of an object schema, each followed by the fields inside it. */
export function fieldsOf(schema: SchemaNode, prefix = ''): readonly Field[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, node]) => {
    const name = `${prefix}${key}`;
    const own: Field = {
      name,
      type: typeOf(node),
      default: required.has(key) ? REQUIRED : defaultOf(node),
      limits: limitsOf(node),
      description: node.description ?? '',
    };
    return [own, ...inner(node, name)];
  });
}

/** Fields inside an object, inside the entries of a list, or inside the alternatives of either. */
function inner(node: SchemaNode, name: string): readonly Field[] {
  if (node.properties) return fieldsOf(node, `${name}.`);
  if (node.items && !node.items.$ref) return inner(node.items, `${name}[]`);
  if (node.prefixItems) return [];
  if (typeof node.additionalProperties === 'object') return inner(node.additionalProperties, `${name}.*`);
  return ofAlternatives(node.oneOf ?? node.anyOf ?? [], name);
}

/** One row per field of any alternative; a field that not all have says with which it goes. */
function ofAlternatives(variants: readonly SchemaNode[], name: string): readonly Field[] {
  const found = variants.map((variant) => ({ words: chosenBy(variant), fields: inner(variant, name) }));
  const lists = found.filter(({ fields }) => fields.length > 0);
  const names = [...new Set(lists.flatMap(({ fields }) => fields.map((field) => field.name)))];
  return names.flatMap((each) => {
    const having = lists.flatMap(({ words, fields }) =>
      fields.filter((field) => field.name === each).map((field) => ({ words, field })),
    );
    const first = having[0]?.field;
    if (!first) return [];
    const type = [...new Set(having.flatMap(({ field }) => field.type.split(', ')))].join(', ');
    const description = having.find(({ field }) => field.description !== '')?.field.description ?? '';
    if (having.length === lists.length) return [{ ...first, type, description }];
    const words = having.flatMap((one) => one.words);
    if (words.length === 0) return [{ ...first, type, description, default: '' }];
    return [{ ...first, type, description: `${description} Only with ${words.join(', ')}.`.trim() }];
  });
}

/** What the field that tells alternatives apart must hold for this one. */
function chosenBy(variant: SchemaNode): readonly string[] {
  const chooser =
    Object.values(variant.properties ?? {}).find(({ const: word }) => word !== undefined) ?? variant.properties?.type;
  if (chooser?.const !== undefined) return [code(chooser.const)];
  return (chooser?.enum ?? []).map(code);
}

function typeOf(node: SchemaNode): string {
  if (node.$ref !== undefined) return referenceName(node.$ref);
  if (node.const !== undefined) return code(node.const);
  if (node.enum) return node.enum.map(code).join(', ');
  const variants = node.oneOf ?? node.anyOf;
  if (variants) return [...new Set(variants.map(typeOf))].join(' or ');
  if (node.prefixItems) return `list of ${node.prefixItems.length}`;
  if (node.items) return `list of ${typeOf(node.items)}`;
  if (node.type === 'object' && typeof node.additionalProperties === 'object') {
    return `object of ${typeOf(node.additionalProperties)}`;
  }
  if (node.type === 'string') return 'text';
  if (node.type === 'integer') return 'whole number';
  if (Array.isArray(node.type)) return node.type.join(' or ');
  return node.type ?? 'any JSON';
}

/** What a reader calls a definition. */
function referenceName(reference: string): string {
  const name = reference.replace('#/$defs/', '');
  if (name === 'prompt') return '[prompt](#prompts)';
  if (name === 'segment') return '[segment](#prompts)';
  return /^test\d/.test(name) ? 'test' : 'any JSON';
}

function defaultOf(node: SchemaNode): string {
  // A section whose fields all have defaults: they say it themselves.
  if (node.default === undefined || node.properties) return '';
  return code(node.default);
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

function limitsOf(node: SchemaNode): string {
  return [
    range(node.minimum, node.maximum, ''),
    range(node.minLength, node.maxLength, 'character'),
    range(node.minItems, node.maxItems, node.propertyNames ? 'key' : 'entry'),
  ]
    .filter((limit) => limit !== '')
    .join('; ');
}

function range(min: number | undefined, max: number | undefined, unit: string): string {
  const low = min === undefined || min <= Number.MIN_SAFE_INTEGER || (min === 0 && unit !== '') ? undefined : min;
  const high = max === undefined || max >= Number.MAX_SAFE_INTEGER ? undefined : max;
  const units = unit === 'entry' ? ' entries' : unit === '' ? '' : ` ${unit}s`;
  if (low === undefined) return high === undefined ? '' : `at most ${high}${units}`;
  if (low === high) return `${low}${units}`;
  if (high !== undefined) return `${low} … ${high}${units}`;
  return low === 1 && unit !== '' ? 'not empty' : `at least ${low}${units}`;
}

/** A Markdown table; cells may hold Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}

/** The table of an object's fields. */
export function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map((field) => [`\`${field.name}\``, field.type, field.default, field.limits, field.description]);
  return table(['Field', 'Type', 'Default', 'Limits', 'Meaning'], rows);
}
