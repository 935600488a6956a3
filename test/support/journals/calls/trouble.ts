import type { Scenario } from '../recorder.js';
import { SERVICE, TO_BYE, of, say, play, set, collect, webhook, keys } from './builders.js';

/* Calls in which something goes wrong, and what stands beside the widgets: anchors, notes, facts, variables. */

export const TROUBLE: readonly Scenario[] = [
  of(
    'fault-caught',
    'A service that is a defect of ours: the flow’s own branch for errors catches it once.',
    { look: webhook({ exits: { success: 'bye' } }), caught: { ...play('Something went wrong.', 'look'), label: 'Caught' } },
    {
      more: { onError: 'caught' },
      webhooks: () => {
        throw new Error('a defect');
      },
    },
  ),
  of(
    'fault-goodbye',
    'A widget fails and nothing catches it: the caller hears the goodbye.',
    { look: webhook({ exits: { success: 'bye' } }) },
    {
      webhooks: () => ({ fail: 'CONNECTION_FAILURE' }),
    },
  ),
  of(
    'step-limit',
    'A flow that goes round in circles reaches its most steps.',
    { a: play('Round.', 'b'), b: set([['$flow.key.n', 1]], 'a') },
    {
      more: { maxSteps: 6 },
    },
  ),
  of(
    'goodbye-of-the-site',
    'The words with which a site says goodbye cannot be spoken; those of Offhook neither.',
    { a: { type: 'play', prompt: say('Hello.'), exits: { done: 'bye' } } },
    {
      services: () => ({ goodbye: { text: 'Auf Wiederhören.', language: 'de-AT' } }),
      prepare: ({ prompts }) => void (prompts.failWith = 'SPEECH_FAILED'),
    },
  ),
  of(
    'user-variables-missing',
    'The stored variables of the contact do not come, and cannot be saved.',
    { a: set([['$user.key.tier', 'new $user.key.tier']], 'bye') },
    {
      services: ({ users }) => ({
        users: { ...users, load: () => new Promise(() => undefined), save: () => Promise.reject(new Error('disk full')) },
      }),
    },
  ),
  of(
    'variables-declared',
    'Initial values of every kind.',
    { a: play('Hello $NAME.', 'bye') },
    { more: { variables: { NAME: 'Ann', list: [1, { a: null }], 'odd name': 1 } } },
  ),
  of(
    'facts-and-headers',
    'Headers of the INVITE, dialled digits as a fact, and facts that change while the call lasts.',
    {
      a: set(
        [
          ['$flow.key.trunk', '$call.sipheader.X-Trunk'],
          ['$flow.key.state', '$call.state'],
        ],
        'ask',
      ),
      ask: collect({ digits: { max: 2 }, exits: { ...TO_BYE, collected: 'b' } }),
      b: set(
        [
          ['$flow.key.state', '$call.state'],
          ['$flow.key.dtmf', '$INPUT'],
          ['$flow.key.duration', '$call.duration'],
        ],
        'bye',
      ),
    },
    { dial: { headers: { 'X-Trunk': 'vienna-1', 'X-Other': 'ä' }, from: '+43 1 555' }, script: keys(1500, '12') },
  ),
  of(
    'notes',
    'Notes of the call: a refused re-INVITE, a key that cannot be taken, words that are left out.',
    { a: { type: 'delay', seconds: 3, exits: { next: 'tell' } }, tell: play('Hello.', 'bye') },
    {
      script({ session, caller, call }) {
        void call.control.answer(new AbortController().signal);
        session.missKey();
        session.refuseSdp = { code: 'SDP_NO_AUDIO', message: 'Fax.', warning: 304 };
        setImmediate(() => void caller.reinvite('v=0'));
      },
    },
  ),
  of(
    'anchors',
    'Both anchors: one sends, one asks and branches, neither is heard.',
    {
      hi: play('Hello.', 'bye'),
      left: webhook({ url: 'https://shop.example/left', exits: { success: 'undecided', failed: null } }),
      undecided: {
        type: 'condition',
        conditions: [{ name: 'yes', when: { variable: '$call.state', operator: 'equals', value: 'completed' } }],
        exits: { yes: null, default: null },
      },
      over: { ...SERVICE, function: 'Over', wait: false, exits: { success: null, failed: null } },
    },
    {
      more: { onRemoteHangup: 'left', onFlowComplete: 'over' },
      async script({ wait, caller }) {
        await wait(500);
        caller.bye();
      },
    },
  ),
  of(
    'no-report',
    'A flow without a report, of no integration.',
    { hi: play('Hello.', 'bye') },
    {
      more: { webhook: false },
      integration: null,
    },
  ),
];
