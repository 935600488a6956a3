import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { openFunctions, type FunctionParts } from '../../../src/app/open-functions.js';
import { createFakeStore } from '../../support/fake-store.js';
import { began, callEnd, entered, entry, newCall } from '../../support/stores.js';

/** The functions of a site over a store in memory. */
function site(config: Partial<FunctionParts['config']['functions']> = {}) {
  const store = createFakeStore();
  const nobody = (): never => {
    throw new Error('nothing goes out in this test');
  };
  const functions = openFunctions({
    config: { functions: { linkDays: 90, publicUrl: null, translation: null, ...config } },
    store,
    http: { client: { exchange: nobody } as never, webhooks: { request: nobody } as never },
    webhooks: () => [],
    ending: { recordingUrl: (id) => `https://ivr.example/recordings/${id}.wav`, host: 'box' },
    publicUrl: () => 'https://ivr.example',
    log: silentLogger,
  });
  const call = async (name: string, keys: JsonObject, caller = '+4930123'): Promise<JsonObject> => {
    const base = { service: null, timeoutMs: 1000, timeZone: 'UTC', language: 'en', caller };
    const list = Object.entries(keys).map(([key, value]) => ({ name: key.startsWith('$') ? key : `$flow.key.${key}`, value }));
    const answer = await functions.call({ function: name, keys: list, ...base }, new AbortController().signal);
    return answer.reason === null
      ? Object.fromEntries(answer.keys.map(({ name: key, value }) => [key, value]))
      : { code: answer.code, detail: answer.detail };
  };
  return { store, functions, call };
}

describe('functions of a site', () => {
  // docs/behaviour.md#functions-there-are
  it('Pullreport makes the native report of a past call again from its journal', async () => {
    const { store, call } = site();
    await store.calls.begin(newCall('c1'));
    store.journal.append('c1', entry(1, began('c1', { cli: '+4930123' })));
    store.journal.append('c1', entered(2, 'greet'));
    const termination = { by: 'caller', cause: 16, sip: null, reason: 'bye' } as const;
    store.journal.append('c1', entry(3, { type: 'end', termination }));
    expect(await call('Pullreport', { callId: 'c1' })).toEqual({ '$flow.key.reportFound': false, '$flow.key.report': {} });
    await store.calls.end(callEnd('c1', { variables: { '$flow.key.order': '12' } }), []);
    const report = { schema: 'callreport/1', callId: 'c1', endedBy: 'caller', lastWidget: 'greet' };
    expect(await call('Pullreport', { callId: 'c1' })).toMatchObject({
      '$flow.key.reportFound': true,
      '$flow.key.report': report,
    });
    expect(await call('Pullreport', {})).toMatchObject({ '$flow.key.report': report });
    expect(await call('getFlowVariables', {})).toMatchObject({ '$flow.key.flowVariables': { '$flow.key.order': '12' } });
  });

  // docs/behaviour.md#user-preferences, #stored-variables
  it('preferences are the stored variables of flows; callers who withhold their number have none', async () => {
    const { store, call } = site();
    await call('updateUserPreferences', { '$user.key.tier': 'gold' });
    expect(await store.users.load('+4930123')).toEqual({ tier: 'gold' });
    for (const name of ['updateUserPreferences', 'fetchUserPreferences']) {
      expect(await call(name, { '$user.key.tier': 'x' }, 'anonymous')).toMatchObject({ code: 'FUNCTION_BAD_INPUT' });
    }
  });

  // docs/behaviour.md#short-links
  it('links lead through the site’s own address, for as long as configured', async () => {
    const { functions, call } = site({ publicUrl: 'https://go.example/', linkDays: 1 });
    const made = await functions.api.links.make('https://shop.example/', null);
    expect(made.ok && made.value).toMatch(/^https:\/\/go\.example\/s\/[A-Za-z0-9]{9}$/);
    const page = await functions.api.links.list({ limit: 1, after: null });
    const days = ((page.items[0]?.expiresAt ?? 0) - systemClock.now()) / 86_400_000;
    expect(days).toBeCloseTo(1, 2);
    expect(await call('linkcreation', { longUrl: 'https://shop.example/' })).toMatchObject({
      '$flow.key.shortUrl': expect.stringMatching(/^https:\/\/go\.example\/s\//) as string,
    });
  });

  it('0 days in the configuration is for ever', async () => {
    const outputs = await site({ linkDays: 0 }).call('linkcreation', { longUrl: 'https://shop.example/' });
    expect(outputs['$flow.key.linkExpiry']).toBe('');
    expect(outputs['$flow.key.shortUrl']).toMatch(/^https:\/\/ivr\.example\/s\//);
  });
});
