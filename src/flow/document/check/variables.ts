import { CALL_VARIABLE_NAMES } from '../../../model/call-variables.js';
import { jsonPath } from '../../../lib/json/json-path.js';
import { secretAdvice } from '../../../lib/secret-variable.js';
import { compileExpression } from '../../expression/expression.js';
import type { FlowDocument } from '../document.js';
import {
  declaredBy,
  formatName,
  isValidName,
  isWritable,
  PARAM_ALIASES,
  SYSTEM_VALUES,
  type VariableName,
} from '../../variables/names.js';
import { parseName, scan } from '../../variables/scanner.js';
import type { RequestRules } from '../../../model/request-rules.js';
import type { Drafted } from './drafts.js';
import { fieldMatcher, ownFields, textsIn } from './fields.js';
import type { Report } from './report.js';

/** What the flow may refer to besides its own variables. */
export interface Surroundings {
  /** Whether a secret of that name is configured; undefined when not known here. */
  readonly secrets?: (name: string) => boolean;
  /** What is known of requests and functions; absent where a flow is checked without a site. */
  readonly requests?: RequestRules;
  /** Whether a flow may read the SIP header of that name; undefined when not known here. */
  readonly sipHeader?: (name: string) => boolean;
}

const ROOTS: ReadonlySet<string> = new Set(['flow', 'user', 'call', 'sys', 'widget', 'secret', 'loop']);

