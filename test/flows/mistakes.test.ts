import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../src/flow/document/check/check.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { Guard } from '../../src/http/guard.js';
import { requestRules } from '../../src/webhooks/request-rules.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { flowOf, problemsOf } from '../support/flow-case.js';

/*
 * Mistakes people make in flow files. Each must be found before a call is, with the file, the place, and what to write instead.
 */

const guard = new Guard({ allowHttp: false, allowNetworks: [], allowHosts: [] });
const site = { allowHttp: false, requests: requestRules(guard), secrets: (name: string) => name === 'token' };

/** `code path` of everything found in one widget; warnings are marked with a `~`. */
function found(flow: unknown): readonly string[] {
  return problemsOf(flow, site).map(({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path}`);
}

const wired: JsonObject = { exits: { next: 'bye' } };
const hook = (fields: JsonObject): JsonObject => ({
  type: 'webhook',
  url: 'https://api.example/x',
  exits: { success: 'bye', failed: 'bye' },
  ...fields,
});
const post = (body: Json): JsonObject => hook({ method: 'POST', body });
const play = (prompt: Json, more: JsonObject = {}): JsonObject => ({ type: 'play', prompt, exits: { done: 'bye' }, ...more });
const collect = (fields: JsonObject): JsonObject => ({
  type: 'collect',
  saveIn: '$flow.key.x',
  exits: { collected: 'bye', noInput: 'bye', missed: 'bye' },
  ...fields,
});
const menu = (fields: JsonObject): JsonObject => ({
  type: 'menu',
  keys: { 1: 'One' },
  exits: { 1: 'bye', noInput: 'bye', invalid: 'bye' },
  ...fields,
});
const condition = (when: JsonObject): JsonObject => ({
  type: 'condition',
  conditions: [{ name: 'yes', when }],
  exits: { yes: 'bye', default: 'bye' },
});
const test = (fields: JsonObject): JsonObject => condition({ variable: '$flow.key.x', ...fields });
const operation = (fields: JsonObject): JsonObject => ({ type: 'operation', saveIn: '$flow.key.x', ...wired, ...fields });
const set = (row: JsonObject): JsonObject => ({ type: 'set', values: [{ saveIn: '$flow.key.x', ...row }], ...wired });
const times = (fields: JsonObject): JsonObject => ({ type: 'timeCondition', exits: { open: 'bye', closed: 'bye' }, ...fields });

/** What is written, what is found in it, and what the message or the advice must say. */
type Mistake = [what: string, widget: JsonObject, found: readonly string[], says?: RegExp];

const WIDGETS: readonly Mistake[] = [
  [
    'the variables of another system',
    play([{ say: 'Hello {{flow.variables.name}}' }]),
    ['~FLOW_UNKNOWN_VARIABLE .prompt[0].say'],
    /'\{\{flow\.variables\.name\}\}' stays as it is written.*\$flow\.key\.<name>/s,
  ],
  ['hours like those of cron', times({ hours: '0 9 * * 1-5' }), ['FLOW_INVALID .hours'], /expected list, received string/],
  ['a list for a menu’s keys', menu({ keys: ['1'] }), ['FLOW_INVALID .keys'], /expected object, received list/],
  [
    'a row that cannot be read, told once and not again wherever its variable is used',
    hook({ url: 'https://api.example/$flow.key.status', mapping: [{ saveIn: '$flow.key.status', path: '' }] }),
    ['FLOW_INVALID .mapping[0].path'],
  ],
  [
    'a variable without its namespace',
    hook({ url: 'https://api.example/$flow.key.status', mapping: [{ saveIn: 'status', path: 'a' }] }),
    ['FLOW_INVALID .mapping[0].saveIn'],
    /\$flow\.key\.<name>/,
  ],
  ['a body as text', post('{"a": 1}'), ['FLOW_INVALID .body'], /\{"type": "json", "content"/],
  ['a body without its type', post({ a: 1 }), ['FLOW_INVALID .body.type'], /one of none, json, fields/],
  [
    'the exit of another system',
    hook({ exits: { success: 'bye', default: 'bye' } }),
    ['FLOW_UNKNOWN_EXIT .exits.default'],
    /leaves by `success`/,
  ],
  ['a status that is none', hook({ exits: { success: 'bye', 600: 'bye' } }), ["FLOW_UNKNOWN_EXIT .exits['600']"], /`404`.*`5xx`/],
  [
    'a status when nobody waits',
    hook({ wait: false, exits: { success: 'bye', 404: 'bye' } }),
    ["FLOW_UNKNOWN_EXIT .exits['404']"],
    /before there is a status/,
  ],
  ['a type misspelt', { type: 'colect' }, ['FLOW_UNKNOWN_WIDGET_TYPE .type'], /Did you mean 'collect'/],
  ['a field misspelt', play([{ say: 'a' }], { bargein: true }), ['FLOW_UNKNOWN_FIELD .bargein'], /Did you mean 'bargeIn'/],
  [
    '`exit` for `exits`',
    { type: 'play', prompt: [{ say: 'a' }], exit: { done: 'bye' } },
    ['FLOW_UNKNOWN_FIELD .exit', 'FLOW_UNWIRED_EXIT .exits'],
    /Did you mean 'exits'/,
  ],
  ['a prompt as text', play('Hello'), ['FLOW_INVALID .prompt'], /list of segments, e\.g\. \[\{"say"/],
  ['a prompt as one segment', play({ say: 'Hello' }), ['FLOW_INVALID .prompt'], /list of segments/],
  [
    '`text` for `say`',
    play([{ text: 'Hello' }]),
    ['FLOW_INVALID .prompt[0].say', 'FLOW_UNKNOWN_FIELD .prompt[0].text'],
    /Fields here: say/,
  ],
  ['a language with an underscore', play([{ say: 'a', language: 'de_DE' }]), ['FLOW_INVALID .prompt[0].language'], /en-US/],
  [
    'an amount without its currency',
    play([{ say: '$flow.key.x', as: 'currency' }]),
    ['FLOW_INVALID .prompt[0].currency'],
    /currency/,
  ],
  ['a sign for a currency', play([{ say: '5', as: 'currency', currency: '€' }]), ['FLOW_INVALID .prompt[0].currency'], /EUR/],
  ['a wrong reading', play([{ say: '5', as: 'digit' }]), ['FLOW_INVALID .prompt[0].as'], /Did you mean 'digits'/],
  ['an address without a scheme', play([{ url: 'shop.example/a.wav' }]), ['FLOW_BAD_URL .prompt[0].url'], /https:/],
  [
    'an exit that is not there',
    play([{ say: 'a' }], { exits: { done: 'bye', interupted: 'bye' } }),
    ['FLOW_UNKNOWN_EXIT .exits.interupted'],
    /Did you mean 'interrupted'/,
  ],
  ['an exit forgotten', play([{ say: 'a' }], { exits: {} }), ['FLOW_UNWIRED_EXIT .exits'], /Add "done": a widget id, or null/],
  [
    'a target misspelt',
    play([{ say: 'a' }], { exits: { done: 'byee' } }),
    ['FLOW_UNKNOWN_TARGET .exits.done'],
    /Did you mean 'bye'/,
  ],
  ['a menu key of two figures', menu({ keys: { 10: 'x' } }), ["FLOW_INVALID .keys['10']"], /0-9, \*, #/],
  [
    'prompts of tries without a list',
    menu({ invalidPrompts: [{ say: 'x' }] }),
    ['FLOW_INVALID .invalidPrompts[0]'],
    /list of segments/,
  ],
  ['digits at the wrong level', collect({ max: 4 }), ['FLOW_UNKNOWN_FIELD .max']],
  ['more digits than there can be', collect({ digits: { min: 30 } }), ['FLOW_CONFLICT .digits.min'], /at most 20/],
  ['a word for a key', collect({ digits: { endOn: 'hash' } }), ['FLOW_INVALID .digits.endOn'], /#/],
  ['keys that all end the input', collect({ digits: { allow: '#*', endOn: '#*' } }), ['FLOW_CONFLICT .digits.allow']],
  ['one key that accepts and rejects', collect({ confirm: { accept: '2' } }), ['FLOW_CONFLICT .confirm.reject']],
  [
    'a pattern with a look-ahead',
    collect({ validate: { pattern: '(?=1)1' } }),
    ['FLOW_INVALID .validate.pattern'],
    /look-around/,
  ],
  ['a variable without its namespace', collect({ saveIn: 'order' }), ['FLOW_INVALID .saveIn'], /\$flow\.key/],
  ['a variable of the platform', collect({ saveIn: '$call.cli' }), ['FLOW_INVALID .saveIn'], /\$flow\.key/],
  ['a method in small letters', hook({ method: 'post' }), ['FLOW_INVALID .method'], /Did you mean 'POST'/],
  ['a timeout in ms', hook({ timeout: 10_000 }), ['FLOW_INVALID .timeout'], /60/],
  ['headers as an object', hook({ headers: { 'X-A': 'b' } }), ['FLOW_INVALID .headers'], /list of rows, e\.g\./],
  ['a mapping as an object', hook({ mapping: { x: 'a' } }), ['FLOW_INVALID .mapping'], /list of rows/],
  [
    'a header with a blank',
    hook({ headers: [{ key: 'X A', value: 'b' }] }),
    ['FLOW_BAD_HEADER .headers[0]'],
    /name that HTTP does not allow/,
  ],
  [
    'a header of the client',
    hook({ headers: [{ key: 'Host', value: '$flow.key.x' }] }),
    ['FLOW_BAD_HEADER .headers[0]'],
    /remove it/,
  ],
  ['another kind of body', post({ type: 'formdata', fields: [] }), ['FLOW_INVALID .body.type'], /Did you mean 'form'/],
  [
    'a JSON body with a mistake',
    post({ type: 'json', content: '{"a": $flow.key.x,}' }),
    ['FLOW_BAD_BODY .body.content'],
    /double quotes/,
  ],
  ['a JSON body in single quotes', post({ type: 'json', content: "{'a': 1}" }), ['FLOW_BAD_BODY .body.content'], /double quotes/],
  ['a secret in a body', post({ type: 'text', content: '$secret.token' }), ['FLOW_SECRET_MISPLACED .body.content']],
  [
    'a secret that is not set',
    hook({ auth: { type: 'basic', username: 'a', password: '$secret.tokne' } }),
    ['~FLOW_UNKNOWN_SECRET .auth.password'],
  ],
  ['a body with GET', hook({ body: { type: 'text', content: 'x' } }), ['~FLOW_NO_EFFECT .body'], /sendBodyWithGet/],
  [
    'a path of JSONPath',
    hook({ mapping: [{ saveIn: '$flow.key.x', path: '$..id' }] }),
    ['FLOW_BAD_PATH .mapping[0].path'],
    /names and positions/,
  ],
  [
    'a broken XPath',
    hook({ responseType: 'xml', xmlPaths: 'xpath', mapping: [{ saveIn: '$flow.key.x', path: '//a[' }] }),
    ['FLOW_BAD_PATH .mapping[0].path'],
    /XPath/,
  ],
  [
    'a mapping nobody waits for',
    hook({ wait: false, applyLate: false, mapping: [{ saveIn: '$flow.key.x', path: 'a' }] }),
    ['~FLOW_NO_EFFECT .mapping'],
    /has no effect/,
  ],
  [
    'rows that contradict themselves',
    hook({ mapping: [{ saveIn: '$flow.key.x', path: 'a', required: true, mandatory: false }] }),
    ['FLOW_CONFLICT .mapping[0].mandatory'],
  ],
  [
    'two variables in a row for one',
    hook({ query: [{ key: 'a', value: '$flow.key.x$flow.key.x', type: 'variable' }] }),
    ['FLOW_NOT_A_VARIABLE .query[0].value'],
  ],
  [
    'a status exit that is no status',
    hook({ exits: { success: 'bye', failed: 'bye', '4XX': 'bye' } }),
    ["FLOW_UNKNOWN_EXIT .exits['4XX']"],
    /Write `4xx`/,
  ],
  ['plain http where it is not allowed', hook({ url: 'http://api.example/' }), ['WEBHOOK_HTTP_NOT_ALLOWED .url'], /allowHttp/],
  ['another scheme', hook({ url: 'ftp://api.example/' }), ['FLOW_BAD_URL .url'], /https/],
  ['a password in the address', hook({ url: 'https://me:pw@api.example/$flow.key.x' }), ['FLOW_BAD_URL .url'], /auth/],
  ['an address inside the network', hook({ url: 'https://10.0.0.1/$flow.key.x' }), ['~FLOW_URL_REFUSED .url'], /allowNetworks/],
  [
    'an undeclared variable',
    hook({ url: 'https://api.example/$flow.key.xx' }),
    ['FLOW_UNDECLARED_VARIABLE .url'],
    /Did you mean '\$flow\.key\.x'/,
  ],
  ['a namespace misspelt', hook({ url: 'https://api.example/$flow.kee.x' }), ['FLOW_UNKNOWN_VARIABLE .url']],
  ['a fact misspelt', play([{ say: '$call.clii' }]), ['FLOW_UNKNOWN_VARIABLE .prompt[0].say'], /Did you mean 'cli'/],
  [
    'a result of a widget that is not there',
    play([{ say: '$widget.bey.x' }]),
    ['FLOW_UNKNOWN_VARIABLE .prompt[0].say'],
    /Did you mean 'bye'/,
  ],
  [
    'a result that the widget never leaves',
    menu({ prompt: [{ say: '$widget.a.kye' }] }),
    ['FLOW_UNKNOWN_VARIABLE .prompt[0].say'],
    /Did you mean 'key'/,
  ],
  [
    'a test of a text',
    test({ variable: 'flow.key.x', operator: 'equals', value: 1 }),
    ['FLOW_NOT_A_VARIABLE .conditions[0].when.variable'],
    /with its `\$`/,
  ],
  [
    'an operator misspelt',
    test({ operator: 'equal', value: 1 }),
    ['FLOW_INVALID .conditions[0].when.operator'],
    /Did you mean 'equals'/,
  ],
  [
    'an operator of a language',
    test({ operator: '==', value: 1 }),
    ['FLOW_INVALID .conditions[0].when.operator'],
    /Words here: equals/,
  ],
  ['a value that is not asked for', test({ operator: 'isEmpty', value: true }), ['FLOW_UNKNOWN_FIELD .conditions[0].when.value']],
  ['a value forgotten', test({ operator: 'equals' }), ['FLOW_INVALID .conditions[0].when.value'], /missing/],
  [
    'a date in another form',
    test({ operator: 'dateBefore', value: '31.12.2026' }),
    ['FLOW_BRANCH_NEVER_TAKEN .conditions[0].when.value'],
    /2026-12-31/,
  ],
  [
    'limits the wrong way round',
    test({ operator: 'between', value: [9, 1] }),
    ['FLOW_BRANCH_NEVER_TAKEN .conditions[0].when.value'],
    /lowest value first/,
  ],
  [
    'an expression with a dollar',
    condition({ expr: '$flow.key.x == 1' }),
    ['FLOW_BAD_EXPRESSION .conditions[0].when.expr'],
    /without `\$`/,
  ],
  [
    'an expression that is no test',
    condition({ expr: '"a" + "b"' }),
    ['FLOW_BRANCH_NEVER_TAKEN .conditions[0].when.expr'],
    /true or false/,
  ],
  ['an assignment for a test', condition({ expr: 'flow.key.x = 1' }), ['FLOW_BAD_EXPRESSION .conditions[0].when.expr']],
  [
    'groups nested too deep',
    condition({ not: { not: { not: { not: { not: { expr: 'true' } } } } } }),
    ['FLOW_INVALID .conditions[0].when.not.not.not.not.not'],
    /4 deep/,
  ],
  ['a number that is none', set({ value: 'abc', type: 'number' }), ['FLOW_ALWAYS_FAILS .values[0].value'], /not a number/],
  ['a row with two values', set({ value: 1, expr: '1' }), ['FLOW_INVALID .values[0]'], /either/],
  [
    'an operation misspelt',
    operation({ operation: 'concatenate', values: ['a'] }),
    ['FLOW_INVALID .operation'],
    /Did you mean 'concat'/,
  ],
  ['a calculation with a word', operation({ operation: 'add', left: 'x', right: 1 }), ['FLOW_INVALID .left'], /number/],
  ['a division by nothing', operation({ operation: 'divide', left: 1, right: 0 }), ['FLOW_ALWAYS_FAILS '], /divided by 0/],
  ['a date of no form', operation({ operation: 'dateFormat', value: '23.11.2026' }), ['FLOW_ALWAYS_FAILS '], /not a date/],
  [
    'half a day',
    operation({ operation: 'dateAdd', value: 'now', amount: 0.5, unit: 'days' }),
    ['FLOW_ALWAYS_FAILS '],
    /whole units/,
  ],
  [
    'one day',
    operation({ operation: 'dateAdd', value: 'now', amount: 1, unit: 'day' }),
    ['FLOW_INVALID .unit'],
    /Did you mean 'days'/,
  ],
  [
    'tokens of another library',
    operation({ operation: 'dateFormat', value: 'now', format: 'DD.MM.YYYY' }),
    ['FLOW_INVALID .format'],
    /single quotes/,
  ],
  [
    'a time without its zero',
    times({ hours: [{ days: ['mon'], from: '9:00', to: '17:00' }] }),
    ['FLOW_INVALID .hours[0].from'],
    /09:00/,
  ],
  [
    'a day written out',
    times({ hours: [{ days: ['Monday'], from: '09:00', to: '17:00' }] }),
    ['FLOW_INVALID .hours[0].days[0]'],
    /Did you mean 'mon'/,
  ],
  [
    'a day that does not exist',
    times({ hours: [], holidays: [{ date: '2026-02-30' }] }),
    ['FLOW_INVALID .holidays[0].date'],
    /2026-12-25/,
  ],
  ['a zone that does not exist', times({ zone: 'Europe/Wien' }), ['FLOW_INVALID .zone'], /Europe\/Vienna/],
  ['no hours at all', times({}), ['~FLOW_BRANCH_NEVER_TAKEN .hours'], /opening hours/],
  ['a SIP status for a cause', { type: 'hangup', cause: 486 }, ['FLOW_INVALID .cause'], /127/],
  ['a widget behind the end', { type: 'hangup', exits: { next: 'bye' } }, ['FLOW_UNKNOWN_EXIT .exits.next'], /has no exits/],
  ['a circle in which nothing waits', { ...set({ value: 1 }), exits: { next: 'a' } }, ['FLOW_ENDLESS_CYCLE ']],
  ['a number as text', { type: 'delay', seconds: '5', ...wired }, ['FLOW_INVALID .seconds'], /number/],
  [
    'a counter by its variable',
    { type: 'counter', name: '$flow.key.x', limit: 2, exits: { below: 'bye', reached: 'bye' } },
    ['FLOW_INVALID .name'],
    /letters, digits/,
  ],
];

describe('a mistake in a widget', () => {
  it.each<Mistake>([...WIDGETS])('%s', (_what, widget, expected, says = /./) => {
    const problems = problemsOf(flowOf({ a: widget }, { variables: { x: 1 } }), site);
    // What follows from the mistake elsewhere is not the point here.
    const own = problems.filter(({ code }) => code !== 'FLOW_UNREACHABLE_WIDGET');
    const shown = own.map(
      ({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path.replace('$.widgets.a', '')}`,
    );
    expect(shown).toEqual(expected);
    for (const problem of own) {
      expect(problem.file).toBe('flows/case.json');
      expect(problem.message).toMatch(/[.!?]$/);
      expect(problem.advice).not.toBe('');
    }
    expect(own.map(({ message, advice }) => `${message} ${advice}`).join('\n')).toMatch(says);
  });
});

