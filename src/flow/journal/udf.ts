import type { Json, JsonObject } from '../../lib/json/json.js';
import { isExact, numberFrom } from '../../lib/number/exact-number.js';
import { withPlainNumbers } from '../../lib/json/json-text.js';
import { MASK } from '../../lib/mask.js';
import { asText } from '../variables/escape.js';
import type { VariableSummary } from '../../model/report.js';
import type { UdfColumn } from '../../model/journal.js';
import { formatName } from '../variables/names.js';
import { parseName } from '../variables/scanner.js';

/**
 * The report columns of a call (docs/behaviour.md#report-columns): the last value of each variable in the column's type; null
 * when never set.
 */
export function udfValues(columns: readonly UdfColumn[], variables: readonly VariableSummary[]): JsonObject {
  return Object.fromEntries(columns.map((column) => [column.name, columnValue(column, variables)]));
}

function columnValue({ variable, type }: UdfColumn, variables: readonly VariableSummary[]): Json {
  const parsed = parseName(variable);
  const name = parsed === null ? variable : formatName(parsed);
  const found = variables.find((candidate) => candidate.name === name);
  if (found === undefined || found.value === null) return null;
  return found.masked ? MASK : typed(found.value, type);
}

/** Null when the value cannot be of that type. */
function typed(value: Json, type: UdfColumn['type']): Json {
  switch (type) {
    case 'json':
      return value;
    case 'string':
      return asText(value);
    case 'number': {
      return isExact(value) ? value : numberFrom(asText(value));
    }
    case 'boolean': {
      const text = asText(withPlainNumbers(value)).trim().toLowerCase();
      if (text === 'true' || text === '1') return true;
      return text === 'false' || text === '0' ? false : null;
    }
  }
}
