import { z } from 'zod';
import { promptSchema, segmentSchema } from '../../src/flow/prompt.js';

/** A JSON Schema (2020-12), as far as the generators read it. */
export interface SchemaNode {
  $schema?: string;
  $ref?: string;
  $defs?: Record<string, SchemaNode>;
  title?: string;
  description?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  additionalProperties?: boolean | SchemaNode;
  propertyNames?: SchemaNode;
  items?: SchemaNode;
  prefixItems?: SchemaNode[];
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  allOf?: SchemaNode[];
  if?: SchemaNode;
  then?: SchemaNode;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

z.globalRegistry.add(promptSchema, { id: 'prompt', description: 'Segments played one after the other.' });
z.globalRegistry.add(segmentSchema, { id: 'segment', description: 'One piece of a prompt.' });

/** The JSON Schema of what a file may contain (before defaults are filled in). */
export function inputSchema(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
}

/** A copy in which every definition that zod named by number is called `<owner>.<number>`, so that schemas can be joined. */
export function namespaced(node: SchemaNode, owner: string): SchemaNode {
  const text = JSON.stringify(node).replace(/"((?:#\/\$defs\/)?)__schema(\d+)"/g, `"$1${owner}.$2"`);
  return JSON.parse(text) as SchemaNode;
}
