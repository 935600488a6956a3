import { shownText } from '../../fake-webhooks.js';
import type { Scenario } from '../recorder.js';
import { SERVICE, of, say, play, collect, menu, webhook, done, keys, answered, slow, set } from './builders.js';

/* Calls with the widgets that ask a service. */

export const WEBHOOKS: readonly Scenario[] = [
  of(
    'webhook-answered',
    'Everything a request can have, a mapping of each kind, an exit of the status.',
    {
      look: webhook({
        label: 'Orders',
        method: 'POST',
        url: 'https://shop.example/orders/$flow.key.order?x=1',
        query: [
          { key: 'caller', value: '$call.cli' },
          { key: 'none', value: '$flow.key.none' },
          { key: 'secret', value: '$secret.shop' },
        ],
        headers: [{ key: 'X-Order', value: 'ä $flow.key.order' }],
        auth: { type: 'basic', username: 'ivr', password: '$secret.shop' },
        body: {
          type: 'fields',
          fields: [
            { key: 'contact.number', value: '$call.cli' },
            { key: 'tags[]', value: 'ivr' },
            { key: 'order', value: '$flow.key.order', type: 'variable' },
          ],
        },
        idempotencyKey: true,
        retries: 2,
        saveStatusIn: '$CODE',
        mapping: [
          { saveIn: '$flow.key.status', path: 'order.status', required: true },
          { saveIn: '$flow.key.items', path: 'order.items' },
          { saveIn: '$flow.key.total', path: 'order.total', type: 'number' },
          { saveIn: '$user.key.tier', path: 'tier', default: 'none of $call.cli' },
          { saveIn: '$flow.key.code', status: true },
          { saveIn: '$flow.key.etag', header: 'ETag' },
        ],
        persist: true,
        exits: { 201: 'tell', success: 'bye', failed: 'bye' },
      }),
      tell: play('It is $flow.key.status', 'bye'),
    },
    {
      more: {
        variables: { order: 4711, none: null, CODE: null },
        udf: [{ name: 'total', variable: '$flow.key.total', type: 'number' }],
      },
      webhooks: () => ({ status: 201, json: { order: { status: 'packed', items: [{ sku: 'a' }], total: '12.50' } } }),
      users: { tier: 'gold', old: [1] },
    },
  ),
  of(
    'webhook-statuses',
    'Failures of every kind, one after the other.',
    {
      look: webhook({ exits: { 404: 'b', success: 'bye', failed: 'bye' } }),
      b: webhook({ exits: { '5xx': 'c', success: 'bye', failed: 'bye' } }),
      c: webhook({ timeout: 2, exits: { timeout: 'd', success: 'bye', failed: 'bye' } }),
      d: webhook({ exits: { success: 'bye', failed: 'e' } }),
      e: webhook({ mapping: [{ saveIn: '$flow.key.x', path: 'x', required: true }], exits: { success: 'bye', failed: 'f' } }),
      f: webhook({ url: 'https://shop.example/$flow.key.none', exits: { success: 'bye', failed: 'g' } }),
      g: webhook({ exits: { success: 'bye' }, onError: 'tell' }),
      tell: play('Failed: $flow.key.error_reason', 'bye'),
    },
    {
      more: { variables: { none: null } },
      webhooks: (_call, n) =>
        [
          { status: 404 },
          { status: 503, raw: '<h1>busy</h1>' },
          { afterMs: 9000 },
          { fail: 'CONNECTION_FAILURE' as const },
          { json: {} },
        ][n - 1] ?? { fail: 'AUTHENTICATION_FAILURE' },
    },
  ),
  of(
    'webhook-hold',
    'Prompt, silence, music and progress prompts while a service is waited for.',
    {
      look: webhook({
        holdPrompt: say('One moment.'),
        holdMusic: true,
        holdMusicDelay: 2,
        minMusic: 3,
        progress: [{ at: 8, prompt: say('Still working.'), every: 10 }],
        finishPrompts: true,
        timeout: 40,
      }),
    },
    { webhooks: slow(29_500) },
  ),
  of(
    'webhook-hold-own-music',
    'Own music that cannot be played, then a prompt every five seconds.',
    {
      look: webhook({ holdMusic: { file: 'jazz.wav' }, exits: { success: 'again', failed: 'bye' } }),
      again: webhook({ holdMusic: { prompt: say('Please hold.'), every: 5 }, timeout: 30 }),
    },
    {
      webhooks: slow(9000),
      async script({ rig, wait }) {
        rig.prompts.failWith = 'PROMPT_NOT_FOUND';
        await wait(5000);
        rig.prompts.failWith = null;
      },
    },
  ),
  of(
    'webhook-escape',
    'The caller leaves the wait by a key; another key before it counts for what comes next.',
    {
      look: webhook({ holdMusic: true, escapeKey: '0', timeout: 60, exits: { ...done, escape: 'choose' } }),
      choose: menu(),
    },
    { webhooks: slow(50_000), script: keys(4000, '2', 2000, '0') },
  ),
  of(
    'webhook-answered-later',
    'A service that has minutes for its answer uses two of them.',
    {
      look: webhook({
        method: 'POST',
        body: { type: 'urlencoded', fields: [{ key: 'a', value: '$call.cli' }] },
        answerLater: 5,
        holdMusic: true,
        escapeKey: '*',
        mapping: [{ saveIn: '$flow.key.status', path: 'status' }],
        exits: { ...done, escape: 'bye', timeout: 'bye' },
      }),
    },
    { webhooks: slow(120_000) },
  ),
  of(
    'webhook-never-answered-later',
    'A service that has minutes for its answer never gives one.',
    { look: webhook({ answerLater: 1, holdMusic: true, exits: { ...done, timeout: 'bye' } }) },
    { webhooks: slow(600_000) },
  ),
  of(
    'webhook-aside',
    'Nobody waits: one answer comes in the middle of a question, one after the end, one is not wanted.',
    {
      look: webhook({
        wait: false,
        mapping: [{ saveIn: '$flow.key.status', path: 'status' }],
        saveStatusIn: '$CODE',
        exits: { success: 'late', failed: 'bye' },
      }),
      late: webhook({
        wait: false,
        url: 'https://shop.example/late',
        saveStatusIn: '$CODE',
        exits: { success: 'never', failed: 'bye' },
      }),
      never: webhook({ wait: false, method: 'PUT', url: 'https://shop.example/never', exits: { success: 'ask', failed: 'bye' } }),
      ask: collect({ retries: 0 }),
    },
    {
      more: { variables: { CODE: null } },
      webhooks: ({ url }) => ({ afterMs: shownText(url).endsWith('late') ? 50_000 : 2500, json: { status: 'sent' } }),
      script: keys(1500, '1', 3000),
    },
  ),
  of(
    'webhook-profiles',
    'Requests of the other profiles.',
    {
      look: webhook({
        profile: 'phonon',
        mapping: [{ saveIn: '$flow.key.user', path: 'data.user.name' }],
        exits: { success: 'b', failed: 'b' },
      }),
      b: webhook({
        profile: 'vonage',
        query: [{ key: 'ORDER' }],
        mapping: [{ saveIn: '$flow.key.status', path: 'status' }],
        exits: { success: 'c', failed: 'c' },
      }),
      c: webhook({ profile: 'messangi', auth: { type: 'bearer', token: '$secret.token' }, exits: { success: 'd', failed: 'd' } }),
      d: webhook({
        method: 'OPTION',
        auth: { type: 'apiKey', value: '$secret.key', in: 'query' },
        timeoutProfile: 'legacy-5s',
        fallbackUrl: 'https://other.example/orders',
      }),
    },
    { more: { variables: { ORDER: '7' } }, webhooks: () => ({ json: { status: 1, user: { name: 'Ann' } } }) },
  ),
  of(
    'webhook-very-long-answer',
    'An answer so long that the variable that holds it only says where it stands, until it is forgotten.',
    {
      look: webhook({ exits: { success: 'forget', failed: 'bye' } }),
      forget: set([['$flow.key.response_raw', null]], 'bye'),
    },
    { webhooks: () => ({ raw: '0123456789'.repeat(1640) }) },
  ),
  of(
    'webhook-long-answer',
    'A long answer stands in the journal once, numbers keep their digits.',
    {
      look: webhook({
        maxResponseBytes: 100_000,
        mapping: [{ saveIn: '$flow.key.text', path: 'text' }],
        exits: { success: 'keep', failed: 'bye' },
      }),
      keep: {
        type: 'set',
        values: [
          { saveIn: '$flow.key.large', value: '9007199254740993123' },
          { saveIn: '$flow.key.large', value: '$flow.key.large', type: 'number' },
          { saveIn: '$flow.key.price', value: '12.50', type: 'json' },
          { saveIn: '$flow.key.list', value: '[9007199254740993123, 1.10]', type: 'json' },
        ],
        exits: { next: 'bye', failed: 'bye' },
      },
    },
    {
      webhooks: () => ({ raw: `{"text":"${'0123456789'.repeat(60)}"}` }),
      more: { udf: [{ name: 'large', variable: '$flow.key.large', type: 'number' }] },
    },
  ),
];

