import fc from 'fast-check';
import { expect, it } from 'vitest';
import { faultyFields, without } from '../../../../src/flow/document/check/drafts.js';
import type { JsonObject } from '../../../../src/lib/json/json.js';
import { webhook } from '../../../../src/widgets/webhook/webhook.js';
import { PROFILE_NAMES } from '../../../../src/widgets/webhook/profiles.js';
import { problemsOf } from '../../../support/flow-case.js';
import { runWebhook, SERVICE } from '../../../support/webhook-widget.js';

/* Configurations by the thousand: whatever stands in them, the checker has a sentence for it, and what passes leaves by an exit. */

const text = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    '$flow.key.there',
    '$flow.key.gone',
    '$secret.k',
    '$call.cli',
    '$NAME',
    '$$',
    '$',
    'a\r\nb',
    '__proto__',
    '404',
  ),
  fc.constantFrom(
    'https://x.example/$flow.key.there',
    'http://x.example',
    'a.b',
    'a[]',
    'a[].b',
    'a[0]',
    '$[0].x',
    '//x',
    '{"a": $flow.key.there}',
  ),
  fc.string({ maxLength: 20 }),
);
const junk = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
  fc.constant({}),
);

const row = fc.record(
  { key: text, value: text, type: fc.constantFrom('text', 'variable'), mandatory: fc.boolean() },
  { requiredKeys: ['key'] },
);
const rows = fc.array(row, { maxLength: 4 });
const auth = fc.oneof(
  fc.record({ type: fc.constantFrom('none', 'basic', 'digest'), username: text, password: text }),
  fc.record({ type: fc.constant('basic'), username: text, password: text }),
  fc.record({ type: fc.constant('bearer'), token: text }),
  fc.record({ type: fc.constant('apiKey'), name: text, value: text, in: fc.constantFrom('header', 'query') }),
  fc.record({ type: fc.constant('oauth2'), tokenUrl: text, clientId: text, clientSecret: text, scope: text }),
  fc.record({ type: fc.constant('credential'), name: text }),
);
const body = fc.oneof(
  fc.record({ type: fc.constantFrom('json', 'xml', 'text', 'html', 'form', 'urlencoded', 'none'), content: junk }),
  fc.record({ type: fc.constantFrom('fields', 'form', 'multipart'), fields: rows }),
);
const mapping = fc.array(
  fc.record(
    {
      saveIn: fc.oneof(fc.constantFrom('$flow.key.a', '$NAME', '$call.cli'), text),
      path: text,
      required: fc.boolean(),
      mandatory: fc.boolean(),
      type: fc.constantFrom('text', 'number', 'boolean', 'json'),
      default: junk,
    },
    { requiredKeys: ['saveIn', 'path'] },
  ),
  { maxLength: 3 },
);

const config: fc.Arbitrary<JsonObject> = fc.record(
  {
    profile: fc.constantFrom(...PROFILE_NAMES),
    method: fc.constantFrom('GET', 'POST', 'PATCH', 'HEAD', 'OPTION', 'TRACE'),
    url: fc.oneof(fc.constant(SERVICE), text),
    query: rows,
    emptyQuery: fc.constantFrom('text', 'parameter'),
    headers: rows,
    auth,
    sign: fc.oneof(text, fc.boolean()),
    body,
    sendBodyWithGet: fc.boolean(),
    timeout: fc.oneof(fc.integer({ min: 0, max: 61 }), junk),
    timeoutProfile: fc.constantFrom('legacy-5s', 'legacy'),
    connectTimeout: fc.double({ min: 0, max: 61 }),
    retries: fc.integer({ min: -1, max: 4 }),
    idempotencyKey: fc.oneof(fc.boolean(), text),
    fallbackUrl: text,
    redirects: fc.integer({ min: 0, max: 6 }),
    connectionFailureAs: fc.constantFrom('TIMEOUT', 'OTHER'),
    mapping,
    statusExits: fc.array(fc.constantFrom('404', '5xx', '6xx'), { maxLength: 2 }),
    saveStatusIn: text,
    wait: fc.boolean(),
    persist: fc.boolean(),
  },
  { requiredKeys: ['url'] },
);

it('the checker has a sentence and an advice for everything that is wrong', () => {
  fc.assert(
    fc.property(config, fc.constantFrom('', ...Object.keys(webhook.example)), junk, (fields, spoilt, value) => {
      const widget = {
        type: 'webhook',
        exits: { success: null, failed: null },
        ...fields,
        ...(spoilt !== '' && { [spoilt]: value }),
      };
      for (const { message, advice, path } of problemsOf({ id: 'f', name: 'F', start: 'w', widgets: { w: widget } })) {
        expect(message.length).toBeGreaterThan(10);
        expect(advice.length).toBeGreaterThan(5);
        expect(path).toMatch(/^\$/);
      }
    }),
    { numRuns: 500 },
  );
});

/** What is left of a configuration when the fields that cannot be read are taken out. */
function readable(fields: JsonObject): Record<string, unknown> {
  const read = webhook.config.safeParse(fields);
  return read.success ? fields : without({ ...fields, url: SERVICE }, faultyFields(read.error.issues));
}

it('a configuration that can be read makes one request or none, and leaves by one of its exits', async () => {
  await fc.assert(
    fc.asyncProperty(config.map(readable), async (fields) => {
      const parsed = webhook.config.parse({ url: SERVICE, ...fields });
      const { exit, call, value } = await runWebhook(fields, { values: { there: 'x' }, script: { facts: { uuid: 'call-1' } } });
      expect(Object.keys(webhook.exits(parsed, ['success', 'failed']))).toContain(exit);
      if ((call as unknown) === undefined) expect([exit, value('error_reason')]).toEqual(['failed', 'INVALID_FLOW_VAR']);
      else expect(call.timeoutMs).toBeLessThanOrEqual(60_000);
    }),
    { numRuns: 500 },
  );
});
