import { z } from 'zod';
import { jsonPath } from '../../lib/json/json-path.js';
import { jsonWords } from '../../lib/json/json-words.js';
import { closestMatch } from '../../lib/closest-match.js';
import { problem, type Problem } from '../../lib/problem.js';

/** The keys a JSON Schema knows at a path. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let node = schema as JsonSchema | undefined;
  for (const key of path) {
    const object = node?.anyOf?.find((branch) => branch.properties ?? branch.items) ?? node;
    node = typeof key === 'number' ? object?.items : object?.properties?.[String(key)];
  }
  const object = node?.anyOf?.find((branch) => branch.properties) ?? node;
  return Object.keys(object?.properties ?? {});
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Where a document came from. */
export interface DocumentSource {
  readonly file: string;
  readonly schema: z.ZodType;
  /** The environment variable a value came from, or null. */
  readonly variable?: (path: readonly PropertyKey[]) => string | null;
}

/** Every issue of a failed parse as a problem of its own: unknown keys with what was probably meant, wrong values with what fits. */
export function problemsOf(error: z.ZodError, source: DocumentSource): readonly Problem[] {
  const schema = z.toJSONSchema(source.schema, { io: 'input', unrepresentable: 'any' });
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => unknownKey(source.file, [...issue.path, key], known));
    }
    const variable = source.variable?.(issue.path) ?? null;
    const message = jsonWords(issue.message.replace(/^Invalid (?:input|option): /, ''));
    const at = { file: source.file, path: jsonPath('$', issue.path), message };
    if (variable === null) return [problem('CONFIG_INVALID', at)];
    const advice = `Correct the environment variable ${variable}.`;
    return [problem('CONFIG_INVALID', { ...at, file: 'environment', message: `${variable}: ${message}` }, { advice })];
  });
}

function unknownKey(file: string, path: readonly PropertyKey[], known: readonly string[]): Problem {
  const key = String(path.at(-1));
  const at = { file, path: jsonPath('$', path), message: `Offhook has no setting “${key}” here` };
  const meant = closestMatch(key, known);
  if (meant !== null) return problem('CONFIG_UNKNOWN_KEY', at, { advice: `Did you mean “${meant}”?` });
  const advice = `Remove it or correct its spelling. Settings here: ${known.join(', ')}.`;
  return problem('CONFIG_UNKNOWN_KEY', at, known.length === 0 ? {} : { advice });
}
