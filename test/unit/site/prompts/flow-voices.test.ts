import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSite } from '../../../../src/site/site.js';
import { muteFlows, speechProblems, unspokenTexts } from '../../../../src/site/prompts/flow-voices.js';
import { temporaryFolder } from '../../../support/stores.js';

/*
 * Languages that nobody on the machine speaks are found wherever a flow may speak them. The machine is told, not asked.
 */

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
});
afterEach(() => temporary.remove());

const bye = { type: 'hangup' };
const say = (text: string, language?: string) => [{ say: text, ...(language && { language }) }];
const play = (prompt: object) => ({ type: 'play', prompt, exits: { done: 'bye' } });

function site(flows: Record<string, { language?: string; widgets: Record<string, object> }>, settings: object = {}) {
  mkdirSync(join(temporary.folder, 'flows'));
  for (const [id, { widgets, ...more }] of Object.entries(flows)) {
    const document = { id, name: id, start: Object.keys(widgets)[0], widgets: { ...widgets, bye }, ...more };
    writeFileSync(join(temporary.folder, 'flows', `${id}.json`), JSON.stringify(document));
  }
  const routing = { numbers: Object.keys(flows).map((flow, i) => ({ number: `10${i}`, flow })) };
  writeFileSync(join(temporary.folder, 'offhook.json'), JSON.stringify({ routing, ...settings }));
  const { site: found, problems } = readSite({ dir: temporary.folder, env: {} });
  if (found === null) throw new Error(JSON.stringify(problems));
  return found;
}

const english = () => Promise.resolve([{ name: 'flite', version: '1', languages: ['en'] }]);
const both = async () => [...(await english()), { name: 'espeak', version: '1', languages: ['de', 'fr-fr'] }];

/** `place language` of what is wrong. */
async function found(of: ReturnType<typeof site>, look = english): Promise<readonly string[]> {
  const problems = await speechProblems(of.config, of.flows.values(), look);
  for (const { severity, advice } of problems)
    expect([severity, advice]).toEqual(['error', expect.stringMatching(/espeak-ng|voice/)]);
  return problems.map(({ code, file, path, message }) => `${code} ${file ?? ''} ${path} ${/“(.*?)”/.exec(message)?.[1] ?? ''}`);
}

describe('a language nobody speaks', () => {
  it('of the flow, of one segment and of a text made of variables: flow, widget and language are named, once each', async () => {
    const german = {
      language: 'de-AT',
      widgets: {
        hello: play([...say('Guten Tag.'), ...say('$call.cli'), ...say('Hello.', 'en-GB'), { file: 'x.wav' }]),
        french: play(say('Bonjour $call.cli', 'fr')),
      },
    };
    const of = site({ german, english: { widgets: { hello: play(say('Hello.')) } } });
    const code = 'SPEECH_LANGUAGE_UNSUPPORTED flow german';
    expect(await found(of)).toEqual([`${code} $.widgets.hello de-AT`, `${code} $.widgets.french fr`]);
    expect(await found(of, both)).toEqual([]);
  });

  it('in every kind of prompt', () => {
    const de = say('Hallo', 'de');
    const exits = { collected: 'bye', noInput: 'bye', missed: 'bye' };
    const widgets = {
      prompt: { type: 'collect', saveIn: '$flow.key.a', prompt: de, exits },
      again: { type: 'collect', saveIn: '$flow.key.a', noInputPrompts: [de], exits },
      wrong: { type: 'collect', saveIn: '$flow.key.a', invalidPrompts: [de], exits },
      back: { type: 'collect', saveIn: '$flow.key.a', confirm: { before: de }, exits },
      wait: { type: 'webhook', url: 'https://x.example/', holdPrompt: de, exits: { success: 'bye' } },
      end: { type: 'hangup', prompt: de },
    };
    const ends = ['prompt', 'again', 'wrong', 'back', 'wait', 'end'];
    const links = Object.fromEntries(
      Object.entries(widgets).map(([id, widget], i) => {
        const next = ends[i + 1] ?? 'bye';
        const to = 'exits' in widget ? { exits: Object.fromEntries(Object.keys(widget.exits).map((exit) => [exit, next])) } : {};
        return [id, { ...widget, ...to }];
      }),
    );
    const of = site({ all: { widgets: links } });
    const mute = unspokenTexts(of.flows.values(), (language) => language.startsWith('en'));
    expect(mute.map(({ widget, language }) => [widget, language])).toEqual(ends.map((id) => [id, 'de']));
  });

  it('is none of a flow that plays recorded files', async () => {
    expect(await found(site({ files: { language: 'de', widgets: { hello: play([{ file: 'hallo.wav' }]) } } }))).toEqual([]);
  });

  it('of the goodbye, and a provider that is not installed', async () => {
    const settings = { goodbyeLanguage: 'de', speech: { provider: 'espeak' } };
    const of = site({ english: { widgets: { hello: play(say('Hello.')) } } }, settings);
    expect(await found(of)).toEqual([
      'SPEECH_FAILED offhook.json $.speech espeak',
      'SPEECH_LANGUAGE_UNSUPPORTED offhook.json $.goodbyeLanguage de',
    ]);
    expect(await found(of, both)).toEqual([]);
  });
});

it('only flows that numbers lead to count for the box', () => {
  const of = site({ german: { language: 'de', widgets: { hello: play(say('Hallo.')) } }, english: { widgets: { bye } } });
  const speaks = (language: string): boolean => language.startsWith('en');
  expect(muteFlows(of.config, of.flows, speaks)).toEqual({ routed: 2, mute: [{ flow: 'german', languages: ['de'] }] });
  expect(muteFlows({ routing: { numbers: [], default: 'english' } }, of.flows, speaks)).toEqual({ routed: 1, mute: [] });
});
