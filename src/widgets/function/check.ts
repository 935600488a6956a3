import { parseName } from '../../flow/variables/scanner.js';
import type { WidgetProblem } from '../../flow/widget.js';
import type { FunctionRules, KnownFunction, RequestRules } from '../../model/request-rules.js';
import { closestMatch } from '../../lib/closest-match.js';
import { type FunctionConfig, keyNameOf } from './config.js';
import { holdProblems } from '../hold/hold.js';

/** Everything that can be known to be wrong before a function is called. */
export function functionProblems(config: FunctionConfig, requests?: RequestRules): readonly WidgetProblem[] {
  const hold = holdProblems({ ...config, answerLater: 0, applyLate: false }, config.timeout);
  const rules = requests?.functions;
  if (rules === undefined) return hold;
  return [...(config.service === undefined ? builtInProblems(config, rules) : serviceProblems(config.service, rules)), ...hold];
}

function serviceProblems(service: string, rules: FunctionRules): WidgetProblem[] {
  const known = rules.services();
  if (known === null || known.includes(service)) return [];
  const message = `There is no webhook '${service}' with functions.${hint(service, known)}`;
  const advice = 'Add it to webhooks.json with `"kind": "functions"`, or leave `service` out for a function of Offhook itself.';
  return [{ code: 'FUNCTION_UNKNOWN_SERVICE', path: 'service', message, advice }];
}

function builtInProblems(config: FunctionConfig, rules: FunctionRules): WidgetProblem[] {
  const known = rules.builtIn.get(config.function);
  if (known === undefined) {
    const names = [...rules.builtIn.keys()];
    const message = `There is no function '${config.function}'.${hint(config.function, names)}`;
    const advice = `Functions: ${names.join(', ')}. One of your own needs \`service\`.`;
    return [{ code: 'FUNCTION_UNKNOWN', path: 'function', message, advice }];
  }
  return [...unavailable(config, known), ...missingInputs(config, known), ...strangeInputs(config, known)];
}

function unavailable({ function: name }: FunctionConfig, { unavailable: why }: KnownFunction): WidgetProblem[] {
  if (why === null) return [];
  const message = `${name} always takes the exit \`failed\`: ${why}.`;
  const advice = 'Wire `failed`, or take another way.';
  return [{ code: 'FUNCTION_NOT_AVAILABLE', path: 'function', message, advice, severity: 'warning' }];
}

/** Required inputs that nothing passes. A group may bring them: then only the call itself knows. */
function missingInputs({ groups, keys }: FunctionConfig, { required }: KnownFunction): WidgetProblem[] {
  if (groups.includes('flow') || groups.includes('user')) return [];
  const given = new Set(keys.map((key) => parseName(keyNameOf(key))?.name.toLowerCase()));
  const missing = required.filter((name) => !given.has(name.toLowerCase()));
  if (missing.length === 0) return [];
  const [first = ''] = missing;
  const advice = `Add to \`keys\`, e.g. {"name": "${first}", "value": "$flow.key.…"}, or pass the group \`flow\`.`;
  return [{ code: 'FUNCTION_BAD_INPUT', path: 'keys', message: `The function needs ${missing.join(', ')}.`, advice }];
}

/** Inputs that the function does not know are misspelt as a rule. */
function strangeInputs({ keys }: FunctionConfig, { required, optional }: KnownFunction): WidgetProblem[] {
  const known = [...required, ...optional];
  return keys.flatMap((key, index) => {
    const variable = parseName(keyNameOf(key));
    if (variable === null || variable.namespace === 'user.key' || variable.namespace === 'call') return [];
    if (known.some((name) => name.toLowerCase() === variable.name.toLowerCase())) return [];
    const message = `The function has no input '${variable.name}'.${hint(variable.name, known)}`;
    const advice = known.length === 0 ? 'Remove it.' : `Inputs: ${known.join(', ')}.`;
    return [{ code: 'FLOW_UNKNOWN_INPUT', path: `keys[${index}]`, message, advice, severity: 'warning' }];
  });
}

function hint(word: string, known: readonly string[]): string {
  const meant = closestMatch(word, known);
  return meant === null ? '' : ` Did you mean '${meant}'?`;
}
