import type { Scenario } from '../recorder.js';
import { of, say, TO_BYE, collect, menu, webhook, keys } from './builders.js';

/* Calls with the widgets that speak and listen. */

export const PLAYS: readonly Scenario[] = [
  of('answer', 'It rings for three seconds, then the call is answered.', {
    up: { type: 'answer', delay: 3, exits: { next: 'again' } },
    again: { type: 'answer', exits: { next: 'bye' } },
  }),
  of(
    'play-kinds-of-segments',
    'Text, spelled digits, numbers, dates, times, money, a file and an address.',
    {
      tell: {
        type: 'play',
        prompt: [
          { say: 'Order $flow.key.order of $call.cli' },
          { say: '4711', as: 'digits' },
          { say: '12', as: 'number' },
          { say: '2026-01-05', as: 'date' },
          { say: '09:30', as: 'time' },
          { say: '12.50', as: 'currency', currency: 'EUR' },
          { say: 'Danke', language: 'de-DE', voice: 'anna' },
          { file: 'thanks.wav' },
          { url: 'https://shop.example/jingle.wav' },
        ],
        level: 0.5,
        loop: 2,
        exits: { done: 'bye' },
      },
    },
    { more: { variables: { order: 'A1' } } },
  ),
  of(
    'play-interrupted',
    'A stop key is used up; with barge-in a key is kept for the next question.',
    {
      first: {
        type: 'play',
        prompt: say('First.'),
        loop: 0,
        stopKeys: '#',
        exits: { done: 'bye', interrupted: 'second' },
      },
      second: { type: 'play', prompt: say('Second.'), bargeIn: true, exits: { done: 'bye', interrupted: 'ask' } },
      ask: collect({ digits: { max: 2 } }),
    },
    { script: keys(3500, '1', 400, '#', 300, '4', 500, '2') },
  ),
  of(
    'play-failed',
    'A prompt cannot be played: the exit for it is wired, then the flow’s own, then nothing is.',
    {
      first: { type: 'play', prompt: [{ file: 'a.wav' }], exits: { done: 'bye', failed: 'second' } },
      second: { type: 'play', prompt: [{ file: 'b.wav' }], exits: { done: 'bye' } },
      caught: { type: 'play', label: 'Caught', prompt: [{ file: 'c.wav' }], exits: { done: 'bye' } },
    },
    { more: { onError: 'caught' }, prepare: ({ prompts }) => void (prompts.failWith = 'PROMPT_NOT_FOUND') },
  ),
  of(
    'menu-choice',
    'A key that is not offered, then one that is.',
    { choose: menu({ label: 'Choice' }) },
    { script: keys(2000, '7', 1500, '2') },
  ),
  of('menu-at-once', 'A key of the menu cuts its prompt.', { choose: menu({ label: 'Choice' }) }, { script: keys(300, '1') }),
  of('menu-no-input', 'Nobody presses a key.', { choose: menu() }),
  of('menu-invalid', 'No key that is offered, and none in the end.', { choose: menu() }, { script: keys(2000, '7', 2500, '8') }),
  of(
    'menu-failed',
    'The prompt of a menu cannot be played.',
    { choose: menu() },
    {
      prepare: ({ prompts }) => void (prompts.failWith = 'SPEECH_FAILED'),
    },
  ),
];

export const COLLECTS: readonly Scenario[] = [
  of(
    'collect-ended-by-each',
    'Inputs that the most digits, the terminator and silence complete; a terminator too many is dropped.',
    {
      ask: collect({ digits: { min: 1, max: 3 }, exits: { ...TO_BYE, collected: 'second' } }),
      second: collect({ saveIn: '$user.key.second', exits: { ...TO_BYE, collected: 'third' } }),
      third: collect({ saveIn: '$THIRD', digits: { min: 1, max: 5, allow: '123' }, exits: TO_BYE }),
    },
    { more: { variables: { THIRD: null } }, script: keys(1500, '123#', 1500, '45#', 1500, '9122') },
  ),
  of('collect-no-input', 'Nobody keys anything in.', { ask: collect({ retries: 1 }) }),
  of(
    'collect-missed',
    'Too short, then not what is wanted.',
    { ask: collect({ retries: 1, digits: { min: 3, max: 4 }, validate: { pattern: '[1-5]+' } }) },
    { script: keys(1500, '12#', 2500, '789#') },
  ),
  of(
    'collect-failed',
    'The question cannot be played.',
    { ask: collect({}) },
    {
      prepare: ({ prompts }) => void (prompts.failWith = 'SPEECH_FAILED'),
    },
  ),
  of(
    'collect-masked',
    'Secret digits are read back, sent and spelled, and stand nowhere; what is made of them is secret too.',
    {
      ask: collect({
        mask: true,
        confirm: {},
        digits: { min: 4, max: 4 },
        validate: { pattern: '[0-9]+' },
        exits: { ...TO_BYE, collected: 'look' },
      }),
      look: webhook({
        method: 'POST',
        body: { type: 'json', content: { pin: '$flow.key.order', caller: '$call.cli' } },
        mapping: [{ saveIn: '$flow.key.echo', path: 'echo' }],
        exits: { success: 'hash', failed: 'bye' },
      }),
      hash: {
        type: 'operation',
        operation: 'hash',
        value: '$flow.key.order',
        saveIn: '$flow.key.digest',
        exits: { next: 'tell' },
      },
      tell: { type: 'play', prompt: [{ say: '$flow.key.order', as: 'digits' }], exits: { done: 'bye' } },
    },
    { script: keys(1500, '4711', 8000, '1'), webhooks: () => ({ json: { echo: 'was 4711' } }) },
  ),
  of(
    'collect-confirmed',
    'An input that the caller rejects, silence at the second read-back, and an input that the caller accepts.',
    { ask: collect({ confirm: {}, digits: { min: 2, max: 2 } }) },
    { script: keys(1500, '12', 5000, '2', 2000, '34', 15_000, '9', 300, '1') },
  ),
  of(
    'collect-not-accepted',
    'The caller accepts no input.',
    { ask: collect({ confirm: { accept: '#', reject: '*' }, retries: 0, digits: { min: 2, max: 2 } }) },
    { script: keys(1500, '12', 5000, '*') },
  ),
  of(
    'collect-skipped',
    'What is known is not asked for; keys pressed ahead are the answer to the next question.',
    {
      ask: collect({ skipIfFilled: true, exits: { ...TO_BYE, collected: 'hi' } }),
      hi: { type: 'play', prompt: say('Hello.'), bargeIn: true, exits: { done: 'card', interrupted: 'card' } },
      card: collect({ saveIn: '$flow.key.card', validate: { luhn: true }, digits: { min: 4, max: 16 } }),
    },
    { more: { variables: { order: 4711 } }, script: keys(300, '79927398713#') },
  ),
];
