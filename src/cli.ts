#!/usr/bin/env node
import { Argument, Command, Option } from 'commander';
import { checkCommand } from './cli/check.js';
import { healthCommand } from './cli/health.js';
import { runCommand } from './cli/run.js';
import { addDeliveryCommands } from './cli/deliveries.js';
import { addReplayCommand } from './cli/replay.js';
import { addIntegrationCommands } from './cli/integrations.js';
import { addAdminCommands } from './cli/webhook-admin.js';
import { addTestCommands } from './cli/webhook-test.js';
import { addVerifyCommand } from './cli/webhook-verify.js';
import { defaultConfigDir } from './site/config/config.js';
import { demoCommand } from './cli/demo/demo.js';
import { SCENARIOS, type ScenarioName } from './cli/demo/scenarios.js';
import { CODEC_NAMES } from './media/codec/codec.js';
import { runCallCommand } from './phone/call-command.js';
import { VERSION } from './app/version.js';

/*
 * The command line. Each command prints to stdout and ends with an exit code; logs go to stderr.
 */

const print = (text: string): void => {
  console.log(text);
};

/** Ends with this code once stdout is written. */
function exit(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.exit(code));
}

const config = new Option('-c, --config <dir>', 'configuration folder').default(defaultConfigDir());
const program = new Command('offhook').description('Self-hosted telephony IVR runtime.').version(VERSION);

program
  .command('run')
  .description('answer calls')
  .addOption(config)
  .action(async ({ config: dir }: { config: string }) => {
    exit(await runCommand(dir, print));
  });

program
  .command('check')
  .description('check configuration and flows, print every problem')
  .addOption(config)
  .option('--json', 'print JSON', false)
  .action(async ({ config: dir, json }: { config: string; json: boolean }) => {
    exit(await checkCommand(dir, { json }, print));
  });

program
  .command('call')
  .description('place a call with the built-in test phone')
  .argument('<target>', 'e.g. sip:100@127.0.0.1:5060')
  .option('-d, --digits <script>', 'keys to press: digits, w = 0.5 s, W = 1 s, ~ = until the prompt has ended')
  .option('-r, --record <file>', 'write what was heard to this WAV file')
  .option('--from <uri>', 'who calls')
  .option('--hangup-after <seconds>', 'hang up so long after the answer')
  .option('--codec <name>', CODEC_NAMES.join(' or '))
  .option('--transport <name>', 'udp or tcp')
  .option('--max <seconds>', 'end the call after so long')
  .option('--json', 'print the result as JSON', false)
  .action(async (target: string, options: Record<string, string | boolean>) => {
    exit(await runCallCommand({ target, ...options }, print));
  });

program
  .command('demo')
  .description('one real call against a demo site, with its timeline, its report and what the caller heard')
  .addArgument(
    new Argument('[scenario]', 'order: a short lookup; wait: a slow one, with all the caller hears meanwhile')
      .choices(Object.keys(SCENARIOS))
      .default('order'),
  )
  .action(async (scenario: ScenarioName) => {
    exit(await demoCommand(SCENARIOS[scenario], print));
  });

program
  .command('health')
  .description('exit 0 when the runtime of this configuration is ready; for container health checks')
  .addOption(config)
  .action(async ({ config: dir }: { config: string }) => {
    exit(await healthCommand(dir, print));
  });

const webhook = program.command('webhook').description('webhooks of this configuration');
const line = { print, exit, config };
addAdminCommands(webhook, line);
addTestCommands(webhook, line);
addDeliveryCommands(program.command('deliveries').description('reports and events on their way'), line);
addIntegrationCommands(program.command('integration').description('services that calls are told to turn by turn'), line);
addVerifyCommand(webhook, line);
addReplayCommand(program, line);

await program.parseAsync();
