import { Command, Option } from 'commander';
import { expect, it } from 'vitest';
import { addTestCommands } from '../../../src/cli/webhook-test.js';
import { CODES } from '../../../src/lib/codes.js';

async function imported(curl: string): Promise<string> {
  const printed: string[] = [];
  const group = new Command();
  const config = new Option('--config <folder>').default('.');
  addTestCommands(group, { print: (text) => printed.push(text), exit: () => undefined, config });
  await group.parseAsync(['import', curl], { from: 'user' });
  return printed.join('\n');
}

it('a command without secrets is imported without a word about secrets', async () => {
  const text = await imported('curl https://shop.example/orders');
  expect(text).toContain('https://shop.example/orders');
  expect(text).not.toContain(CODES.CONFIG_SECRET_MISSING.advice);
  expect(text).not.toMatch(/Secrets that|Variables that/);
});

it('one with a secret names it, with what to do, and shows it nowhere', async () => {
  const text = await imported('curl -H "Authorization: Bearer hunter2-hunter2-hunter2" https://shop.example/orders');
  expect(text).toContain('The command had secrets');
  expect(text).toContain(CODES.CONFIG_SECRET_MISSING.advice);
  expect(text).not.toContain('hunter2');
});
