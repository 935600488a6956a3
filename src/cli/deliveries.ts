import type { Command } from 'commander';
import { err } from '../lib/result.js';
import { refusal } from '../model/refusal.js';
import { callApi } from './api-client.js';
import { finish, table } from './output.js';
import type { CommandLine } from './command-line.js';

interface Listed {
  readonly items: readonly {
    readonly id: string;
    readonly callId: string;
    readonly kind: string;
    readonly webhook: string;
    readonly state: string;
    readonly createdAt: number;
    readonly dueAt: number | null;
    readonly attempts: number;
    readonly cause?: string | null;
  }[];
  /** `--cursor` of the next page. */
  readonly next: string | null;
}

interface Options {
  readonly config: string;
  readonly json: boolean;
  /** What is asked for, by the names that the API has for it. */
  readonly [field: string]: string | boolean;
}

/** Which deliveries: the same of both commands, but for the state. */
const SELECTION = [
  ['--webhook <name>', 'only those to this webhook, or to `integration:ID`'],
  ['--host <host>', 'only those to webhooks and integrations at this host, as configured now'],
  ['--kind <kind>', 'only report, amendment, event or turn'],
  ['--call <id>', 'only those of this call'],
  ['--from <time>', 'created at or after this time, e.g. 2030-01-31T12:00:00Z'],
  ['--to <time>', 'created before this time'],
  ['--due-from <time>', 'next attempt at or after this time (pending deliveries only)'],
  ['--due-to <time>', 'next attempt before this time (pending deliveries only)'],
] as const;

/** `offhook deliveries list|replay`: through the API of the running process, which has the store. */
export function addDeliveryCommands(group: Command, { print, exit, config }: CommandLine): void {
  const command = (name: string, description: string, states: string): Command => {
    const made = group.command(name).description(description).addOption(config).option('--json', 'print JSON', false);
    made.option('--state <state>', states);
    for (const [flags, what] of SELECTION) made.option(flags, what);
    return made;
  };

  command('list', 'list deliveries with their state, newest first', 'only pending, delivered or dead')
    .option('--limit <count>', 'maximum number on a page, 1 to 200 (default: 50)')
    .option('--cursor <text>', 'show the next page; the previous page printed this text')
    .action(async ({ config: dir, json, ...selection }: Options) => {
      const query = new URLSearchParams(Object.entries(selection).map(([name, value]) => [name, String(value)])).toString();
      const result = await callApi<Listed>(dir, 'GET', `/v1/deliveries${query === '' ? '' : `?${query}`}`);
      exit(finish({ print, json }, result, deliveryTable));
    });
  command('replay', 'send one delivery again, or all that the options select', 'dead (default), delivered, or pending (sent now)')
    .argument('[id]')
    .action(async (id: string | undefined, { config: dir, json, ...selection }: Options) => {
      if (id !== undefined && Object.keys(selection).length > 0) {
        const message = 'Give either an id or options that select deliveries, not both.';
        exit(finish({ print, json }, err(refusal('API_BAD_REQUEST', message)), () => []));
        return;
      }
      if (id !== undefined) {
        const one = await callApi<{ id: string }>(dir, 'POST', `/v1/deliveries/${encodeURIComponent(id)}/replay`);
        exit(finish({ print, json }, one, () => [`${id} is due now.`]));
        return;
      }
      if (Object.keys(selection).length === 0) {
        const flags = ['--state', ...SELECTION.map(([flag]) => flag.replace(/ .*/, ''))];
        const message = `Give an id, or at least one of ${flags.join(', ')}.`;
        exit(finish({ print, json }, err(refusal('API_BAD_REQUEST', message)), () => []));
        return;
      }
      const all = await callApi<{ replayed: number }>(dir, 'POST', '/v1/deliveries/replay', selection);
      exit(finish({ print, json }, all, ({ replayed }) => [`${replayed} deliveries are due now.`]));
    });
}

function deliveryTable({ items, next }: Listed): string[] {
  const time = (at: number | null): string => (at === null ? '–' : new Date(at).toISOString());
  const rows = items.map(({ id, callId, kind, webhook, state, createdAt, dueAt, attempts, cause }) => [
    id,
    callId,
    kind,
    webhook,
    state,
    time(createdAt),
    String(attempts),
    time(dueAt),
    cause ?? '',
  ]);
  return [
    ...table(['ID', 'CALL', 'KIND', 'WEBHOOK', 'STATE', 'MADE', 'TRIES', 'NEXT TRY', 'CAUSE'], rows),
    ...(next === null ? [] : ['', `For the next page: --cursor ${next}`]),
  ];
}
