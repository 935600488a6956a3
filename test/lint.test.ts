import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

/*
 * One HTTP client, the guarded one, as the linter holds it (docs/decisions/0015-safe-by-default.md). Everything else that can ask
 * is an error.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
// The rules in question need no types; without them a snippet is linted at once.
const linter = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });

/** Messages of the rules that restrict something, for a snippet that stands in that file. */
async function restricted(file: string, code: string): Promise<string[]> {
  const [result] = await linter.lintText(code, { filePath: file });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ fatal }) => fatal === true)).toEqual([]);
  return messages.filter(({ ruleId }) => ruleId?.includes('no-restricted') === true).map(({ message }) => message);
}

const WAYS: readonly string[] = [
  `import { request } from 'node:http'; request('http://a.example');`,
  `import { get } from 'node:https'; get('https://a.example');`,
  `import https from 'node:https'; https.get('https://a.example');`,
  `import * as http from 'http'; http.get('http://a.example');`,
  `import { connect } from 'node:http2'; connect('https://a.example');`,
  `import { request } from 'undici'; await request('https://a.example');`,
  `import { fetch as ask } from 'undici'; await ask('https://a.example');`,
  `import axios from 'axios'; await axios.get('https://a.example');`,
  `import got from 'got'; await got('https://a.example');`,
  `import fetch from 'node-fetch'; await fetch('https://a.example');`,
  `import { connect } from 'node:net'; connect(80, 'a.example');`,
  `import { connect } from 'node:tls'; connect(443, 'a.example');`,
  `import { WebSocket } from 'ws'; new WebSocket('wss://a.example');`,
  `await fetch('https://a.example');`,
  `const ask = fetch; await ask('https://a.example');`,
  `await globalThis.fetch('https://a.example');`,
  `new WebSocket('wss://a.example');`,
  `const { get } = await import('node:https'); get('https://a.example');`,
  `const { fetch: ask } = await import('undici'); await ask('https://a.example');`,
  `const { get } = require('https'); get('https://a.example');`,
  `process.getBuiltinModule('http').get('http://a.example');`,
];
const PLACES = [
  'src/widgets/webhook/webhook.ts',
  'src/flow/engine/engine.ts',
  'src/app/open-prompts.ts',
  'src/functions/contract/translate.ts',
  'src/webhooks/auth/token-source.ts',
  'src/call/call.ts',
  'src/media/engine/engine.ts',
  'src/store/sqlite/store.ts',
  'src/site/config/config.ts',
  'src/app/main.ts',
];

describe.each(PLACES)('in %s', (file) => {
  // docs/decisions/0015-safe-by-default.md
  it.each(WAYS)('%s is an error', async (code) => {
    expect(await restricted(file, code)).not.toEqual([]);
  });
});

describe('the sentence', () => {
  it('says what to use instead', async () => {
    const [message] = await restricted('src/widgets/webhook/webhook.ts', WAYS[0] ?? '');
    expect(message).toContain('src/http/client.ts');
  });
});

describe('who serves', () => {
  it('may serve', async () => {
    expect(await restricted('src/api/api.ts', `import { createServer, type Server } from 'node:http'; createServer();`)).toEqual(
      [],
    );
  });

  it.each(WAYS.filter((code) => /node:https?'/.test(code)))('may not ask: %s', async (code) => {
    expect(await restricted('src/api/api.ts', code)).not.toEqual([]);
  });
});

describe('who is left alone', () => {
  it.each([
    ['the guarded client', 'src/http/send-request.ts', `import { Agent } from 'undici'; new Agent();`],
    [
      'the health check of the command line',
      'src/cli/health.ts',
      `import { request } from 'node:http'; request('http://127.0.0.1');`,
    ],
    ['SIP over TCP', 'src/sip/server/transport/tcp.ts', `import { connect } from 'node:net'; connect(5060, '192.0.2.1');`],
    [
      'a type',
      'src/app/open-prompts.ts',
      `import type { IncomingHttpHeaders } from 'node:http'; export type H = IncomingHttpHeaders;`,
    ],
    ['tests', 'test/support/site.ts', `await fetch('http://127.0.0.1');`],
  ])('%s', async (_who, file, code) => {
    expect(await restricted(file, code)).toEqual([]);
  });
});
