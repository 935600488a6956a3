import type { Json } from '../../lib/json/json.js';
import type { FlowDocument } from '../document/document.js';
import { declaredBy, formatName, PARAM_ALIASES, type VariableName } from './names.js';

/** What the platform itself makes and signs. */
const OWN: ReadonlySet<string> = new Set(['$call.recordingurl']);

/** The full name a variable goes by: that of what it stands for. */
function fullName(variable: VariableName): string {
  const alias = variable.namespace === 'param' ? PARAM_ALIASES.get(variable.name) : undefined;
  return formatName(alias ?? variable);
}

/** True for a variable that may be the beginning of a URL whatever it holds: one of ours, or one the site lists. */
export function isUrlVariable(variable: VariableName, isListed: (name: string) => boolean): boolean {
  return OWN.has(fullName(variable)) || [fullName(variable), formatName(variable)].some((name) => isListed(name));
}

/** The value the flow's author gave a variable in `variables`; undefined when none. */
export function authoredValue(
  variable: VariableName,
  { document }: { readonly document: Pick<FlowDocument, 'variables'> },
): Json | undefined {
  const name = formatName(variable);
  const found = Object.entries(document.variables).find(([key]) => formatName(declaredBy(key)) === name);
  return found?.[1];
}

/**
 * Whether a variable may be the beginning of a URL with this value: the site lists it, we made the value, or it is still what the
 * flow's author wrote under `variables`, which is as good as a URL written out.
 */
export function mayBeginUrl(
  variable: VariableName,
  value: Json,
  {
    flow,
    isListed,
  }: {
    readonly flow: { readonly document: Pick<FlowDocument, 'variables'> };
    readonly isListed: (name: string) => boolean;
  },
): boolean {
  if (isUrlVariable(variable, isListed)) return true;
  return typeof value === 'string' && value === authoredValue(variable, flow);
}