export const FUNCTIONS: readonly Scenario[] = [
  of(
    'function-own',
    'Functions of Offhook: one that succeeds, one whose input is missing, one that is not configured.',
    {
      check: {
        type: 'function',
        function: 'ValidateDateAndTime',
        keys: [
          { name: 'inputDate', value: '06012026' },
          { name: 'validMAxDays', value: 60 },
        ],
        exits: { success: 'short', failed: 'short' },
      },
      short: {
        type: 'function',
        function: 'linkcreation',
        keys: [{ name: 'longUrl', value: 'ftp://no' }],
        exits: { success: 'word', failed: 'word' },
      },
      word: {
        type: 'function',
        function: 'translateText',
        groups: ['call', 'flow', 'user'],
        exits: done,
      },
    },
    { users: { tier: 'gold' }, more: { variables: { order: '7' } } },
  ),
  of(
    'function-of-a-service',
    'A service sets what it may; one answer sets too much; one service does not answer.',
    {
      look: {
        ...SERVICE,
        keys: ['$call.cli', { name: 'size', value: '7' }, '$flow.key.none'],
        outputs: ['$flow.key.status'],
        holdMusic: true,
        exits: { success: 'b', failed: 'bye' },
      },
      b: { ...SERVICE, function: 'Wrong', exits: { success: 'bye', failed: 'c' } },
      c: {
        ...SERVICE,
        function: 'Gone',
        keys: [{ name: 'a', value: '$flow.key.none', mandatory: true }],
        exits: { success: 'bye', failed: 'd' },
      },
      d: { ...SERVICE, function: 'Gone' },
    },
    {
      more: { variables: { none: null } },
      functions: ({ function: name }) =>
        name === 'Lookup'
          ? answered({ keys: [{ name: '$flow.key.status', value: { open: true } }], raw: '{"keys":[]}' })
          : answered({
              status: null,
              statusType: null,
              reason: name === 'Wrong' ? 'INVALID_RESPONSE' : 'CONNECTION_FAILURE',
              detail: 'no answer',
              raw: null,
              code: null,
            }),
    },
  ),
  of(
    'function-timeout',
    'A function of a service takes too long.',
    { look: { ...SERVICE, timeout: 5, exits: { ...done, timeout: 'bye' } } },
    {
      functions: () =>
        answered({ status: null, statusType: null, reason: 'TIMEOUT', detail: 'no answer in 5 s', raw: null, duration: 5 }),
    },
  ),
  of(
    'function-escape-and-aside',
    'The caller does not wait for a function, and the flow does not wait for another.',
    {
      look: { ...SERVICE, holdMusic: true, escapeKey: '#', timeout: 30, exits: { ...done, escape: 'aside' } },
      aside: { ...SERVICE, function: 'Note', wait: false, exits: done },
    },
    {
      functions: (_call, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(Object.assign(new Error('aborted'), { name: 'Aborted' })));
        }),
      script: keys(3000, '#'),
    },
  ),
];
