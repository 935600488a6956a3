import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import { importCurl, type ImportedWebhook } from '../../../src/webhooks/curl/import.js';
import { isSecret, looksSecret } from '../../../src/webhooks/curl/secret-shape.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';

function imported(command: string): ImportedWebhook {
  const made = importCurl(command);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

const refusal = (command: string): string => {
  const made = importCurl(command);
  return made.ok ? `imported: ${JSON.stringify(made.value)}` : made.error;
};

/** What is wrong with the flow that holds nothing but this widget and declares what it leaves open. */
function problemsOf({ widget, variables }: ImportedWebhook): readonly string[] {
  const declared = Object.fromEntries(variables.map(({ name }) => [name.replace('$flow.key.', ''), '']));
  const flow = { id: 'f', name: 'f', start: 'w', variables: declared, widgets: { w: widget } };
  return checkFlow(flow, { widgets: widgetCatalogue }).problems.map(({ code, path, message }) => `${code} ${path} ${message}`);
}

/** Made up, and shaped like those of services. */
const HEX = '9f8e7d6c5b4a39281706f5e4d3c2b1a0';

describe('credentials by name and by looks', () => {
  it.each([
    'X-Shopify-Access-Token',
    'Ocp-Apim-Subscription-Key',
    'PRIVATE-TOKEN',
    'DD-API-KEY',
    'DD-APPLICATION-KEY',
    'X-RapidAPI-Key',
    'xi-api-key',
    'X-Vault-Token',
    'X-Auth-Key',
    'Api-Token',
    'X-Acme-Password',
    'x-functions-key',
    'X-Amz-Security-Token',
    'apikey',
    'X-JWT',
  ])('the header %s becomes a secret, whatever it holds', (name) => {
    for (const value of ['hush-1', HEX]) {
      const made = imported(`curl https://api.shop.example/v1 -H '${name}: ${value}' -H 'Accept: application/json'`);
      expect(JSON.stringify(made)).not.toContain(value);
      expect(made.secrets).toHaveLength(1);
      expect(problemsOf(made)).toEqual([]);
    }
  });

  it.each([
    `X-Acme: ${HEX}`,
    'X-Acme: ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6',
    'X-Acme: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'X-Acme: Token 8sT1vW4y',
    'X-Acme: xoxb-12345678-abcdefgh',
    'Authorization: ApiKey hush-hush',
  ])('a header that holds a key becomes a secret, whatever its name: %s', (header) => {
    const made = imported(`curl https://shop.example -H '${header}'`);
    expect(made.secrets).toHaveLength(1);
    expect(JSON.stringify(made)).not.toContain(header.split(': ')[1]);
  });

  it.each([
    ['-u sk_test_abc123:', 'sk_test_abc123'],
    ['-u abc123:', 'abc123'],
    [`-u AC${HEX}:hush-1`, HEX],
    [`https://${HEX}:x@shop.example/`, HEX],
    [`-H 'Authorization: Basic ${Buffer.from('sk_test_abc123:').toString('base64')}'`, 'sk_test_abc123'],
  ])('a key in the place of a user name: %s', (part, key) => {
    const made = imported(`curl ${part.startsWith('https') ? '' : 'https://shop.example/v1'} ${part} -d "expand[]"=customer -G`);
    expect(JSON.stringify(made)).not.toContain(key);
    expect(made.widget['auth']).toMatchObject({ type: 'basic', username: expect.stringMatching(/^\$secret\./u) as string });
    expect(problemsOf(made)).toEqual([]);
  });

  it('keys in the path and the query', () => {
    const bot = '123456789:AAH8sT1vW4yZ7bC0dF3gH6aB3dE6gH9jK2m';
    const made = imported(`curl 'https://bot.example/bot${bot}/send?subscription-key=hush-1&q=cats&x=${HEX}'`);
    expect(JSON.stringify(made)).not.toMatch(/hush-1|9f8e7d/u);
    const slack = imported('curl https://hooks.example/services/T00000000/B00000000/aB3dE6gH9jK2mN5pQ8sT1vW4 -d a=1');
    expect(JSON.stringify(slack)).not.toContain('aB3dE6gH9');
    expect(slack.widget['url']).toContain('https://hooks.example/services/T00000000/B00000000/$secret.');
    expect(problemsOf(slack)).toEqual([]);
  });

  it('credentials of a body become variables, for a body takes no secrets, and are told', () => {
    for (const command of [
      `curl https://shop.example -d client_secret=hush-1 -d grant_type=client_credentials -d name=Ann`,
      `curl https://shop.example -F 'password=hush-1' -F name=Ann`,
      `curl https://shop.example --json '{"login": {"user": "ivr", "apiKey": "hush-1"}, "list": ["${HEX}"], "sort_key": "name"}'`,
    ]) {
      const made = imported(command);
      expect(JSON.stringify(made)).not.toMatch(/hush-1|9f8e7d/u);
      expect(made.variables.length).toBeGreaterThan(0);
      expect(made.warnings.join()).toContain('A body takes no secrets');
      expect(JSON.stringify(made.widget)).toMatch(/Ann|"name"/u);
      expect(problemsOf(made)).toEqual([]);
    }
  });

  it.each([
    ['Idempotency-Key', HEX],
    ['X-Request-Id', '0b9e2c8e-6b3e-4a57-9f3c-2a7d5f1e8c44'],
    ['If-None-Match', `"${HEX}"`],
    ['User-Agent', 'Mozilla/5.0'],
    ['Content-Type', 'application/vnd.api+json'],
    ['X-Version', '2026-11-23T09:01:55.920Z'],
    ['X-Shop', 'order-status-update-2024'],
    ['X-Page', 'https://shop.example/a?b=1'],
    ['traceparent', `00-${HEX}-b7ad6b7169203331-01`],
    ['X-RapidAPI-Host', 'weather.rapidapi.example'],
  ])('an ordinary header stays: %s', (name, value) => {
    expect(isSecret(name, value, 'header')).toBe(false);
  });

  it.each([
    '0b9e2c8e-6b3e-4a57-9f3c-2a7d5f1e8c44',
    '507f1f77bcf86cd799439011',
    'customers',
    'v1',
    'AB12CD34',
    'order-2024-11-confirmed',
  ])('an ordinary part of a path stays: %s', (part) => {
    expect(looksSecret(part, 'path')).toBe(false);
  });

  it.each([
    ['sort_key', 'name'],
    ['key', 'order'],
    ['token_type', 'bearer'],
    ['next_page_token', 'x'],
    ['password', ''],
    ['secret', 'true'],
  ])('an ordinary field of a body stays: %s', (name, value) => {
    expect(isSecret(name, value, 'body')).toBe(false);
  });
});

describe('places to fill in', () => {
  it('variables of the shell become secrets of their names', () => {
    const made = imported(
      'curl -X POST "https://api.sms.example/Accounts/$TWILIO_ACCOUNT_SID/Messages.json" -u $TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN -d To=${CALLER}',
    );
    expect(made.widget).toMatchObject({
      url: 'https://api.sms.example/Accounts/$secret.twilio-account-sid/Messages.json',
      auth: { username: '$secret.twilio-account-sid', password: '$secret.twilio-auth-token' },
      body: { fields: [{ key: 'To', value: '$flow.key.caller' }] },
    });
    expect(made.secrets.map(({ name }) => name)).toEqual(['twilio-account-sid', 'twilio-auth-token']);
    expect(made.variables).toEqual([{ name: '$flow.key.caller', source: '${CALLER}' }]);
    expect(problemsOf(made)).toEqual([]);
  });

  it.each([
    ['curl https://x.example/contacts/{contactId}', 'https://x.example/contacts/$flow.key.contactId'],
    ['curl https://x.example/contacts/{{contactId}}_a', 'https://x.example/contacts/$flow.key.{contactId}_a'],
    ['curl https://x.example/<ORDER_ID>/x', 'https://x.example/$flow.key.order_id/x'],
    ['curl "https://x.example/<order id>"', 'https://x.example/$flow.key.order_id'],
    ['curl https://x.example/YOUR_ACCOUNT_ID/x', 'https://x.example/$flow.key.your_account_id/x'],
    ['curl https://{tenant}.x.example/a', 'https://$secret.tenant.x.example/a'],
    ['curl https://x.example/%ORDER_ID%', 'https://x.example/$secret.order-id'],
  ])('%s', (command, url) => {
    const made = imported(command.includes('<') && !command.includes('"') ? command.replace(/(https\S+)/u, "'$1'") : command);
    expect(made.widget['url']).toBe(url);
    if (url.includes('$flow')) expect(made.warnings.join()).toContain('is a place to fill in');
    expect(problemsOf(made)).toEqual([]);
  });

  it.each([
    ["-H 'Authorization: Bearer YOUR_API_KEY'", { type: 'bearer', token: '$secret.your-api-key' }],
    ["-H 'Authorization: Bearer {{token}}'", { type: 'bearer', token: '$secret.token' }],
    ["-H 'X-Api-Key: <YOUR_TOKEN>'", { type: 'apiKey', name: 'X-Api-Key', value: '$secret.your-token', in: 'header' }],
    ['-H "Authorization: Bearer $(gcloud auth print-access-token)"', { type: 'bearer', token: '$secret.command-output' }],
  ])('where a credential stands they are secrets: %s', (part, auth) => {
    const made = imported(`curl https://x.example ${part}`);
    expect(made.widget['auth']).toEqual(auth);
    expect(made.secrets).toHaveLength(1);
    expect(problemsOf(made)).toEqual([]);
  });

  it('in JSON, as texts and as values', () => {
    const made = imported(`curl https://x.example --json '{"id": {{id}}, "to": "<phone number>", "n": [$COUNT]}'`);
    expect(made.widget['body']).toEqual({
      type: 'json',
      content: { id: '$flow.key.id', to: '$flow.key.phone_number', n: ['$flow.key.count'] },
    });
    expect(problemsOf(made)).toEqual([]);
  });

  it('a `:id` in the path stays, and is told', () => {
    const { widget, warnings } = imported('curl https://x.example/users/:userId');
    expect(widget['url']).toBe('https://x.example/users/:userId');
    expect(warnings.join()).toContain(':userId');
  });

  it('parameters of OData and fields of JSON stay what they are', () => {
    const made = imported(`curl 'https://x.example/users?$select=name&$top=5' --json '{"$set": {"a": "{\\"b\\":1}"}}'`);
    expect(made.variables).toEqual([]);
    expect(JSON.stringify(made.widget)).toContain('%24select=name');
  });
});

describe('a command of which a part would be lost is refused', () => {
  it.each([
    ['curl https://x.example --next https://y.example', '--next'],
    ['curl https://x.example -: https://y.example', 'second request'],
    ['curl https://x.example https://y.example', 'several URLs'],
    ['curl --frob nonsense https://x.example', '--frob'],
    ['curl -T photo.png https://x.example', 'sends a file'],
    ['curl -K options.txt', 'reads options from a file'],
    ['curl --aws-sigv4 aws:amz https://x.example', 'AWS'],
    ['curl https://x.example?a=1&b=2', 'quotes'],
    ['curl https://x.example -d @- <<EOF', 'read from a file'],
    ['curl https://x.example \n  -H "X: 1"', 'does not end in'],
    ['curl https://x.example \\', 'something is missing'],
    ['curl https://x.example -H Token:$(cat token)', 'output of another command'],
    ['curl https://x.example -H "X: 1', 'not closed'],
    ['curl "https://x.example" `\n  -H "X: 1"', 'PowerShell'],
    ['Invoke-WebRequest -Uri "https://x.example" -Method POST', 'PowerShell'],
    ['$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\nInvoke-WebRequest x', 'PowerShell'],
    ['irm https://x.example', 'PowerShell'],
    ['curl ^"https://x.example^" ^', 'something is missing'],
    ['curl ^"https://x.example ^\n -H ^"a: b^"', 'not closed'],
  ])('%s', (command, why) => {
    expect(refusal(command)).toContain(why);
  });

  it('and none of its credentials is in the words', () => {
    expect(refusal('curl https://x.example -H "X-Api-Key: hush-1')).not.toContain('hush');
    expect(imported('curl https://x.example; export TOKEN=hush-1').warnings.join()).not.toContain('hush');
  });
});

describe('as cmd has it', () => {
  const wanted = {
    method: 'POST',
    url: 'https://api.shop.example/v1/orders',
    query: [
      { key: 'id', value: '7' },
      { key: 'x', value: '1' },
    ],
    headers: [{ key: 'accept', value: '*/*' }],
    body: { type: 'json', content: { a: 'b "c" & d', n: 1 } },
  };

  it('with carets before quotes', () => {
    const made = imported(
      'curl ^"https://api.shop.example/v1/orders?id=7^&x=1^" ^\r\n  -H ^"accept: */*^" ^\r\n  -H ^"content-type: application/json^" ^\r\n  --data-raw ^"^{^\\^"a^\\^":^\\^"b ^\\\\^\\^"c^\\\\^\\^" ^& d^\\^",^\\^"n^\\^":1^}^"',
    );
    expect(made.widget).toMatchObject(wanted);
  });

  it('with carets at the ends of lines', () => {
    const made = imported(
      'curl "https://api.shop.example/v1/orders?id=7&x=1" ^\n  -H "accept: */*" ^\n  -H "content-type: application/json" ^\n  --data-raw "{\\"a\\":\\"b \\\\\\"c\\\\\\" & d\\",\\"n\\":1}" --compressed',
    );
    expect(made.widget).toMatchObject(wanted);
  });
});

it('a query without `=` stays without', () => {
  expect(imported('curl https://x.example/Service.svc?singleWsdl').widget).toMatchObject({
    url: 'https://x.example/Service.svc?singleWsdl',
  });
  const both = imported('curl "https://x.example/a?wsdl&v=2&empty="').widget;
  expect(both).toMatchObject({
    url: 'https://x.example/a?wsdl',
    query: [
      { key: 'v', value: '2' },
      { key: 'empty', value: '' },
    ],
  });
});

it('what became of each part is said, without a value', () => {
  const { done } = imported(`curl -sSL https://x.example/a -H 'Accept: text/plain' -H 'X-Api-Key: hush-1' -m 5 -d a=1`);
  expect(done).toEqual([
    'header Accept → headers',
    'header X-Api-Key → `auth`, with a secret',
    '-s → nothing: it changes nothing here, or is always so',
    '-S → nothing: it changes nothing here, or is always so',
    '-L → redirects',
    'URL → url',
    '-m → timeout',
    '-d → body',
  ]);
});