describe('a mistake in the frame', () => {
  const sound = { bye: { type: 'hangup' } };

  it.each<[string, unknown, readonly string[]]>([
    ['no object', [], ['FLOW_INVALID $']],
    ['nothing in it', {}, ['FLOW_INVALID $.id', 'FLOW_INVALID $.name', 'FLOW_INVALID $.start', 'FLOW_INVALID $.widgets']],
    ['widgets as a list', { ...flowOf(sound), widgets: [] }, ['FLOW_INVALID $.widgets']],
    ['a blank in a widget’s id', flowOf({ ...sound, 'my widget': { type: 'hangup' } }), ["FLOW_INVALID $.widgets['my widget']"]],
    ['a widget that is no object', flowOf({ ...sound, a: 'bye' as unknown as JsonObject }), ['FLOW_INVALID $.widgets.a']],
    [
      'a start misspelt',
      flowOf(sound, { start: 'by' }),
      ['FLOW_UNKNOWN_TARGET $.start', '~FLOW_UNREACHABLE_WIDGET $.widgets.bye'],
    ],
    ['a field misspelt', flowOf(sound, { timezone: 'UTC' }), ['FLOW_UNKNOWN_FIELD $.timezone']],
    ['a zone that does not exist', flowOf(sound, { timeZone: 'Mars' }), ['FLOW_BAD_TIME_ZONE $.timeZone']],
    [
      'variables with their namespace',
      flowOf(sound, { variables: { '$flow.key.x': 1 } }),
      ["FLOW_READ_ONLY_VARIABLE $.variables['$flow.key.x']"],
    ],
    ['a parameter of the platform', flowOf(sound, { variables: { INPUT: 1 } }), ['FLOW_READ_ONLY_VARIABLE $.variables.INPUT']],
    [
      'speech in an anchor',
      flowOf({ ...sound, a: play([{ say: 'x' }], { exits: { done: null } }) }, { start: 'bye', onFlowComplete: 'a' }),
      ['FLOW_AUDIO_IN_ANCHOR $.widgets.a'],
    ],
    [
      'hold music in an anchor',
      flowOf({ ...sound, a: hook({ holdMusic: true }) }, { start: 'bye', onRemoteHangup: 'a' }),
      ['FLOW_AUDIO_IN_ANCHOR $.widgets.a'],
    ],
  ])('%s', (_what, flow, expected) => {
    expect(found(flow)).toEqual(expected);
    expect(checkFlow(flow, { widgets: widgetCatalogue }).flow).toBeNull();
  });
});

