import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import { importCurl, type ImportedWebhook } from '../../../src/webhooks/curl/import.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';

/*
 * Commands as documentation and terminals show them: what stands around them, what they leave open, and bodies that are no JSON.
 */

/** The import, whose flow must pass the check. */
function imported(command: string): ImportedWebhook {
  const made = importCurl(command);
  if (!made.ok) throw new Error(made.error);
  const { widget, variables } = made.value;
  const declared = Object.fromEntries(variables.map(({ name }) => [name.replace('$flow.key.', ''), 'x']));
  const flow = { id: 'f', name: 'f', start: 'w', variables: declared, widgets: { w: widget } };
  expect(checkFlow(flow, { widgets: widgetCatalogue }).problems).toEqual([]);
  return made.value;
}

const refusal = (command: string): string => {
  const made = importCurl(command);
  return made.ok ? `imported: ${JSON.stringify(made.value)}` : made.error;
};

const ASK = `curl https://x.example/a -H 'X-A: b'`;

describe('what stands before curl', () => {
  it.each([
    `$ ${ASK}`,
    `% ${ASK}`,
    `> ${ASK}`,
    `ada@host:~/work$ ${ASK}`,
    `C:\\Users\\Ada> ${ASK}`,
    `PS C:\\> ${ASK}`,
    `sudo ${ASK}`,
    `time ${ASK}`,
    `# Asks for all\n${ASK}`,
    `\r\n# one\r\n# two\r\n$ sudo ${ASK}\r\n`,
    ASK.replace('curl', 'curl.exe'),
    ASK.replace('curl', '/usr/bin/curl'),
  ])('is left out: %j', (command) => {
    const { widget, warnings } = imported(command);
    expect(widget).toMatchObject({ url: 'https://x.example/a', headers: [{ key: 'X-A', value: 'b' }] });
    expect(warnings).toEqual([]);
  });

  it.each([
    'TOKEN=hush-1 curl',
    "TOKEN='hush-1' curl",
    'TOKEN="hush-1"; curl',
    'export TOKEN="hush-1"\ncurl',
    'export TOKEN=hush-1 && curl',
    'env TOKEN=hush-1 curl',
    'set TOKEN=hush-1\r\ncurl',
  ])('what is set there is told, without its value: %j', (beginning) => {
    const made = imported(`${beginning} -H "Authorization: Bearer $TOKEN" https://x.example/a`);
    expect(made.widget['auth']).toEqual({ type: 'bearer', token: '$secret.token' });
    expect(made.warnings.join()).toContain('TOKEN');
    expect(JSON.stringify(made)).not.toContain('hush');
  });

  it('another program is none', () => {
    for (const command of ['wget https://x.example', 'TOKEN=1', '# curl https://x.example', 'sudo', 'A=1 wget x'])
      expect(refusal(command)).toContain('does not begin with curl');
  });
});

describe('what stands around and between', () => {
  it.each(['2>/dev/null', '> out.json', '2>&1', '>> out.txt', '&> all.txt', '> "out file.json"'])(
    'output goes nowhere: %s',
    (output) => {
      expect(imported(`curl https://x.example/a ${output} -H 'X-A: b'`).widget).toMatchObject({ headers: [{ key: 'X-A' }] });
      expect(imported(`curl https://x.example/a ${output} | jq .`).widget['url']).toBe('https://x.example/a');
    },
  );

  it('the prompts of lines that go on', () => {
    expect(imported("$ curl https://x.example/a \\\n> -H 'X-A: b' \\\n> -d 'a=1'").widget).toMatchObject({
      method: 'POST',
      headers: [{ key: 'X-A', value: 'b' }],
      body: { fields: [{ key: 'a', value: '1' }] },
    });
  });

  it.each([
    'curl “https://x.example”',
    'curl -H ‘X-A: b’ https://x.example',
    'curl –X POST https://x.example',
    'curl —json {} https://x.example',
  ])('printed quotes and dashes are refused in words: %s', (command) => {
    expect(refusal(command)).toContain('quotes or dashes of printed text');
  });
});

describe('what a command leaves open', () => {
  it('an address in brackets without quotes', () => {
    const made = imported('curl https://login.example/<tenant-id>/token -u <user>:<appPassword>');
    expect(made.widget).toMatchObject({
      url: 'https://login.example/$flow.key.tenant_id/token',
      auth: { username: '$secret.user', password: '$secret.apppassword' },
    });
  });

  it('the whole beginning of an address', () => {
    for (const base of ['{{baseUrl}}', '{{base_url}}', '${API_URL}', '<server-url>']) {
      const { widget, secrets, warnings } = imported(`curl '${base}/orders?id=7'`);
      expect(widget['url']).toMatch(/^\$secret\.[\w-]+\/orders$/u);
      expect(secrets).toHaveLength(1);
      expect(warnings).toEqual([]);
    }
    expect(imported('curl https://{{region}}.x.example/a').widget['url']).toBe('https://$secret.region.x.example/a');
  });

  it('outputs of commands inside double quotes, each its own', () => {
    const made = imported(
      'curl https://x.example -H "Authorization: Bearer `token get`" -d "a=$(date -d "1 day" (x))" -d "b=$(id)"',
    );
    expect(made.widget).toMatchObject({
      auth: { token: '$secret.command-output' },
      body: {
        fields: [
          { key: 'a', value: '$flow.key.command_output_2' },
          { key: 'b', value: '$flow.key.command_output_3' },
        ],
      },
    });
    expect(refusal('curl https://x.example -d `cat body`')).toContain('output of another command');
    expect(imported(`curl https://x.example --json '{"a":"\`x\` $(5)"}'`).widget['body']).toMatchObject({
      content: { a: '`x` $$(5)' },
    });
  });

  it('elements of XML and HTML are no places', () => {
    const xml = '<o><id>7</id><NAME>x</NAME><n>{{name}}</n></o>';
    expect(imported(`curl https://x.example -H 'Content-Type: application/xml' -d '${xml}'`).widget['body']).toEqual({
      type: 'xml',
      content: '<o><id>7</id><NAME>x</NAME><n>$flow.key.name</n></o>',
    });
    expect(imported(`curl https://x.example --json '{"h":"<B>a</B><BR>","to":"<TO>"}'`).widget['body']).toMatchObject({
      content: { h: '<B>a</B><BR>', to: '$flow.key.to' },
    });
  });

  it('what stays open is told', () => {
    expect(imported('curl https://your-store.shop.example/a').warnings.join()).toContain('your-store');
    expect(imported('curl https://hooks.example/XXXXXXXX').warnings.join()).toContain('XXXXXXXX');
    expect(imported('curl https://10.0.0.1/a -H "Host: shop.example"').warnings.join()).toContain('Host');
    expect(imported('curl https://x.example/a -H "Host: x.example"').warnings).toEqual([]);
    expect(imported('curl --digest -u a:b https://x.example').warnings.join()).toContain('Basic');
  });
});

