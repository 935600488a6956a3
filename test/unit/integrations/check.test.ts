import { describe, expect, it } from 'vitest';
import { readIntegration } from '../../../src/integrations/check.js';
import { CHECKS, PLAIN } from '../../support/integrations.js';

const read = (fields: object) => readIntegration({ ...PLAIN, ...fields }, CHECKS);
const found = (fields: object): readonly string[] => read(fields).problems.map(({ code, path }) => `${code} ${path}`);

describe('an integration', () => {
  // docs/behaviour.md#integration-fields
  it('has a name', () => {
    expect(found({ alias: undefined })).toEqual(['INTEGRATION_INVALID $.alias']);
    expect(found({ alias: '  ' })).toEqual(['INTEGRATION_INVALID $.alias']);
  });

  it('what is wrong with it is told of it by name, and a missing field as missing', () => {
    const messages = (fields: object): readonly string[] => read(fields).problems.map(({ message }) => message);
    expect(messages({ url: undefined })).toEqual(['The field url is missing.']);
    expect(messages({ headers: [{ value: 'x' }] })).toEqual(['The field key is missing.']);
    expect(messages({ url: 'https://127.0.0.1/' })[0]).toMatch(/^The URL of integration Orders is refused: /);
    expect(messages({ sign: 'jwt' })).toEqual(['There is no signer jwt, which integration Orders names.']);
  });

  // docs/behaviour.md#request-methods
  it.each(['POST', 'GET', 'PUT', 'DELETE', 'PATCH'])('%s is a method', (method) => {
    expect(read({ method }).problems).toEqual([]);
  });

  it('its address passes the guard, and everything wrong is told at once', () => {
    expect(found({ url: 'http://crm.example', method: 'HEAD', colour: 'red' })).toEqual([
      'INTEGRATION_INVALID $.method',
      'CONFIG_UNKNOWN_KEY $.colour',
    ]);
    expect(found({ url: 'http://crm.example' })).toEqual(['WEBHOOK_URL_REFUSED $.url']);
    expect(found({ url: 'https://127.0.0.1/' })).toEqual(['WEBHOOK_URL_REFUSED $.url']);
  });

  // docs/behaviour.md#credentials
  it('credentials: none, API key, Basic, bearer, one of the site', () => {
    expect(read({ auth: { type: 'apiKey', value: '$secret.crm' } }).document?.auth).toMatchObject({
      name: 'X-API-Key',
      in: 'header',
    });
    expect(found({ auth: { type: 'basic', username: 'a', password: '$secret.crm' } })).toEqual([]);
    expect(found({ auth: { type: 'bearer', token: '$secret.gone' } })).toEqual(['CONFIG_SECRET_MISSING $.auth.token']);
    expect(read({ auth: { type: 'bearer', token: 'plain' } }).problems).toMatchObject([
      { code: 'WEBHOOK_PLAIN_PASSWORD', severity: 'warning' },
    ]);
    expect(found({ auth: { type: 'credential', name: 'crm' } })).toEqual(['CREDENTIAL_UNKNOWN $.auth.name']);
    expect(found({ sign: 'jwt' })).toEqual(['SIGNER_UNKNOWN $.sign']);
  });

  it('rows of parameters and headers name secrets that are there, and no header of ours', () => {
    expect(found({ headers: [{ key: 'X-Key', value: '$secret.crm' }], params: [{ key: 'k', value: '$secret.crm' }] })).toEqual(
      [],
    );
    expect(found({ params: [{ key: 'k', value: '$secret.gone' }] })).toEqual(['CONFIG_SECRET_MISSING $.params[0].value']);
    const headers = ['Host', 'Webhook-Id', 'Idempotency-Key', 'bad name'].map((key) => ({ key, value: 'x' }));
    expect(found({ headers })).toEqual(headers.map((_row, i) => `INTEGRATION_ROW $.headers[${i}].key`));
    expect(found({ headers: [{ key: 'X-A', value: 'two\nlines' }] })).toEqual(['INTEGRATION_ROW $.headers[0].key']);
  });

  // docs/behaviour.md#integration-events
  it('the six parts of the event are its body when it says nothing else', () => {
    expect(read({}).document?.body.map(({ key }) => key)).toEqual([
      'chatId',
      'contact',
      'event',
      'text',
      'multimedia.url',
      'multimedia.caption',
    ]);
    expect(read({ body: [] }).document?.body).toEqual([]);
  });

  it('a GET carries them in its parameters, for it has no body', () => {
    const { document } = read({ method: 'GET' });
    expect([document?.params.length, document?.body]).toEqual([6, []]);
    expect(found({ method: 'GET', body: [{ key: 'a', value: '1' }] })).toEqual(['INTEGRATION_ROW $.body']);
  });

  // docs/behaviour.md#body-by-rows
  it('rows that cannot both be are told, as are parts and variables that are none', () => {
    const text = (key: string) => ({ key, value: 'x' });
    expect(found({ body: [text('a'), text('a.b')] })).toEqual(['INTEGRATION_ROW $.body[1].key']);
    expect(found({ body: [text('a..b')] })).toEqual(['INTEGRATION_ROW $.body[0].key']);
    expect(found({ body: [{ key: 'a', type: 'predefined' }] })).toEqual(['INTEGRATION_ROW $.body[0].value']);
    const variable = (value: string) => ({ key: 'a', type: 'variable', value });
    for (const right of ['$flow.key.order', '$widget.ask.digits', '$call.sipheader.X-Id', '$ORDER']) {
      expect(found({ body: [variable(right)] })).toEqual([]);
    }
    for (const wrong of ['order', '$flow.kee.order', '$secret.crm', '$widget.ask', '$widget.ask.a.b', '$sys.nothing', '']) {
      expect(found({ body: [variable(wrong)] })).toEqual(['INTEGRATION_ROW $.body[0].value']);
    }
    expect(found({ body: [{ key: 'a', value: 'Bearer $secret.crm' }] })).toEqual(['INTEGRATION_ROW $.body[0].value']);
  });

  it.each([null, [], 'text', 7, { alias: { a: 1 } }, { ...PLAIN, body: Array(101).fill({ key: 'a' }) }, { ...PLAIN, url: '' }])(
    'whatever it is, it is told what is wrong: %j',
    (input) => {
      const { document, problems } = readIntegration(input, CHECKS);
      expect(document).toBeNull();
      expect(problems.length).toBeGreaterThan(0);
    },
  );
});