describe('several mistakes', () => {
  it('are told all at once, in the frame and in every widget, without telling one twice', () => {
    const flow = flowOf(
      {
        ask: collect({
          saveIn: '$flow.key.order',
          digits: { mx: 4 },
          exits: { collected: 'fetch', noInput: 'bye', missed: 'bye' },
        }),
        fetch: {
          type: 'webhook',
          uri: 'https://api.example/$flow.key.order',
          mapping: [{ saveIn: '$flow.key.state', path: 'a' }],
          exits: { success: 'tell', failed: 'bye' },
        },
        tell: play([{ say: '$flow.key.state $flow.key.response_status_code' }, { sya: 'x' }], { exits: { done: 'by' } }),
      },
      { langauge: 'de-DE', onError: 'gone' },
    );
    expect(found(flow)).toEqual([
      'FLOW_UNKNOWN_FIELD $.langauge',
      'FLOW_UNKNOWN_FIELD $.widgets.ask.digits.mx',
      'FLOW_INVALID $.widgets.fetch.url',
      'FLOW_UNKNOWN_FIELD $.widgets.fetch.uri',
      'FLOW_INVALID $.widgets.tell.prompt[1].say',
      'FLOW_UNKNOWN_FIELD $.widgets.tell.prompt[1].sya',
      'FLOW_UNKNOWN_TARGET $.onError',
      'FLOW_UNKNOWN_TARGET $.widgets.tell.exits.done',
    ]);
  });

  it('of every kind above, in one file: nothing is thrown, every one is there', () => {
    const all = Object.fromEntries(WIDGETS.map(([, widget], index) => [`w${index}`, widget]));
    const problems = problemsOf(flowOf(all, { variables: { x: 1 } }), site);
    for (const index of WIDGETS.keys()) expect(problems.some(({ path }) => path.startsWith(`$.widgets.w${index}`))).toBe(true);
  });
});
