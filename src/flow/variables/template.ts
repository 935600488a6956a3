import type { Json } from '../../lib/json/json.js';
import { asText, Escaper } from './escape.js';
import { FlowFault } from '../fault.js';
import { formatName, type VariableName } from './names.js';
import type { SecretRef, SecretText } from '../../model/webhook.js';
import { scan } from './scanner.js';
import { urlRefusal, type UrlPiece } from './url-shape.js';
import type { Resolved, TemplateMode } from '../widget.js';

/** Largest text a template may become. */
const MAX_RENDERED_CHARS = 4 * 1_048_576;

/** What a variable holds now; `undefined` when nothing. */
export type Lookup = (variable: VariableName) => {
  readonly value: Json | undefined;
  readonly masked: boolean;
  /** The value may be the beginning of a URL. */
  readonly beginsUrl?: boolean;
};

/** What a template became, piece by piece. */
interface Rendered {
  readonly pieces: (string | SecretRef)[];
  readonly missing: readonly string[];
  readonly masked: boolean;
  /** Why no request may go to this URL; absent when one may. */
  readonly refused?: string;
}

/** Puts variables into a text. Values are not scanned again. */
export function renderText(template: string, mode: TemplateMode, lookup: Lookup): Resolved<string> {
  const { pieces, ...rest } = render(template, mode, lookup, false);
  return { value: pieces.filter((piece) => typeof piece === 'string').join(''), ...rest };
}

/** The same, with `$secret.*` left as references. */
export function renderSecretText(template: string, mode: TemplateMode, lookup: Lookup): Resolved<SecretText> {
  const { pieces, ...rest } = render(template, mode, lookup, true);
  return { value: pieces, ...rest };
}

/** A template that is exactly one variable yields its typed value, any other yields text. */
export function renderTyped(template: string, lookup: Lookup): Resolved<Json> {
  const tokens = scan(template);
  const only = tokens[0];
  if (tokens.length !== 1 || only?.kind !== 'variable') return renderText(template, 'text', lookup);
  const { value, masked } = lookup(only.variable);
  return { value: value ?? null, missing: value === undefined ? [only.source] : [], masked };
}

function render(template: string, mode: TemplateMode, lookup: Lookup, secrets: boolean): Rendered {
  const escaper = new Escaper(mode);
  const pieces: (string | SecretRef)[] = [];
  const missing: string[] = [];
  const shape: UrlPiece[] = [];
  let masked = false;
  let chars = 0;
  const push = (text: string): void => {
    chars += text.length;
    if (chars > MAX_RENDERED_CHARS)
      throw new FlowFault('FLOW_VALUE_TOO_LARGE', 'A text became too large with its variables put in.');
    const last = pieces.length - 1;
    const before = pieces[last];
    if (typeof before === 'string') pieces[last] = before + text;
    else pieces.push(text);
  };
  for (const token of scan(template)) {
    if (token.kind !== 'variable') {
      escaper.literal(token.text);
      shape.push({ kind: 'text', text: token.text });
      push(token.text);
    } else if (secrets && token.variable.namespace === 'secret') {
      // Whatever follows is no longer at the beginning of a URL, and a secret inside a JSON string does not end it.
      escaper.literal(' ');
      shape.push({ kind: 'secret' });
      pieces.push({ secret: token.variable.name });
    } else {
      const found = lookup(token.variable);
      // A stored null is a value only where it can be told from empty text.
      if (found.value === undefined || (found.value === null && !escaper.typed)) missing.push(token.source);
      masked ||= found.masked;
      const trusted = found.beginsUrl === true;
      shape.push({ kind: 'value', source: formatName(token.variable), text: asText(found.value), trusted });
      push(escaper.value(found.value));
    }
  }
  const refusal = mode === 'url' ? urlRefusal(shape) : null;
  return { pieces, missing, masked, ...(refusal !== null && { refused: refusal.why }) };
}
