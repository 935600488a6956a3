import type { Command } from 'commander';
import { err } from '../lib/result.js';
import { refusal } from '../runtime/webhook-admin.js';
import { callApi } from './api-client.js';
import { finish, table } from './output.js';
import type { CommandLine } from './webhook-admin.js';

interface Listed {
  readonly items: readonly {
    readonly id: string;
    readonly kind: string;
    readonly webhook: string;
    readonly state: string;
    readonly createdAt: number;
    readonly attempts: number;
    readonly cause?: string | null;
  }[];
}

interface Selection {
  readonly config: string;
  readonly json: boolean;
  readonly state?: string;
  readonly webhook?: string;
  readonly from?: string;
  readonly to?: string;
}

/** `offhook deliveries list|replay`: through the API of the running process, which has the store. */
export function addDeliveryCommands(group: Command, { print, exit, config }: CommandLine): void {
  const command = (name: string, description: string): Command =>
    group.command(name).description(description).addOption(config).option('--json', 'print JSON', false);

  command('list', 'what was delivered, waits, or is dead; newest first')
    .option('--state <state>', 'pending, delivered or dead')
    .action(async (options: Selection) => {
      const query = options.state === undefined ? '' : `?state=${encodeURIComponent(options.state)}`;
      const result = await callApi<Listed>(options.config, 'GET', `/v1/deliveries${query}`);
      exit(finish({ print, json: options.json }, result, ({ items }) => deliveryTable(items)));
    });
  command('replay', 'send one delivery again, or all of a selection')
    .argument('[id]')
    .option('--state <state>', 'dead or delivered; dead when absent')
    .option('--webhook <name>', 'those to this webhook')
    .option('--from <time>', 'made at or after, e.g. 2030-01-31T12:00:00Z')
    .option('--to <time>', 'made before')
    .action(async (id: string | undefined, { config: dir, json, ...selection }: Selection) => {
      if (id !== undefined) {
        const one = await callApi<{ id: string }>(dir, 'POST', `/v1/deliveries/${encodeURIComponent(id)}/replay`);
        exit(finish({ print, json }, one, () => [`${id} is due now.`]));
        return;
      }
      if (Object.keys(selection).length === 0) {
        const message = 'Say which: an id, or at least one of --state, --webhook, --from and --to.';
        exit(finish({ print, json }, err(refusal('API_BAD_REQUEST', message)), () => []));
        return;
      }
      const all = await callApi<{ replayed: number }>(dir, 'POST', '/v1/deliveries/replay', selection);
      exit(finish({ print, json }, all, ({ replayed }) => [`${replayed} are due now.`]));
    });
}

function deliveryTable(items: Listed['items']): string[] {
  const rows = items.map(({ id, kind, webhook, state, createdAt, attempts, cause }) => [
    id,
    kind,
    webhook,
    state,
    new Date(createdAt).toISOString(),
    String(attempts),
    cause ?? '',
  ]);
  return table(['ID', 'KIND', 'WEBHOOK', 'STATE', 'MADE', 'TRIES', 'CAUSE'], rows);
}