describe('credentials in a body of whatever kind', () => {
  it.each([
    ['text/xml', '<s:a xmlns:s="x"><w:Password Type="t">hush-1</w:Password></s:a>', 'Password'],
    ['application/xml', '<a><ApiKey><![CDATA[hush-1]]></ApiKey></a>', 'ApiKey'],
    ['application/xml', '<login password="hush-1" user="a"/>', 'password'],
    ['text/plain', 'user=ivr password=hush-1', 'password'],
    ['text/plain', 'user: ivr\npassword: hush-1 x', 'password'],
    ['application/graphql', 'mutation { login(password: "hush-1") { id } }', 'password'],
    ['application/json', '{"id":12345678901234567890,"client_secret":"hush-1"}', 'client_secret'],
    ['application/x-www-form-urlencoded', 'token=hush-1&x', 'token'],
    ['application/x-www-form-urlencoded', 'meta={"token":"hush-1"}', 'token'],
    ['application/json', '{"a":"<k><secret>hush-1</secret></k>"}', 'secret'],
  ])('%s: %s', (type, body, name) => {
    const made = imported(`curl https://x.example -H 'Content-Type: ${type}' -d '${body}'`);
    expect(JSON.stringify(made)).not.toContain('hush');
    expect(JSON.stringify(made.widget)).toContain(`$flow.key.${name}`);
    expect(made.variables.map((one) => one.name)).toEqual([`$flow.key.${name}`]);
    expect(made.warnings.join()).toContain(`The field ${name} of the body looks like a credential`);
  });

  it('keys without a name', () => {
    const made = imported(
      `curl https://x.example -H 'Content-Type: text/plain' -d 'use ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6 now'`,
    );
    expect(made.widget['body']).toEqual({ type: 'text', content: 'use $flow.key.credential now' });
  });

  it('two credentials of one name are two variables, the same one is one', () => {
    const made = imported(
      `curl https://x.example --json '{"a":{"password":"one"},"b":{"password":"two"},"c":{"password":"one"}}'`,
    );
    expect(made.widget['body']).toMatchObject({
      content: {
        a: { password: '$flow.key.password' },
        b: { password: '$flow.key.password_2' },
        c: { password: '$flow.key.password' },
      },
    });
  });

  it('nor do numbered names meet, and thousands of them are read at once', () => {
    const rows = [1, 2, 3].map((n) => `{"password":"hush-${n}"}`).join(',');
    const made = imported(`curl https://x.example --json '[{"password":"a"},{"password_2":"b"},${rows}]'`);
    expect(new Set(made.variables.map(({ name }) => name)).size).toBe(5);
    const many = Array.from({ length: 2000 }, (_, n) => `password=x${n}`).join(' ');
    expect(imported(`curl https://x.example -H 'Content-Type: text/plain' -d '${many}'`).variables).toHaveLength(2000);
  });

  it.each([
    ['application/json', '{"database_id":"d9824bdc84454327be8b5b47500af6ce","sha256":"9f8e7d6c5b4a39281706f5e4d3c2b1a0"}'],
    ['application/json', '{"query":"mutation($password: String!) { login(password: $password) { token } }"}'],
    ['text/plain', 'Your password reset link follows. Order: 2024-11-A17'],
    ['application/xml', '<a><Id>7</Id><TokenType>x</TokenType><PasswordExpired>false</PasswordExpired></a>'],
  ])('what is none stays: %s %s', (type, body) => {
    const made = imported(`curl https://x.example -H 'Content-Type: ${type}' -d '${body}'`);
    expect([made.variables, made.secrets, made.warnings]).toEqual([[], [], []]);
  });
});

it('`--url-query` is encoded as curl encodes it, and reads no file', () => {
  const { widget } = imported(
    'curl https://x.example/a?=odd --url-query "q=a&b" --url-query "+c=%20&d=1" --url-query "=x=y" --url-query "two words"',
  );
  expect(widget).toMatchObject({
    url: 'https://x.example/a?=odd&x%3Dy&two%20words',
    query: [
      { key: 'q', value: 'a&b' },
      { key: 'c', value: ' ' },
      { key: 'd', value: '1' },
    ],
  });
  expect(refusal('curl https://x.example --url-query name@file')).toContain('reads a file');
  expect(refusal('curl https://x.example --url-query @file')).toContain('reads a file');
});
