import { describe, expect, it } from 'vitest';
import { Aborted } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { ok } from '../../../src/lib/result.js';
import { functionCatalogue } from '../../../src/functions/catalogue.js';
import { isWritableKey } from '../../../src/functions/contract/keys.js';
import { linkMaker } from '../../../src/functions/contract/links.js';
import { runFunction } from '../../../src/functions/contract/run.js';
import { fakeLinks } from '../../support/fake-links.js';
import { FunctionBench, fakeServices } from '../../support/functions.js';

const CALLER = '15551230001';

describe('the catalogue', () => {
  // docs/behaviour.md#functions-there-are
  it('has every function that makes sense on a site of its own', () => {
    expect([...functionCatalogue.keys()].sort()).toEqual([
      'FindLanguage',
      'Pullreport',
      'ValidateDateAndTime',
      'createOutbound',
      'dateCompare',
      'fetchUserPreferences',
      'getFlowVariables',
      'linkcreation',
      'translateText',
      'updatePauseStatusForCLI',
      'updateUserPreferences',
    ]);
  });

  // docs/behaviour.md#function-results
  it.each([...functionCatalogue.values()])(
    '$name documents what it takes and sets',
    ({ summary, docs, inputs, outputs, example }) => {
      expect(summary).toMatch(/\.$/);
      expect(docs).toMatch(/[.`]$/);
      for (const schema of Object.values(inputs.shape)) expect((schema as { description?: string }).description).toBeTruthy();
      expect(Object.keys(outputs).every((name) => name === '$user.key.*' || isWritableKey(name))).toBe(true);
      expect(example.length).toBeGreaterThan(0);
    },
  );

  it.each([...functionCatalogue.values()].filter(({ unavailable }) => unavailable === undefined))(
    'the example of $name works and sets what is documented',
    async ({ name, outputs, example }) => {
      const translate = () => Promise.resolve(ok({ text: 'Hola', detected: 'en' }));
      const answer = await new FunctionBench({ translate }).call(name, {}, { keys: example });
      expect(answer).toMatchObject({ reason: null, status: 200, statusType: 'SUCCESSFUL', code: null });
      const fixed = Object.keys(outputs).filter((output) => !output.endsWith('*'));
      expect(answer.keys.map((key) => key.name)).toEqual(expect.arrayContaining(fixed));
    },
  );
});

describe('running a function', () => {
  // docs/behaviour.md#function-wire-format
  it('takes inputs by any spelling, system keys before variables that are only called alike', async () => {
    const bench = new FunctionBench();
    const keys = { '$flow.key.DATE1': 'nonsense', '$flow.syskey.date1': 'today', '$user.syskey.date2': 'today' };
    expect(await bench.outputs('dateCompare', keys)).toMatchObject({ '$flow.key.dateCompareResult': 'SAME' });
  });

  it('an unknown function is a failure with a hint', async () => {
    const answer = await new FunctionBench().call('findLanguage');
    expect(answer).toMatchObject({ status: 404, reason: 'CLIENT_ERROR', code: 'FUNCTION_UNKNOWN', keys: [] });
    expect(answer.detail).toContain('did you mean FindLanguage?');
  });

  it.each(['__proto__', 'constructor', 'toString'])('%s is no function', async (name) => {
    expect(await new FunctionBench().call(name)).toMatchObject({ code: 'FUNCTION_UNKNOWN' });
  });

  it('a defect, or a store that takes nothing, is a failure that is logged and shows nothing of itself', async () => {
    const logged: object[] = [];
    const users = {
      load: () => Promise.reject(new Error('disk on fire')),
      save: () => Promise.reject(new Error('disk on fire')),
    };
    const log = { ...silentLogger, error: (fields: object) => void logged.push(fields) };
    const answer = await new FunctionBench({ users }, log).call('fetchUserPreferences');
    expect(answer).toMatchObject({ status: 502, reason: 'SERVER_ERROR', code: 'FUNCTION_FAILED' });
    expect(answer.detail).not.toContain('fire');
    expect(JSON.stringify(logged)).toContain('disk on fire');
  });

  // docs/behaviour.md#waiting
  it('a function that gives no answer in time ends as TIMEOUT', async () => {
    const bench = new FunctionBench({ users: { load: () => new Promise(() => undefined), save: () => Promise.resolve(true) } });
    const answer = bench.clock.runUntil(bench.call('fetchUserPreferences', {}, { timeoutMs: 5000 }));
    expect(await answer).toMatchObject({ status: null, reason: 'TIMEOUT', keys: [], duration: 5 });
  });

  // docs/behaviour.md#caller-hangs-up
  it('a call that ends meanwhile rejects with Aborted', async () => {
    const bench = new FunctionBench();
    const services = fakeServices(bench.clock, {
      users: { load: () => new Promise(() => undefined), save: () => Promise.resolve(true) },
    });
    const stop = new AbortController();
    const runtime = { catalogue: functionCatalogue, services, clock: bench.clock, log: silentLogger };
    const base = { service: null, keys: [], timeoutMs: 1000, timeZone: 'UTC', language: 'en', caller: CALLER };
    const running = runFunction({ function: 'fetchUserPreferences', ...base }, runtime, stop.signal);
    stop.abort();
    await expect(running).rejects.toBeInstanceOf(Aborted);
  });
});

describe('stored variables of a contact', () => {
  // docs/behaviour.md#user-preferences
  it('updateUserPreferences stores $user.key.* for another contact and leaves the flow as it is', async () => {
    const bench = new FunctionBench();
    const keys = {
      '$user.syskey.contactNumber': '+491',
      '$user.key.language': 'de',
      '$user.key.{my note}': 'a',
      '$flow.key.x': 1,
    };
    expect(await bench.outputs('updateUserPreferences', keys)).toEqual({ '$flow.key.userPreferencesUpdated': 2 });
    expect(bench.services.stored.get('+491')).toEqual({ language: 'de', 'my note': 'a' });
  });

  it('for the caller itself the flow has the values at once, and fetchUserPreferences finds them', async () => {
    const bench = new FunctionBench();
    expect(await bench.outputs('updateUserPreferences', { '$user.key.tier': 'gold' })).toEqual({
      '$flow.key.userPreferencesUpdated': 1,
      '$user.key.tier': 'gold',
    });
    expect(await bench.outputs('fetchUserPreferences')).toEqual({
      '$flow.key.userPreferencesFound': true,
      '$flow.key.userPreferences': { tier: 'gold' },
      '$user.key.tier': 'gold',
    });
  });

  // docs/behaviour.md#stored-variables
  it('what belongs to another contact never becomes the caller’s', async () => {
    const bench = new FunctionBench();
    bench.services.stored.set('+491', { tier: 'gold', gone: null });
    const outputs = await bench.outputs('fetchUserPreferences', { '$user.syskey.contactNumber': '+491' });
    expect(outputs).toEqual({ '$flow.key.userPreferencesFound': true, '$flow.key.userPreferences': { tier: 'gold' } });
  });

  it('nothing stored is no failure', async () => {
    expect(await new FunctionBench().outputs('fetchUserPreferences')).toEqual({
      '$flow.key.userPreferencesFound': false,
      '$flow.key.userPreferences': {},
    });
  });

  it('nothing to store, nobody to store it for, a withheld number, too much: failures that say so', async () => {
    const bench = new FunctionBench();
    const save = (keys: object, caller: string | null = CALLER) => bench.call('updateUserPreferences', { ...keys }, { caller });
    expect((await save({})).detail).toContain('nothing to store');
    expect((await save({ '$user.key.a': 1 }, null)).detail).toContain('contactNumber is missing');
    expect((await save({ '$user.key.a': 1 }, 'anonymous')).detail).toContain('withheld');
    expect((await save({ '$user.key.a': 'x'.repeat(70_000) })).detail).toContain('more than');
    expect(bench.services.stored.size).toBe(0);
  });
});

it.each(['getFlowVariables', 'Pullreport'])(
  '%s tells nobody of the last call of everybody who withholds the number',
  async (name) => {
    for (const caller of ['anonymous', 'Anonymous', 'restricted'])
      expect((await new FunctionBench().call(name, {}, { caller })).detail).toContain('withheld');
  },
);

describe('short links', () => {
  it('linkcreation answers link, code and expiry', async () => {
    const outputs = await new FunctionBench().outputs('linkcreation', { longUrl: 'HTTPS://Shop.example/a?b=1', expiryDays: '7' });
    expect(outputs['$flow.key.shortUrl']).toMatch(/^https:\/\/ivr\.example\/s\/[A-Za-z0-9]{9}$/);
    expect(outputs['$flow.key.shortUrl']).toContain(`/s/${outputs['$flow.key.linkCode'] as string}`);
    expect(outputs['$flow.key.linkExpiry']).toBe('2026-11-30T12:00:00.000Z');
  });

  // docs/behaviour.md#short-links
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://x.example/',
    'https://user:pw@x.example/',
    '//x.example',
    'shop',
    'https://',
    'https://ivr.example/s/abcdefghi',
    'HTTP://IVR.example:443/x/../s/abcdefghi?a#b',
  ])('refuses to lead to %s', async (longUrl) => {
    expect(await new FunctionBench().call('linkcreation', { longUrl })).toMatchObject({ code: 'FUNCTION_BAD_INPUT' });
  });

  it('a code that is taken is never given twice', async () => {
    const codes = ['aaa', 'aaa', 'bbb'];
    const make = linkMaker({ store: fakeLinks(), now: () => 0, publicUrl: () => 'https://x', code: () => codes.shift() ?? '' });
    expect(await make('https://a/', null)).toMatchObject({ ok: true, value: { shortUrl: 'https://x/s/aaa' } });
    expect(await make('https://b/', null)).toMatchObject({ ok: true, value: { shortUrl: 'https://x/s/bbb' } });
  });

  it('leads anywhere but to a short link of our own, by whatever address the redirects are reached', async () => {
    const alsoAt = (): string[] => ['http://10.0.0.1:8080'];
    const make = linkMaker({ store: fakeLinks(), now: () => 0, publicUrl: () => 'https://x/ivr/', alsoAt });
    const made = async (url: string): Promise<boolean> => (await make(url, null)).ok;
    expect(await made('https://x/ivr/s/abc')).toBe(false);
    expect(await made('http://10.0.0.1:8080/s/abc')).toBe(false);
    expect(await made('https://x/s/abc')).toBe(true);
    expect(await made('http://10.0.0.1:9090/s/abc')).toBe(true);
    expect(await made('https://x/ivr/status')).toBe(true);
  });
});

describe('FindLanguage', () => {
  it.each([
    ['Guten Tag, ich möchte gerne einen Termin vereinbaren und habe eine Frage.', 'de'],
    ['Good morning, I would like to make an appointment and I have a question.', 'en'],
    ['Buenos días, quisiera hacer una reserva para mañana por la tarde, gracias.', 'es'],
    ['Добрый день, я хотел бы записаться на приём к врачу.', 'ru'],
    ['你好，我想预约明天下午的时间', 'zh'],
  ])('finds the language of %s', async (text, language) => {
    const outputs = await new FunctionBench().outputs('FindLanguage', { text, languages: 'de, en-GB, es, ru, zh' });
    expect(outputs['$flow.key.language']).toBe(language);
    expect(outputs['$flow.key.languageConfidence']).toBeGreaterThan(0.5);
    expect(outputs['$flow.key.languageConfidence']).toBeLessThanOrEqual(1);
  });

  it('too short, or none of the list: und, no failure', async () => {
    const nothing = { '$flow.key.language': 'und', '$flow.key.languageConfidence': 0 };
    expect(await new FunctionBench().outputs('FindLanguage', { text: 'ja' })).toEqual(nothing);
    expect(await new FunctionBench().outputs('FindLanguage', { text: 'Добрый день, как дела', languages: 'en' })).toEqual(
      nothing,
    );
    expect(await new FunctionBench().call('FindLanguage', { text: 'Hello there you', languages: '!!' })).toMatchObject({
      code: 'FUNCTION_BAD_INPUT',
    });
  });
});

// docs/behaviour.md#paused-numbers
describe('updatePauseStatusForCLI', () => {
  it('pauses and unpauses, and says whether that changed anything', async () => {
    const bench = new FunctionBench();
    const set = async (status: string) => {
      const outputs = await bench.outputs('updatePauseStatusForCLI', { cli: '+4911', status, reason: 'lunch' });
      return [outputs['$flow.key.cli_pause_update'], outputs['$flow.key.cli_paused']];
    };
    expect(await set('pause')).toEqual([true, true]);
    expect(await bench.services.pauses.list()).toMatchObject([{ cli: '+4911', reason: 'lunch' }]);
    expect(await set('TRUE')).toEqual([false, true]);
    expect(await set('unpause')).toEqual([true, false]);
    expect(await set('0')).toEqual([false, false]);
    expect(await bench.services.pauses.list()).toEqual([]);
    expect(await bench.call('updatePauseStatusForCLI', { cli: '1', status: 'maybe' })).toMatchObject({
      code: 'FUNCTION_BAD_INPUT',
    });
  });
});

describe('reports of the past', () => {
  const calls = {
    report: (id: string) => Promise.resolve(id === 'c1' ? { schema: 'callreport/1', callId: id } : null),
    variables: (id: string) => Promise.resolve(id === 'c1' ? { '$flow.key.order': '12' } : null),
    lastCallOf: (contact: string) => Promise.resolve(contact === CALLER ? 'c1' : null),
    counts: (period: object) =>
      Promise.resolve({ calls: 3, answered: 2, live: 1, talkMs: 61_400, endedBy: { caller: 2 }, ...{ period } }),
  };

  it('Pullreport by call id, and of the last call of the caller', async () => {
    const bench = new FunctionBench({ calls });
    const found = { '$flow.key.reportFound': true, '$flow.key.report': { schema: 'callreport/1', callId: 'c1' } };
    expect(await bench.outputs('Pullreport', { callId: 'c1' })).toEqual(found);
    expect(await bench.outputs('Pullreport')).toEqual(found);
    const nothing = { '$flow.key.reportFound': false, '$flow.key.report': {} };
    expect(await bench.outputs('Pullreport', { callId: 'nope' })).toEqual(nothing);
    expect(await bench.outputs('Pullreport', { contactNumber: '+49' })).toEqual(nothing);
  });

  it('Pullreport counts a period, the last day whole, in the flow’s time zone', async () => {
    const bench = new FunctionBench({ calls });
    const outputs = await bench.outputs('Pullreport', { from: '01112026', to: '2026-11-20' }, { timeZone: 'Europe/Berlin' });
    expect(outputs['$flow.key.report']).toMatchObject({
      calls: 3,
      answered: 2,
      talkSeconds: 61,
      endedBy: { caller: 2 },
      period: { from: Date.parse('2026-10-31T23:00:00Z'), to: Date.parse('2026-11-20T23:00:00Z') },
    });
    expect(await bench.call('Pullreport', { from: '2026-11-20', to: '2026-11-01' })).toMatchObject({
      code: 'FUNCTION_BAD_INPUT',
    });
    expect(await bench.call('Pullreport', { from: 'soon' })).toMatchObject({ code: 'FUNCTION_BAD_INPUT' });
  });

  it('getFlowVariables reads what an earlier call kept', async () => {
    const bench = new FunctionBench({ calls });
    expect(await bench.outputs('getFlowVariables')).toEqual({
      '$flow.key.flowVariablesFound': true,
      '$flow.key.flowVariables': { '$flow.key.order': '12' },
      '$flow.key.flowVariablesCallId': 'c1',
    });
    expect(await bench.outputs('getFlowVariables', { contactNumber: '+49' })).toMatchObject({
      '$flow.key.flowVariablesFound': false,
    });
  });
});

describe('what needs something else', () => {
  it('translateText without a service is FUNCTION_NOT_CONFIGURED, with one it translates', async () => {
    const keys = { text: 'Hello', targetLanguage: 'es' };
    expect(await new FunctionBench().call('translateText', keys)).toMatchObject({ status: 501, code: 'FUNCTION_NOT_CONFIGURED' });
    const bench = new FunctionBench({
      translate: ({ text, from, to }) => Promise.resolve(ok({ text: `${from}>${to}:${text}`, detected: null })),
    });
    expect(await bench.outputs('translateText', keys)).toEqual({
      '$flow.key.translatedText': 'auto>es:Hello',
      '$flow.key.sourceLanguage': 'auto',
    });
  });

  // docs/behaviour.md#create-outbound
  it('createOutbound fails with a code and sets nothing: no call is pretended', async () => {
    const keys = { '$flow.syskey.flowID': 'callback', '$flow.syskey.contactNumbers': '+1555' };
    expect(await new FunctionBench().call('createOutbound', keys)).toMatchObject({
      status: 501,
      reason: 'SERVER_ERROR',
      code: 'FUNCTION_NOT_AVAILABLE',
      keys: [],
    });
  });
});