/** How many other systems write a variable in a text: `{{ flow.variables.name }}`. */
const FOREIGN = /\{\{\s{0,9}[A-Za-z_][\w.[\]'"| -]{0,99}\}\}/u;

/** Checks every variable in every text and expression: declared, existing, writable, secrets only where they are put in. */
export function checkVariables(
  document: FlowDocument,
  drafts: ReadonlyMap<string, Drafted>,
  report: Report,
  around: Surroundings,
): void {
  const names = new VariableCheck(declaredVariables(document, drafts, report, around), drafts, report, around);
  for (const draft of drafts.values()) checkWidget(draft, names, report);
  checkColumns(document, names, report);
}

/** Report columns (UDF): each name once, each bound to a variable that a flow can set. */
function checkColumns({ udf }: FlowDocument, names: VariableCheck, report: Report): void {
  const taken = new Set<string>();
  for (const [index, { name, variable }] of udf.entries()) {
    const path = jsonPath('$.udf', [index]);
    if (taken.has(name))
      report.error('FLOW_INVALID', `${path}.name`, `There is another column '${name}'.`, 'Give it another name.');
    taken.add(name);
    const parsed = parseName(variable);
    if (parsed === null || !isWritable(parsed)) {
      const message = `'${variable}' is not a variable that a flow can set.`;
      report.error(
        'FLOW_READ_ONLY_VARIABLE',
        `${path}.variable`,
        message,
        'Bind a column to one of `$flow.key.*`, `$user.key.*` or `$NAME`.',
      );
    } else names.use(parsed, `${path}.variable`);
  }
}

/** Full names of what the flow declares, by `variables` and by what its widgets write. */
function declaredVariables(
  document: FlowDocument,
  drafts: ReadonlyMap<string, Drafted>,
  report: Report,
  around: Surroundings,
): ReadonlySet<string> {
  const declared = new Set<string>();
  for (const key of Object.keys(document.variables)) {
    const variable = declaredBy(key);
    const written = parseName(key);
    if (written !== null) {
      const message = `'${key}' is written with its namespace, which does not belong here.`;
      report.error('FLOW_READ_ONLY_VARIABLE', jsonPath('$.variables', [key]), message, shortNameAdvice(written));
    } else if (isWritable(variable) && isValidName(variable)) declared.add(formatName(variable));
    else
      report.error(
        'FLOW_READ_ONLY_VARIABLE',
        jsonPath('$.variables', [key]),
        `'${key}' is a name of the platform or cannot be a name.`,
      );
  }
  for (const draft of drafts.values()) {
    const { id, widget } = draft;
    if (widget === null || draft.mended === true) for (const name of probablyWritten(draft)) declared.add(name);
    for (const name of widget?.definition.writes?.(widget.config, around.requests) ?? []) {
      const variable = parseName(name);
      if (variable !== null && isWritable(variable) && isValidName(variable)) declared.add(formatName(variable));
      else {
        const advice =
          variable === null ? `Write it with its namespace, e.g. \`$flow.key.${name.replace(/^\$/, '')}\`.` : undefined;
        report.error(
          'FLOW_READ_ONLY_VARIABLE',
          jsonPath('$.widgets', [id]),
          `${id} writes '${name}', which flows may only read.`,
          advice,
        );
      }
    }
  }
  return declared;
}

function shortNameAdvice({ namespace, name }: VariableName): string {
  if (namespace === 'flow.key') return `Write \`${name}\`: the names under \`variables\` are those of \`$flow.key.*\`.`;
  return namespace === 'param'
    ? `Write \`${name}\`.`
    : 'Set it with a `set` widget; only `$flow.key.*` and `$NAME` have initial values.';
}

/**
 * What a widget whose configuration, or a part of it, makes no sense would write, so that its mistake is not reported again wherever its variables
 * are used: what its fields such as `saveIn` name, also without the namespace, and what every widget of its type writes.
 */
function probablyWritten({ frame, definition }: Drafted): readonly string[] {
  const named = textsIn(frame).flatMap(({ keys, text }) => (/^save/.test(String(keys.at(-1))) ? [text] : []));
  const example = definition?.config.safeParse(ownFields(definition.example));
  const usual = example?.success === true ? (definition?.writes?.(example.data) ?? []) : [];
  return [...named, ...usual].flatMap((text) => {
    const variable = parseName(text) ?? parseName(`$flow.key.${text.replace(/^\$/u, '')}`);
    return variable === null ? [] : [formatName(variable)];
  });
}

function checkWidget(draft: Drafted, names: VariableCheck, report: Report): void {
  const { widget, frame } = draft;
  if (widget === null) return;
  const { definition } = widget;
  const isSecret = fieldMatcher(definition.secretFields);
  const isExpression = fieldMatcher(definition.expressionFields);
  const isLiteral = fieldMatcher(definition.literalFields);
  for (const { keys, text } of textsIn(frame)) {
    const path = jsonPath('$.widgets', [draft.id, ...keys]);
    if (isLiteral(keys)) continue;
    if (isExpression(keys)) checkExpression(text, path, names, report);
    else names.template(text, path, isSecret(keys));
  }
  for (const { path, variable } of definition.reads?.(widget.config) ?? []) {
    names.template(variable, `${jsonPath('$.widgets', [draft.id])}.${path}`, false);
  }
}

function checkExpression(text: string, path: string, names: VariableCheck, report: Report): void {
  const expression = compileExpression(text);
  if (!expression.ok) {
    const advice = text.includes('$') ? 'In expressions, write variables without `$`, e.g. `flow.key.order`.' : undefined;
    report.error('FLOW_BAD_EXPRESSION', path, `The expression cannot be used: ${expression.error}.`, advice);
    return;
  }
  for (const unclear of expression.value.references.unclear) {
    const advice =
      'Write the full name of the variable, e.g. `flow.key.order`, `call.cli`, `widget.lookup.status`, `param.NAME`.';
    report.error('FLOW_BAD_EXPRESSION', path, `'${unclear}' in the expression names no variable.`, advice);
  }
  for (const variable of expression.value.references.variables) names.use(variable, path);
}

/** Judges single uses of variables. */
class VariableCheck {
  constructor(
    private readonly declared: ReadonlySet<string>,
    private readonly drafts: ReadonlyMap<string, Drafted>,
    private readonly report: Report,
    private readonly around: Surroundings,
  ) {}

  /** Checks a text with variables in it. */
  template(text: string, path: string, secretsAllowed: boolean): void {
    for (const token of scan(text)) {
      if (token.kind === 'suspect') this.#suspect(token.text, path);
      else if (token.kind === 'variable' && token.variable.namespace === 'secret')
        this.#secret(token.variable.name, path, secretsAllowed);
      else if (token.kind === 'variable') this.use(token.variable, path);
    }
    const foreign = FOREIGN.exec(text)?.[0];
    if (foreign !== undefined) {
      const message = `'${foreign}' stays as it is written: here it is no variable.`;
      const advice = 'Write variables as `$flow.key.<name>`, `$call.cli`, `$widget.<id>.<field>`; docs/flows.md lists them.';
      this.report.warning('FLOW_UNKNOWN_VARIABLE', path, message, advice);
    }
  }

  /** Checks that a variable exists or is declared. */
  use(variable: VariableName, path: string): void {
    const { namespace, name } = variable;
    const shown = formatName(variable);
    switch (namespace) {
      case 'call':
        if (name.startsWith('sipheader.')) this.#sipHeader(name.slice('sipheader.'.length), shown, path);
        else if (!CALL_VARIABLE_NAMES.has(name)) this.#unknown(shown, path, this.report.hint(name, CALL_VARIABLE_NAMES));
        return;
      case 'sys':
        if (!SYSTEM_VALUES.some((value) => value === name)) this.#unknown(shown, path, this.report.hint(name, SYSTEM_VALUES));
        return;
      case 'widget': {
        this.#widgetResult(name, shown, path);
        return;
      }
      case 'user.key':
        // Another flow may have written it (docs/behaviour.md#stored-variables).
        if (!isValidName(variable)) this.#unknown(shown, path, '');
        return;
      case 'param':
        if (!PARAM_ALIASES.has(name)) this.#declared(shown, path, PARAM_ALIASES.keys());
        return;
      case 'secret':
        this.#secret(name, path, false);
        return;
      default:
        this.#declared(shown, path, []);
    }
  }

  /** A warning: which headers are read belongs to the site, flows travel between sites. */
  #sipHeader(header: string, shown: string, path: string): void {
    if (this.around.sipHeader?.(header) !== false) return;
    this.report.warning('FLOW_SIP_HEADER', path, `${shown} never has a value: this site does not read the header ${header}.`);
  }

  #widgetResult(name: string, shown: string, path: string): void {
    const dot = name.indexOf('.');
    const [id, field] = [name.slice(0, dot), name.slice(dot + 1)];
    const draft = this.drafts.get(id);
    if (draft === undefined) {
      this.#unknown(shown, path, this.report.hint(id, this.drafts.keys()));
      return;
    }
    const results = draft.definition?.results;
    if (results === undefined) return;
    const known = [...results, 'error', 'message'];
    if (!known.includes(field)) {
      const message = `${id} (${draft.frame.type}) never sets ${shown}.${this.report.hint(field, known)}`;
      this.report.error('FLOW_UNKNOWN_VARIABLE', path, message, `It leaves: ${known.join(', ')}.`);
    }
  }

  #declared(shown: string, path: string, alsoKnown: Iterable<string>): void {
    if (this.declared.has(shown)) return;
    const known = [...this.declared, ...[...alsoKnown].map((name) => `$${name}`)];
    this.report.error(
      'FLOW_UNDECLARED_VARIABLE',
      path,
      `No widget writes ${shown}, and \`variables\` does not declare it.${this.report.hint(shown, known)}`,
    );
  }

  #unknown(shown: string, path: string, hint: string): void {
    this.report.error('FLOW_UNKNOWN_VARIABLE', path, `There is no ${shown}.${hint}`);
  }

  #suspect(text: string, path: string): void {
    const root = /^\$([a-z]+)/.exec(text)?.[1] ?? '';
    const message = `'${text}' looks like a variable but is none.`;
    // `$flow.kee.x` is certainly a mistake; `$us` may be meant as it stands.
    if (ROOTS.has(root)) this.report.error('FLOW_UNKNOWN_VARIABLE', path, message);
    else this.report.warning('FLOW_UNKNOWN_VARIABLE', path, message);
  }

  #secret(name: string, path: string, allowed: boolean): void {
    if (!allowed) this.report.error('FLOW_SECRET_MISPLACED', path, `This field does not take $secret.${name}.`);
    else if (this.around.secrets?.(name) === false) {
      // A warning: secrets belong to the machine, flows travel between machines. The request that needs it fails, and says why.
      this.report.warning('FLOW_UNKNOWN_SECRET', path, `The secret '${name}' is not set.`, secretAdvice(name));
    }
  }
}
