import { asText } from '../../flow/variables/escape.js';
import { formatName, isValidName, isWritable } from '../../flow/variables/names.js';
import { parseName } from '../../flow/variables/scanner.js';
import type { Json, JsonObject } from '../../lib/json/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import { CALL_VARIABLE_NAMES } from '../../model/call-variables.js';
import { parseExact } from '../../lib/json/json-text.js';

/** Sample values, sorted by where a flow would have them from. */
export interface Samples {
  /** Variables that flows write, by full name. */
  readonly variables: JsonObject;
  /** `$call.*` without the prefix. */
  readonly facts: JsonObject;
  /** `$widget.<id>.*`: results of widgets before, by id. */
  readonly results: ReadonlyMap<string, JsonObject>;
}

/** Sorts samples given by name (`$flow.key.order`). The error is a sentence. */
export function sortSamples(given: Readonly<Record<string, Json>>): Result<Samples, string> {
  const variables: Record<string, Json> = {};
  const facts: Record<string, Json> = {};
  const results = new Map<string, Record<string, Json>>();
  for (const [key, value] of Object.entries(given)) {
    const variable = parseName(key);
    if (variable === null) return err(`${key} is not a variable; write it with its namespace, e.g. $flow.key.order.`);
    const { namespace, name } = variable;
    if (!isValidName(variable)) return err(`${key} cannot be the name of a variable.`);
    if (namespace === 'call') {
      if (!CALL_VARIABLE_NAMES.has(name) && !name.startsWith('sipheader.')) return err(`There is no ${key}.`);
      facts[name] = value;
    } else if (namespace === 'widget') {
      const [id = '', field = ''] = name.split('.');
      results.set(id, { ...results.get(id), [field]: value });
    } else if (isWritable(variable)) variables[formatName(variable)] = value;
    else return err(`${key} cannot be given: it is known by itself or, as a secret, from the configuration.`);
  }
  return ok({ variables, facts, results });
}

/** Reads `$flow.key.order=1234` (text) or `$flow.key.count:=5` (JSON). The error is a sentence. */
export function readSample(text: string): Result<readonly [name: string, value: Json], string> {
  const found = /^(\$[^=]*?)(:?=)(.*)$/su.exec(text);
  const [, name = '', sign, value = ''] = found ?? [];
  if (found === null) return err(`${asText(text)} is not of the form $flow.key.order=1234 (or $flow.key.count:=5 for JSON).`);
  if (sign === '=') return ok([name, value]);
  try {
    return ok([name, parseExact(value) as Json]);
  } catch {
    return err(`The value of ${name} is not JSON.`);
  }
}
