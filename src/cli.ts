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
  .description('check configuration and flows, and print every problem')
  .addOption(config)
  .option('--json', 'print JSON', false)
  .action(async ({ config: dir, json }: { config: string; json: boolean }) => {
    exit(await checkCommand(dir, { json }, print));
  });

program
  .command('call')
  .description('place a call with the built-in test phone')
  .argument('<target>', 'e.g. sip:100@127.0.0.1:5060')
  .option('-d, --digits <script>', 'keys to press: digits; w waits 0.5 s, W waits 1 s, ~ waits until the prompt has ended')
  .option('-r, --record <file>', 'write the received audio to this WAV file')
  .option('--from <uri>', 'SIP address of the caller')
  .option('--hangup-after <seconds>', 'hang up this many seconds after the answer')
  .option('--codec <name>', `codec: ${CODEC_NAMES.join(' or ')}`)
  .option('--transport <name>', 'transport: udp or tcp')
  .option('--max <seconds>', 'end the call after this many seconds')
  .option('--json', 'print the result as JSON', false)
  .action(async (target: string, options: Record<string, string | boolean>) => {
    exit(await runCallCommand({ target, ...options }, print));
  });

program
  .command('demo')
  .description('run one real call against a demo site, and show its timeline, its report and what the caller heard')
  .addArgument(
    new Argument('[scenario]', 'order: a quick lookup; wait: a slow lookup, with everything that the caller hears while waiting')
      .choices(Object.keys(SCENARIOS))
      .default('order'),
  )
  .action(async (scenario: ScenarioName) => {
    exit(await demoCommand(SCENARIOS[scenario], print));
  });

program
  .command('health')
  .description('exit with 0 if the runtime of this configuration is ready, else with 1; for container health checks')
  .addOption(config)
  .action(async ({ config: dir }: { config: string }) => {
    exit(await healthCommand(dir, print));
  });

const webhook = program.command('webhook').description('manage and test the webhooks of this configuration');
const line = { print, exit, config };
addAdminCommands(webhook, line);
addTestCommands(webhook, line);
addDeliveryCommands(
  program.command('deliveries').description('list and replay the deliveries of reports, events and turns'),
  line,
);
addIntegrationCommands(
  program.command('integration').description('manage integrations: services that get every turn of a call'),
  line,
);
addVerifyCommand(webhook, line);
addReplayCommand(program, line);

await program.parseAsync();
