import { describe, expect, it } from 'vitest';
import type { WidgetProblemCode } from '../../../src/flow/widget.js';
import type { RequestRules } from '../../../src/model/request-rules.js';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { CODES } from '../../../src/lib/codes.js';
import { WIDGET_CHECK_CODES } from '../../../src/lib/codes/widget-checks.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';
import { siteRules } from '../../support/functions.js';
import { SERVICE } from '../../support/webhook-widget.js';

/*
 * Every kind of problem that the checks of widgets find has its own code. The type of the table wants each of them: a kind that no
 * widget finds any more cannot stay.
 */

/** Has functions, the service `crm` and the signer `account`. */
const site: RequestRules = {
  ...siteRules('crm'),
  signer: (name) => (name === 'account' ? null : `there is no signer '${name}'`),
  signsInAuthorization: (name) => name === 'account',
};
const unreachable: RequestRules = { ...site, answerLater: () => 'the site has no public address' };

/** A widget of a flow file. */
type Widget = JsonObject & { readonly type: string };

const hook = (fields: JsonObject): Widget => ({ type: 'webhook', url: SERVICE, ...fields });
const call = (fields: JsonObject): Widget => ({ type: 'function', function: 'dateCompare', groups: ['flow'], ...fields });
const collect = (fields: JsonObject): Widget => ({ type: 'collect', saveIn: '$flow.key.a', ...fields });
const test = (when: JsonObject): Widget => ({ type: 'condition', conditions: [{ name: 'yes', when }] });
const compare = (fields: JsonObject): Widget => test({ variable: '$flow.key.a', ...fields });
const set = (fields: JsonObject): Widget => ({ type: 'set', values: [{ saveIn: '$flow.key.a', ...fields }] });

const row = { saveIn: '$flow.key.a', path: 'a' };
const basic = { type: 'basic', username: 'a', password: 'b' };
const header = { key: 'Authorization', value: 'x' };

/** A widget with one mistake, and where it is found. */
type Found = readonly [path: string, widget: Widget, rules?: RequestRules];

const KINDS: Record<WidgetProblemCode, readonly [Found, ...Found[]]> = {
  FLOW_CONFLICT: [
    ['timeoutProfile', hook({ timeout: 10, timeoutProfile: 'legacy-5s' })],
    ['mapping[0].mandatory', hook({ mapping: [{ ...row, required: true, mandatory: false }] })],
    ['headers[0]', hook({ auth: basic, headers: [header] })],
    ['digits.min', collect({ digits: { min: 5, max: 4 } })],
    ['digits.allow', collect({ digits: { allow: '#', endOn: '#' } })],
    ['confirm.reject', collect({ confirm: { accept: '1', reject: '1' } })],
  ],
  FLOW_NO_EFFECT: [
    ['connectTimeout', hook({ timeout: 5, connectTimeout: 5 })],
    ['body', hook({ body: { type: 'text', content: 'x' } })],
    ['mapping[0].required', hook({ mapping: [{ ...row, required: true, default: 1 }] })],
    ['retries', hook({ method: 'POST', retries: 1 })],
    ['mapping', hook({ wait: false, applyLate: false, mapping: [row] })],
    ['statusExits', hook({ wait: false, statusExits: ['404'] })],
    ['holdMusic', hook({ wait: false, holdMusic: true })],
    ['minMusic', hook({ minMusic: 5 })],
    ['holdMusicDelay', hook({ holdMusicDelay: 5 })],
    ['progress[0].at', hook({ timeout: 5, progress: [{ at: 5, prompt: [{ say: 'Still there' }] }] })],
    ['escapeKey', call({ wait: false, escapeKey: '*' })],
  ],
  FLOW_BRANCH_NEVER_TAKEN: [
    ['conditions[0].when.expr', test({ expr: '"a" + "b"' })],
    ['conditions[0].when.not.value', test({ not: { variable: '$flow.key.a', operator: 'dateAfter', value: '31.12.2026' } })],
    ['conditions[0].when.value', compare({ operator: 'between', value: [9, 1] })],
    ['conditions[0].when.value', compare({ operator: 'notBetween', value: [9, 1] })],
    ['hours', { type: 'timeCondition' }],
  ],
  FLOW_ALWAYS_FAILS: [
    ['mapping[0].required', hook({ method: 'HEAD', mapping: [{ ...row, required: true }] })],
    ['', { type: 'operation', saveIn: '$flow.key.a', operation: 'divide', left: 1, right: 0 }],
    ['values[0].value', set({ value: 'abc', type: 'number' })],
  ],
  FLOW_NOT_A_VARIABLE: [
    ['query[0].value', hook({ query: [{ key: 'a', value: 'x', type: 'variable' }] })],
    ['conditions[0].when.variable', compare({ variable: 'flow.key.a', operator: 'isEmpty' })],
  ],
  FLOW_NAME_TAKEN: [
    ['conditions[0].name', { type: 'condition', conditions: [{ name: 'default', when: { expr: 'true' } }] }],
    [
      'conditions[1].name',
      {
        type: 'condition',
        conditions: [
          { name: 'a', when: { expr: 'true' } },
          { name: 'a', when: { expr: 'false' } },
        ],
      },
    ],
  ],
  FLOW_COMPARES_DIGITS: [
    ['conditions[0].when.value', compare({ operator: 'equals', value: '007' })],
    ['conditions[0].when.value', compare({ operator: 'notEquals', value: '12.50' })],
    ['conditions[0].when.value', compare({ operator: 'equals', value: '+7' })],
    ['conditions[0].when.value', compare({ operator: 'equals', value: '9007199254740993' })],
    ['conditions[0].when.value[1]', compare({ operator: 'in', value: ['7', '07'] })],
    ['conditions[0].when.value[0]', compare({ operator: 'notIn', value: ['7.5'] })],
  ],
  FLOW_BAD_HEADER: [
    ['headers[0]', hook({ headers: [{ key: 'a b', value: 'x' }] })],
    ['auth.name', hook({ auth: { type: 'apiKey', name: 'Host', value: 'x' } })],
  ],
  FLOW_BAD_BODY: [['body.content', hook({ method: 'POST', body: { type: 'json', content: '{a: 1}' } })]],
  FLOW_BAD_PATH: [['mapping[0].path', hook({ mapping: [{ ...row, path: 'a..b' }] })]],
  FLOW_SILENT_WAIT: [['answerLater', hook({ answerLater: 5 })]],
  FLOW_NO_LATER_ANSWER: [['answerLater', hook({ answerLater: 5, holdMusic: true }), unreachable]],
  FLOW_UNKNOWN_INPUT: [['keys[0]', call({ keys: [{ name: 'date3', value: 'now' }] })]],
  FLOW_INVALID: [['timeout', hook({ profile: 'vonage', timeout: 60 })]],
  CREDENTIAL_UNKNOWN: [['auth.name', hook({ auth: { type: 'credential', name: 'shop' } })]],
  SIGNER_UNKNOWN: [['sign', hook({ sign: 'studio' })]],
  SIGNATURE_MOVED: [['sign', hook({ auth: basic, sign: 'account' })]],
  FUNCTION_UNKNOWN: [['function', call({ function: 'dateCompere' })]],
  FUNCTION_UNKNOWN_SERVICE: [['service', call({ service: 'crn' })]],
  FUNCTION_NOT_AVAILABLE: [['function', call({ function: 'createOutbound' })]],
  FUNCTION_BAD_INPUT: [['keys', call({ groups: [] })]],
};

/** `code path` of everything that the check of a widget finds. */
function found({ type, ...fields }: Widget, rules: RequestRules): readonly string[] {
  const definition = widgetCatalogue.get(type);
  if (definition === undefined) throw new Error(`there is no widget type ${type}`);
  const problems = definition.check?.(definition.config.parse(fields), rules) ?? [];
  return problems.map(({ code, path }) => `${code} ${path}`);
}

describe('what the check of a widget finds has the code of its kind', () => {
  const cases = Object.entries(KINDS).flatMap(([code, kinds]) =>
    kinds.map(([path, widget, rules = site]) => [code, path, widget, rules] as const),
  );

  it.each(cases)('%s at %s', (code, path, widget, rules) => {
    expect(found(widget, rules)).toEqual([`${code} ${path}`]);
  });

  it('no kind is unused, each is documented', () => {
    expect(Object.keys(KINDS)).toEqual(expect.arrayContaining(Object.keys(WIDGET_CHECK_CODES)));
    expect(Object.keys(CODES)).toEqual(expect.arrayContaining(Object.keys(KINDS)));
  });

  it('every widget that checks itself is among them', () => {
    const shown = new Set(Object.values(KINDS).flatMap((kinds) => kinds.map(([, { type }]) => type)));
    const checking = [...widgetCatalogue.values()].filter((one) => one.check !== undefined).map(({ type }) => type);
    expect([...shown].sort()).toEqual(checking.sort());
  });
});
